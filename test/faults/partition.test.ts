/**
 * The one that listens is cut off from the database, and only from that: it still hears the provider. The other takes
 * over, and what the first one goes on hearing is neither kept by it nor confirmed to the provider.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEndpoint } from '../../src/intake/endpoints.ts';
import { BotApi, TOKEN } from '../contract/telegram/bot-api.ts';
import { type TestDatabase, testDatabase } from '../setup/database.ts';
import { type Gate, openGate } from '../worker/gate.ts';
import { ADMIN, type Inside, openInside } from './inside.ts';
import { makeFolder, type ServerProcess, startServer, until } from './server.ts';

const TAKEOVER_MS = 15_000;

let folder: Awaited<ReturnType<typeof makeFolder>>;
let database: TestDatabase;
let gate: Gate;
let api: BotApi;
let inside: Inside;
let behindGate: ServerProcess;
let other: ServerProcess;
let endpointId: string;
const masterKey = randomBytes(32).toString('base64');

beforeAll(async () => {
  [folder, database, api] = await Promise.all([makeFolder('partition'), testDatabase(), new BotApi().open()]);
  gate = await openGate(new URL(database.url));
  const through = new URL(database.url);
  through.hostname = '127.0.0.1';
  through.port = String(gate.port);
  const start = (name: string, databaseUrl: string): Promise<ServerProcess> =>
    startServer({ dataDir: path.join(folder.dir, name), databaseUrl, env: { INLET_MASTER_KEY: masterKey } });
  behindGate = await start('first', through.href);
  inside = await openInside(database.url, folder.dir, masterKey);
  const settings = { botToken: TOKEN, apiRoot: api.apiRoot, askPhone: false };
  endpointId = (await createEndpoint(inside.tools, ADMIN, { channel: 'telegram', name: 'Bot', settings })).id;
  // Alone so far: the lease is its.
  await until('a connection', 20_000, async () => (await lease()).term === 1);
  other = await start('second', database.url);
});
afterAll(async () => {
  await inside?.close();
  await Promise.all([behindGate?.stop(), other?.stop()]);
  gate?.close();
  await api?.close();
  await database?.drop();
  await folder?.remove();
});

async function lease(): Promise<{ term: number; holder: string | null }> {
  const [row] = await inside.sql<{ term: number; holder: string }[]>`
    select term::int, holder from leases where endpoint_id = ${endpointId}`;
  return row ?? { term: 0, holder: null };
}

let written = 0;
function write(count: number): void {
  for (let n = 0; n < count; n += 1) {
    written += 1;
    const person = { id: 600_000, first_name: 'Client' };
    api.push({
      update_id: 900_000 + written,
      message: {
        message_id: written,
        from: { ...person, is_bot: false },
        chat: { ...person, type: 'private' },
        date: 1_767_225_600 + written,
        text: `message ${written}`,
      },
    });
  }
}

async function stored(): Promise<{ deliveries: number; messages: number }> {
  const [row] = await inside.sql<{ deliveries: number; messages: number }[]>`
    select (select count(*)::int from deliveries where endpoint_id = ${endpointId}) as deliveries,
      (select count(*)::int from messages where endpoint_id = ${endpointId}) as messages`;
  return row!;
}
const all = (): Promise<number> => until('every message', 30_000, async () => (await stored()).messages >= written);

test('the other takes over in under 15 s, nothing is lost or doubled, and the first stays out when it is back', {
  timeout: 120_000,
}, async () => {
  write(20);
  await all();
  const first = await lease();

  gate.shut();
  write(20);
  const tookMs = await until('the other holds it', TAKEOVER_MS, async () => (await lease()).term === first.term + 1);
  expect(tookMs).toBeLessThan(TAKEOVER_MS);
  await all();
  const second = await lease();
  expect(second.holder).not.toBe(first.holder);

  gate.open();
  write(20);
  await all();
  // Time enough for the first one to notice that it is back, and to try.
  await new Promise((resolve) => setTimeout(resolve, 5000));
  write(20);
  await all();
  expect(await lease()).toEqual(second);
  expect(await stored()).toEqual({ deliveries: written, messages: written });
});
