/** The database goes away, freezes, comes back: senders are told to come again, and nobody has to help. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Embedded, startEmbedded } from '../../src/db/embedded.ts';
import { inhabitants } from '../../src/db/postmaster.ts';
import { ask, formOf, isOk, type Told } from './load.ts';
import { type Replicas, startReplicas } from './replicas.ts';
import { makeFolder, until } from './server.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let dir: string;
let database: Embedded;
let replicas: Replicas;
let address: string;
let sent = 0;

beforeAll(async () => {
  folder = await makeFolder('away');
  dir = path.join(folder.dir, 'postgres');
  database = await startEmbedded({ dir });
  replicas = await startReplicas(database.url, { count: 1 });
  const form = await replicas.inside.newForm('away');
  address = `${replicas.servers[0]!.url}/in/form/${form.key}`;
});
afterAll(async () => {
  for (const pid of await inhabitants(database.dir)) process.kill(pid, 'SIGCONT');
  await replicas.close();
  await database.stop('immediate');
  await folder.remove();
});

function post(): Promise<Told> {
  const { id, body } = formOf(sent++, 'away');
  return ask('POST', address, body, { headers: { 'Idempotency-Key': id } });
}

/** Answers, with the ms that the slowest took. */
async function postMany(count: number): Promise<{ readonly told: Told[]; readonly slowestMs: number }> {
  const began = performance.now();
  const told = await Promise.all(Array.from({ length: count }, post));
  return { told, slowestMs: performance.now() - began };
}

const backAgain = (): Promise<number> => until('accepting again', 10_000, async () => isOk((await post()).status), 10);

const comeAgain = (told: readonly Told[]) =>
  told.every(({ status, headers }) => status === 503 && Number(headers['retry-after']) > 0);

test.each(['fast', 'immediate'] as const)('stopped (%s): 503 with Retry-After; back in under 2 s', async (mode) => {
  expect((await post()).status).toBe(202);
  await database.stop(mode);
  for (let turn = 0; turn < 3; turn += 1) {
    const { told, slowestMs } = await postMany(20);
    expect(comeAgain(told)).toBe(true);
    expect(slowestMs).toBeLessThan(6000);
  }
  const ready = await ask('GET', `${replicas.servers[0]!.url}/readyz`);
  expect(ready.status).toBe(503);
  expect((await ask('GET', `${replicas.servers[0]!.url}/healthz`)).status).toBe(200);
  await sleep(1500);
  database = await startEmbedded({ dir });
  expect(await backAgain()).toBeLessThan(2000);
});

test('frozen: 503 within 7 s instead of hanging, and back when it thaws', { timeout: 60_000 }, async () => {
  expect((await post()).status).toBe(202);
  await sleep(1200); // what the server remembered of the endpoint is old by now
  const frozen = await inhabitants(database.dir);
  for (const pid of frozen) process.kill(pid, 'SIGSTOP');
  const { told, slowestMs } = await postMany(20);
  for (const pid of frozen) process.kill(pid, 'SIGCONT');
  expect(comeAgain(told)).toBe(true);
  expect(slowestMs).toBeLessThan(7000);
  expect(await backAgain()).toBeLessThan(2000);
});

test('what was acknowledged around all of it is stored, and no request twice', async () => {
  const counts = () => replicas.inside.sql<{ deliveries: number; keys: number; pending: number }[]>`
    select (select count(*)::int from deliveries) as deliveries,
      (select count(distinct repeat_key)::int from deliveries) as keys, (select count(*)::int from pending) as pending`;
  await until('nothing is pending', 60_000, async () => (await counts())[0]?.pending === 0);
  const [row] = await counts();
  expect(row?.deliveries).toBe(row?.keys);
});
