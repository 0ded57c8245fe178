/** Two replicas on one database: a storm of repeats, and a race for leads. The full numbers: `npm run faults`. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../setup/database.ts';
import { makeManagers, raceForLeads } from './claims.ts';
import { ask, formOf } from './load.ts';
import { type Replicas, startReplicas } from './replicas.ts';
import { until } from './server.ts';
import { storm } from './storm.ts';

let database: TestDatabase;
let replicas: Replicas;

beforeAll(async () => {
  database = await testDatabase();
  replicas = await startReplicas(database.url);
});
afterAll(async () => {
  await replicas.close();
  await database.drop();
});

test('1,000 ids sent 6 times each to two replicas become exactly 1,000 leads', { timeout: 120_000 }, async () => {
  const { inside, servers } = replicas;
  const form = await inside.newForm('storm');
  const targets = servers.map((server) => `${server.url}/in/form/${form.key}`);
  const result = await storm(inside, { targets, endpointId: form.id, ids: 1000, repeats: 6 });
  const { requests, seconds, ...rest } = result;
  expect(rest).toEqual({ failed: 0, confused: 0, deliveries: 1000, messages: 1000, leads: 1000, contacts: 1000 });
  expect({ requests, seconds }).toEqual({ requests: 6000, seconds: expect.any(Number) as number });
});

test('the same key with another content is kept aside once, and the first one stays as it was', async () => {
  const { inside, servers } = replicas;
  const form = await inside.newForm('reused key');
  const headers = { 'Idempotency-Key': 'one-key' };
  const bodies = [1, 2, 2, 1, 2, 1].map((n) => formOf(n, 'reused').body);
  const told = [];
  for (const [turn, body] of bodies.entries())
    told.push(await ask('POST', `${servers[turn % 2]!.url}/in/form/${form.key}`, body, { headers }));
  const ids = told.map(({ body }) => (JSON.parse(body) as { delivery: string }).delivery);
  expect(new Set(ids).size).toBe(2);
  expect(ids[0]).toBe(ids[3]);
  expect(ids[1]).toBe(ids[2]);
  const outcomes = () => inside.sql<{ outcome: string; reason: string | null }[]>`
    select outcome, reason from outcomes where endpoint_id = ${form.id} order by outcome`;
  await until('both have an outcome', 10_000, async () => (await outcomes()).length === 2);
  expect((await outcomes()).map((row) => [row.outcome, row.reason])).toEqual([
    ['opened', null],
    ['quarantined', 'key-reused'],
  ]);
});

test('200 managers who race for 200 leads over two replicas: one owner each', { timeout: 120_000 }, async () => {
  const { inside, servers } = replicas;
  const form = await inside.newForm('claims');
  const targets = servers.map((server) => `${server.url}/in/form/${form.key}`);
  await storm(inside, { targets, endpointId: form.id, ids: 200, repeats: 1 });
  const leads = (await inside.sql<{ id: string }[]>`select id from leads where endpoint_id = ${form.id}`).map(
    (row) => row.id,
  );
  const managers = await makeManagers(inside, 200);
  const urls = servers.map((server) => server.url);
  const result = await raceForLeads(inside, { replicas: urls, managers, leads, askers: 15 });
  expect(result).toMatchObject({ leads: 200, asked: 3000, won: 200, lost: 2800 });
  expect(result).toMatchObject({ failed: 0, twoOwners: 0, unclaimed: 0, misled: 0, crooked: 0 });
});
