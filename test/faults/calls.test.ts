/** A shorter form of `npm run faults -- --calls 1000`. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../setup/database.ts';
import { runCalls } from './calls.ts';
import { type Replicas, startReplicas } from './replicas.ts';

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

test('150 calls, each event three times in any order to two replicas that are killed: 150 calls', {
  timeout: 120_000,
}, async () => {
  const { findings, ...counts } = await runCalls(replicas, { calls: 150, kills: 2 });
  expect(findings).toEqual({ lost: [], doubled: [], invented: [], limbo: [], crooked: [] });
  expect(counts).toMatchObject({ calls: 150, kills: 2, acked: counts.events * 3 });
  expect(counts.unplaced).toBeGreaterThan(0);
});
