import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLedger, readMoment } from '../../src/intake/ledger.ts';
import { drainPending, processNext } from '../../src/intake/processor.ts';
import { replay } from '../../src/intake/replay.ts';
import { type House, openHouse, post } from './house.ts';
import { openProbe } from './probe.ts';

const DAY = Date.UTC(2026, 5, 1);
const probe = openProbe();
let house: House;
let one: House['endpoint'];
let two: House['endpoint'];
let ids: string[];
beforeAll(async () => {
  house = await openHouse([probe.channel]);
  [one, two] = [await house.open({}, 'probe'), await house.open({}, 'probe')];
  const said = [{ phone: '+79990000001' }, { phone: '+79990000001' }, { ignored: 'x' }, { malformed: 'x' }];
  ids = [];
  for (const [at, endpoint, body] of [
    ...said.map((body) => [DAY + 1000, one, body] as const),
    [DAY + 86_399_999, one, { ignored: 'x' }] as const,
    [DAY + 86_400_000, one, { ignored: 'x' }] as const,
    [DAY + 1000, two, { bug: 'always' }] as const,
  ]) {
    house.clock.set(at);
    ids.push((await house.acceptor.accept(endpoint, post(body))).delivery);
  }
  house.clock.set(undefined);
});
afterAll(() => house.close());

const none = { received: 0, opened: 0, attached: 0, ignored: 0, quarantined: 0, pending: 0, balanced: true };

test('balances before, while and after they are processed, and in the middle of a replay', async () => {
  expect(await readLedger(house.sql)).toMatchObject({ ...none, received: 7, pending: 7 });
  await processNext(house.deps);
  const decided = { ...none, received: 7, opened: 1, attached: 1, ignored: 3, quarantined: 1, pending: 1 };
  expect(await readLedger(house.sql)).toMatchObject(decided);
  const actor = { userId: null, role: 'admin', name: 'cli', language: 'en' } as const;
  await replay(house.deps, actor, { endpoint: one.id });
  expect(await readLedger(house.sql)).toMatchObject({ ...none, received: 7, pending: 7 });
  await drainPending(house.deps);
  expect(await readLedger(house.sql)).toMatchObject(decided);
  const replayed = replay(house.deps, actor, { endpoint: one.id }).then(() => drainPending(house.deps));
  for (let look = 0; look < 20; look += 1) expect((await readLedger(house.sql)).balanced).toBe(true);
  await replayed;
});

test('has a row for each endpoint and day of receipt, UTC, newest first', async () => {
  const { rows } = await readLedger(house.sql);
  expect(rows.map((row) => [row.day, row.endpoint.id, row.received])).toEqual(
    expect.arrayContaining([
      ['2026-06-02', one.id, 1],
      ['2026-06-01', one.id, 5],
      ['2026-06-01', two.id, 1],
    ]),
  );
  expect(rows).toHaveLength(3);
  expect(rows[0]!.day).toBe('2026-06-02');
});

test('counts from a moment on, until a moment, of an endpoint', async () => {
  const received = async (filter: Parameters<typeof readLedger>[1]) => (await readLedger(house.sql, filter)).received;
  expect(await received({ sinceMs: DAY + 1001 })).toBe(2);
  expect(await received({ sinceMs: DAY + 86_400_000 })).toBe(1);
  expect(await received({ untilMs: DAY + 86_400_000 })).toBe(6);
  expect(await received({ sinceMs: DAY + 1000, untilMs: DAY + 1001, endpoint: one.id })).toBe(4);
  expect(await readLedger(house.sql, { endpoint: house.endpoint.id })).toEqual({ ...none, rows: [] });
});

test('tells of a delivery that vanished, stands in two places, or was never received', async () => {
  const undo = new Error('undo');
  const unbalanced = async (harm: (sql: House['sql']) => Promise<unknown>) => {
    let ledger: Awaited<ReturnType<typeof readLedger>> | undefined;
    const tampering = house.sql.begin(async (tx) => {
      await harm(tx as unknown as House['sql']);
      ledger = await readLedger(tx as unknown as House['sql']);
      throw undo;
    });
    await expect(tampering).rejects.toBe(undo);
    return ledger!.rows.filter((row) => !row.balanced).map((row) => [row.day, row.endpoint.id]);
  };
  const here = [['2026-06-01', one.id]];
  expect(await unbalanced((sql) => sql`delete from outcomes where delivery_id = ${ids[0]!}`)).toEqual(here);
  const both = (sql: House['sql'], id: string) => sql`
    insert into pending (delivery_id, endpoint_id, key_wrap, bytes)
    select delivery_id, endpoint_id, key_wrap, 1 from outcomes where delivery_id = ${id}`;
  expect(await unbalanced((sql) => both(sql, ids[0]!))).toEqual(here);
  const stray = await unbalanced(
    (sql) => sql`
      insert into outcomes (delivery_id, endpoint_id, outcome, reason, key_wrap, attempts)
      values (gen_random_uuid(), ${one.id}, 'ignored', 'x', '', 0)`,
  );
  expect(stray).toHaveLength(1);
  const madeUpFor = await unbalanced(async (sql) => {
    await sql`delete from outcomes where delivery_id = ${ids[0]!}`;
    await both(sql, ids[1]!);
  });
  expect(madeUpFor).toEqual(here);
  // A day that is one short is not made up for by another that has one too many.
  const moved = await unbalanced(async (sql) => {
    await sql`delete from outcomes where delivery_id = ${ids[0]!}`;
    await both(sql, ids[5]!);
  });
  expect(moved).toEqual([['2026-06-02', one.id], ...here]);
  expect((await readLedger(house.sql)).balanced).toBe(true);
});

test('reads moments as people write them', () => {
  const now = Date.UTC(2026, 0, 2);
  expect(['90m', '24h', '7d', '2026-01-01', '2026-01-01T00:00:01Z'].map((text) => readMoment(text, now))).toEqual([
    now - 5_400_000,
    now - 86_400_000,
    now - 604_800_000,
    now - 86_400_000,
    now - 86_399_000,
  ]);
  for (const text of ['', 'yesterday', '7w', '-1d', '1 d']) expect(readMoment(text, now)).toBeUndefined();
});
