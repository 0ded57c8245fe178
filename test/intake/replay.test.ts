import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { drainPending } from '../../src/intake/processor.ts';
import { type ReplayRange, replay } from '../../src/intake/replay.ts';
import { type House, openHouse, post } from './house.ts';
import { openProbe, readSaid, type Said, toEvent } from './probe.ts';

const probe = openProbe();
const actor = { userId: null, role: 'admin', name: 'cli', language: 'en' } as const;
let house: House;
let endpoint: House['endpoint'];
beforeAll(async () => {
  house = await openHouse([probe.channel]);
  endpoint = await house.open({}, 'probe');
});
afterEach(() => {
  probe.parse = readSaid;
});
afterAll(() => house.close());

let people = 0;
function person(): Said {
  people += 1;
  return { phone: `+7999${String(people).padStart(7, '0')}` };
}
async function receive(...bodies: Said[]): Promise<string[]> {
  const accepted = await Promise.all(bodies.map((body) => house.acceptor.accept(endpoint, post(body))));
  await drainPending(house.deps);
  return accepted.map((one) => one.delivery);
}
async function again(range: ReplayRange): Promise<number> {
  const { replayed } = await replay(house.deps, actor, range);
  await drainPending(house.deps);
  return replayed;
}

describe('a replay', () => {
  test('of many leaves suspects and the dismissed aside; whoever names one has judged it', async () => {
    const mine = await house.open({}, 'probe');
    const accepted = await Promise.all(
      [1, 2].map(() => house.acceptor.accept(mine, post({ ...person(), suspect: 'honeypot' }))),
    );
    await drainPending(house.deps);
    const [suspect, dismissed] = accepted.map((one) => one.delivery);
    await house.sql`
      update outcomes set outcome = 'ignored', reason = 'dismissed: spam' where delivery_id = ${dismissed!}`;
    expect(await again({ endpoint: mine.id })).toBe(1);
    expect(await house.outcomeOf(suspect!)).toMatchObject({ outcome: 'quarantined', reason: 'honeypot' });
    expect(await house.outcomeOf(dismissed!)).toMatchObject({ outcome: 'ignored', reason: 'dismissed: spam' });
    expect(await again({ delivery: suspect! })).toBe(1);
    expect(await house.outcomeOf(suspect!)).toMatchObject({ outcome: 'opened' });
  });

  test('leaves what became a lead as it is, however often: no second message, lead, history or contact', async () => {
    const who = person();
    const [first, second, ignored, bad] = await receive(who, who, { ignored: 'ping' }, { malformed: 'what' });
    const ids = [first!, second!, ignored!, bad!];
    const before = await Promise.all(ids.map(house.outcomeOf));
    const counts = await house.census();
    for (let turn = 0; turn < 3; turn += 1) for (const delivery of ids) expect(await again({ delivery })).toBe(1);
    expect((await Promise.all(ids.map(house.outcomeOf))).map((row) => ({ ...row, attempts: 1 }))).toEqual(
      before.map((row) => ({ ...row, attempts: 1 })),
    );
    expect(before.map((row) => row!.outcome)).toEqual(['opened', 'attached', 'ignored', 'quarantined']);
    expect(await house.census()).toEqual(counts);
    const [lead] = await house.sql`select messages from leads where id = ${before[0]!.lead_id}`;
    expect(lead!.messages).toBe(2);
  });

  test('adds what a fixed parser finds in what was ignored or quarantined before', async () => {
    const [ignored, bad] = await receive(
      { ...person(), ignored: 'v1 cannot' },
      { ...person(), malformed: 'v1 cannot' },
    );
    probe.parse = (said) => [toEvent(said)];
    await again({ delivery: ignored! });
    await again({ delivery: bad! });
    for (const id of [ignored!, bad!]) {
      const row = await house.outcomeOf(id);
      expect(row).toMatchObject({ outcome: 'opened', reason: null });
      // The bytes are the contact's now: another replay opens them with his key.
      await again({ delivery: id });
      expect(await house.outcomeOf(id)).toMatchObject({ outcome: 'opened', lead_id: row!.lead_id });
    }
  });

  test('adds the second event that only today’s parser sees, to the same lead', async () => {
    const who = person();
    probe.parse = (said) => [toEvent(said.events![0]!)];
    const [id] = await receive({ events: [who, { ...who, text: 'and this' }] });
    const before = await house.census();
    const row = await house.outcomeOf(id!);
    probe.parse = readSaid;
    await again({ delivery: id! });
    const after = await house.census();
    expect([after.messages! - before.messages!, after.leads! - before.leads!]).toEqual([1, 0]);
    expect(await house.outcomeOf(id!)).toMatchObject({ outcome: 'opened', lead_id: row!.lead_id });
  });

  test('never takes a lead away, whatever a broken parser says today', async () => {
    const [one] = await receive(person());
    const row = await house.outcomeOf(one!);
    for (const parse of [
      () => ({ ignored: 'nothing' }),
      () => [],
      (said: Said) => readSaid({ ...said, malformed: 'no' }),
      (said: Said) => [toEvent({ ...said, suspect: 'honeypot' })],
    ]) {
      probe.parse = parse;
      await again({ delivery: one! });
      expect(await house.outcomeOf(one!)).toMatchObject({ outcome: 'opened', lead_id: row!.lead_id });
    }
    probe.parse = (said) => readSaid({ ...said, bug: 'today' });
    await again({ delivery: one! });
    for (let turn = 0; turn < 5; turn += 1) {
      await house.due();
      await drainPending(house.deps);
    }
    const failed = await house.outcomeOf(one!);
    expect(failed).toMatchObject({ outcome: 'opened', lead_id: row!.lead_id });
    expect(failed!.reason).toContain('error: ');
  });

  test('of what is pending, twice, or at once by several people moves each delivery once', async () => {
    const ids = await receive(person(), person(), person());
    const counts = await house.census();
    const replica = await house.replica();
    const ranges = ids.flatMap((delivery) => [{ delivery }, { delivery }, { delivery }]);
    const moved = await Promise.all(
      ranges.map((range, index) => replay(index % 2 === 0 ? house.deps : replica.deps, actor, range)),
    );
    expect(moved.reduce((sum, one) => sum + one.replayed, 0)).toBe(3);
    expect((await replay(house.deps, actor, { delivery: ids[0]! })).replayed).toBe(0);
    await Promise.all([drainPending(house.deps), drainPending(replica.deps)]);
    expect(await house.census()).toEqual(counts);
  });
});

