/** One PostgreSQL for the whole run: `TEST_DATABASE_URL`, or an embedded one in a temporary folder. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser connection to the test server, any database. */
    databaseUrl: string;
    /** A database with every migration applied; nobody may connect to it. */
    templateName: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = process.env.TEST_DATABASE_URL ? outside(process.env.TEST_DATABASE_URL) : await ownServer();
  const templateName = `inlet_test_${randomBytes(4).toString('hex')}`;
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(`create database ${templateName}`);
  const template = new URL(server.url);
  template.pathname = templateName;
  await migrate(template.href);
  project.provide('databaseUrl', server.url);
  project.provide('templateName', templateName);
  return async () => {
    const left = await sql<{ datname: string }[]>`
      select datname from pg_database where datname ^@ ${templateName}`;
    for (const { datname } of left) await sql.unsafe(`drop database if exists ${datname} with (force)`);
    await sql.end();
    await server.stop();
  };
}

const outside = (url: string) => ({ url, stop: async () => {} });

async function ownServer() {
  const folder = await mkdtemp(path.join(tmpdir(), 'inlet-test-'));
  await chmod(folder, 0o711); // root runs the server as another user, who must get through
  // What a test run writes need not survive a power cut.
  const settings = { fsync: 'off', full_page_writes: 'off', max_connections: '200', shared_buffers: '64MB' };
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  const server = await startEmbedded({ dir: path.join(folder, 'pg'), settings }).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  const stop = () => server.stop('immediate').then(remove);
  return { url: server.url, stop };
}
