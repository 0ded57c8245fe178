/**
 * Real processes and a bot: the one that listens is frozen, wakes up again, is killed. The other takes over, what the
 * frozen one still believes is worth nothing, and no message is lost or doubled.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEndpoint } from '../../src/intake/endpoints.ts';
import { BotApi, TOKEN } from '../contract/telegram/bot-api.ts';
import { type TestDatabase, testDatabase } from '../setup/database.ts';
import { ADMIN } from './inside.ts';
import { ask } from './load.ts';
import { type Replicas, startReplicas } from './replicas.ts';
import { type ServerProcess, until } from './server.ts';

const TAKEOVER_MS = 15_000;
const CHATS = 7;
const EACH_PHASE = 40;

let database: TestDatabase;
let replicas: Replicas;
let api: BotApi;
let endpointId: string;
let pushed = 0;
beforeAll(async () => {
  database = await testDatabase();
  api = await new BotApi().open();
  replicas = await startReplicas(database.url);
  const settings = { botToken: TOKEN, apiRoot: api.apiRoot, askPhone: false };
  endpointId = (await createEndpoint(replicas.inside.tools, ADMIN, { channel: 'telegram', name: 'Bot', settings })).id;
});
afterAll(async () => {
  for (const { pid, isAlive } of replicas.servers) if (isAlive()) process.kill(pid, 'SIGCONT');
  await replicas.close();
  await api.close();
  await database.drop();
});

/** Clients go on writing, whatever happens to us. */
async function write(count: number, everyMs = 25): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    pushed += 1;
    const person = { id: 500_000 + (pushed % CHATS), first_name: 'Client' };
    api.push({
      update_id: 800_000 + pushed,
      message: {
        message_id: pushed,
        from: { ...person, is_bot: false },
        chat: { ...person, type: 'private' },
        date: 1_767_225_600 + pushed,
        text: `message ${pushed}`,
      },
    });
    await sleep(everyMs);
  }
}

async function counted() {
  const [row] = await replicas.inside.sql<{ deliveries: number; messages: number; leads: number }[]>`
    select (select count(*)::int from deliveries where endpoint_id = ${endpointId}) as deliveries,
      (select count(*)::int from messages where endpoint_id = ${endpointId}) as messages,
      (select count(*)::int from leads where endpoint_id = ${endpointId}) as leads`;
  return row!;
}
const term = async (): Promise<number> =>
  (await replicas.inside.sql<{ term: number }[]>`select term::int from leases where endpoint_id = ${endpointId}`)[0]
    ?.term ?? 0;
const all = (): Promise<number> =>
  until('every message is processed', 60_000, async () => (await counted()).messages >= pushed);
/** How often each process has said that it took messages. */
const polls = (): Promise<number[]> =>
  Promise.all(
    replicas.servers.map(async (_, n) => {
      const log = await readFile(path.join(replicas.folder, `server-${n}.log`), 'utf8');
      return log.split('\n').filter((line) => line.includes('listener.polled')).length;
    }),
  );
/** Who of them takes the messages now, and who does not. */
async function roles(): Promise<{ holder: number; other: number }> {
  const before = await polls();
  await write(5);
  await all();
  const grown = (await polls()).map((now, n) => now - before[n]!);
  expect(grown.filter((more) => more > 0)).toHaveLength(1);
  return grown[0]! > 0 ? { holder: 0, other: 1 } : { holder: 1, other: 0 };
}
const server = (n: number): ServerProcess => replicas.servers[n]!;

test('frozen: the other takes over in under 15 s, and the old one, awake again, writes nothing', {
  timeout: 120_000,
}, async () => {
  await until('somebody listens', 20_000, async () => (await term()) > 0);
  await write(EACH_PHASE);
  await all();
  const { holder, other } = await roles();
  const before = await term();

  // In the middle of what it is given.
  const writing = write(EACH_PHASE, 10);
  await sleep(100);
  process.kill(server(holder).pid, 'SIGSTOP');
  await writing;
  const frozenAt = await polls();
  const tookMs = await until('the other listens', TAKEOVER_MS, async () => (await polls())[other]! > frozenAt[other]!);
  expect(tookMs).toBeLessThan(TAKEOVER_MS);
  await all();
  expect(await term()).toBe(before + 1);

  process.kill(server(holder).pid, 'SIGCONT');
  // What was committed in the moment of freezing it learns only now, and says so: that is not a new write.
  await sleep(1000);
  const awake = (await polls())[holder]!;
  await write(EACH_PHASE, 50);
  await all();
  await sleep(3000);
  expect(await term()).toBe(before + 1);
  expect((await polls())[holder]! - awake, 'batches that the old holder got accepted').toBe(0);
  expect(await counted()).toEqual({ deliveries: pushed, messages: pushed, leads: CHATS });
  console.log(`frozen: the other listened after ${tookMs} ms`);
});

test('killed: the other takes over in under 15 s; nothing is lost or doubled', { timeout: 90_000 }, async () => {
  const { holder, other } = await roles();
  const writing = write(EACH_PHASE, 10);
  await sleep(150);
  await server(holder).kill();
  await writing;
  const dead = await polls();
  const tookMs = await until('the other listens', TAKEOVER_MS, async () => (await polls())[other]! > dead[other]!);
  await all();
  expect(tookMs).toBeLessThan(TAKEOVER_MS);
  expect(await counted()).toEqual({ deliveries: pushed, messages: pushed, leads: CHATS });
  expect(api.queue.length).toBeLessThanOrEqual(100);
  console.log(`killed: the other listened after ${tookMs} ms`);
});

test('the one that is left tells how the endpoint is doing', async () => {
  const alive = replicas.servers.find((one) => one.isAlive())!;
  const metrics = await ask('GET', `${alive.url}/metrics`);
  expect(metrics.status).toBe(200);
  const [health] = await replicas.inside.sql`
    select state, account from endpoint_health where endpoint_id = ${endpointId}`;
  expect(health).toEqual({ state: 'connected', account: '@leads_bot' });
  expect(metrics.body).toMatch(new RegExp(`endpoint[^\\n]*${endpointId}`));
});