describe('a range', () => {
  test('is an endpoint, a time, or both; and it has to be named', async () => {
    const day = Date.UTC(2026, 5, 1);
    const other = await house.open({}, 'probe');
    const ids: string[] = [];
    for (const [at, where] of [
      [day, endpoint],
      [day + 1000, other],
      [day + 2000, endpoint],
    ] as const) {
      house.clock.set(at);
      ids.push((await house.acceptor.accept(where, post({ ignored: 'x' }))).delivery);
    }
    house.clock.set(undefined);
    await drainPending(house.deps);
    const from = new Date(day).toISOString();
    const to = (ms: number) => new Date(day + ms).toISOString();
    expect(await again({ from, to: to(3000) })).toBe(3);
    expect(await again({ from, to: to(2000) })).toBe(2);
    expect(await again({ from: to(1), to: to(3000) })).toBe(2);
    expect(await again({ from, to: to(3000), endpoint: endpoint.id })).toBe(2);
    expect(await again({ endpoint: other.id })).toBe(1);
    await expect(replay(house.deps, actor, {})).rejects.toMatchObject({ status: 422 });
    await expect(replay(house.deps, actor, { to: 'soon' })).rejects.toMatchObject({
      status: 422,
      fields: { to: expect.any(String) },
    });
    const [entry] = await house.sql`select actor, action, data from audit_log order by id desc limit 1`;
    expect(entry).toMatchObject({ actor: 'cli', action: 'delivery.replayed', data: { replayed: 1 } });
  });

  test('goes through all its pages', async () => {
    const many = await house.open({}, 'probe');
    await Promise.all(Array.from({ length: 1001 }, () => house.acceptor.accept(many, post({ ignored: 'x' }))));
    await drainPending(house.deps);
    expect((await replay(house.deps, actor, { endpoint: many.id })).replayed).toBe(1001);
    const [row] =
      await house.sql`select count(*)::int as n from pending where endpoint_id = ${many.id} and was = 'ignored'`;
    expect(row!.n).toBe(1001);
    await drainPending(house.deps);
  });
});
