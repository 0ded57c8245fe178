/** What a listener writes: under its lease, sealed, once. A holder whose time is over writes nothing. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Sql } from '../../src/db/open.ts';
import { newId } from '../../src/ids.ts';
import type { OpenEndpoint } from '../../src/intake/endpoint-book.ts';
import { drainPending } from '../../src/intake/processor.ts';
import { type AcceptHeard, heardAcceptor } from '../../src/listeners/accept-heard.ts';
import { writeHealth } from '../../src/listeners/health.ts';
import { type Lease, releaseLease, renewLeases, takeLease } from '../../src/listeners/lease.ts';
import { stateOf } from '../../src/listeners/state.ts';
import { says } from '../setup/chat-channel.ts';
import { type ChatHouse, openChatHouse } from '../setup/chat-house.ts';

let house: ChatHouse;
let line: OpenEndpoint;
let lease: Lease;
let acceptHeard: AcceptHeard;
beforeAll(async () => {
  house = await openChatHouse();
});
beforeEach(async () => {
  line = await house.open({}, 'chat');
  lease = (await takeLease(house.sql, line.id, newId()))!;
  acceptHeard = heardAcceptor(house, lease, line);
});
afterAll(() => house.close());

const heard = (text: string) => ({ body: Buffer.from(JSON.stringify([says('person-1', text)])) });
const accept = (text: string, key?: string) => acceptHeard(heard(text), key);
const rows = async (sql: Sql = house.sql) =>
  (
    await sql`select (select count(*)::int from deliveries where endpoint_id = ${line.id}) as deliveries,
      (select count(*)::int from pending where endpoint_id = ${line.id}) as pending,
      (select count(*)::int from listener_state where endpoint_id = ${line.id}) as state,
      (select count(*)::int from endpoint_health where endpoint_id = ${line.id}) as health`
  )[0];
/** Its time is over: nobody may have taken over yet. */
const runOutNow = (sql: Sql) =>
  sql`update leases set until = now() - interval '1 second' where endpoint_id = ${line.id}`;
const runOut = () => runOutNow(house.sql);

describe('a lease', () => {
  test('is one holder’s at a time, however many ask at once; each change of hands is a new term', async () => {
    expect(await takeLease(house.sql, line.id, newId())).toBeUndefined();
    await runOut();
    const taken = (await Promise.all(Array.from({ length: 10 }, () => takeLease(house.sql, line.id, newId())))).filter(
      (one) => one !== undefined,
    );
    expect(taken.map((one) => one.term)).toEqual([lease.term + 1]);
  });

  test('is not renewed by who lost it, nor given back by them', async () => {
    expect(await renewLeases(house.sql, [lease])).toMatchObject([{ endpointId: line.id, term: lease.term }]);
    await runOut();
    expect(await renewLeases(house.sql, [lease])).toEqual([]);
    const next = (await takeLease(house.sql, line.id, newId()))!;
    expect(await renewLeases(house.sql, [lease])).toEqual([]);
    await releaseLease(house.sql, lease);
    expect(await renewLeases(house.sql, [next])).toHaveLength(1);
  });
});

describe('a holder whose time is over', () => {
  test.each(['run out', 'taken over'])('%s: accept, state and health write nothing', async (how) => {
    const state = stateOf(house, lease, line);
    await state.set({ offset: '5' });
    await runOut();
    if (how === 'taken over') await takeLease(house.sql, line.id, newId());
    const before = await rows();
    const lost = { name: 'LeaseLost' };
    await expect(accept('too late')).rejects.toMatchObject(lost);
    await expect(accept('too late', 'with a key')).rejects.toMatchObject(lost);
    await expect(state.set({ offset: '6', more: 'x' })).rejects.toMatchObject(lost);
    await expect(state.set({ offset: null })).rejects.toMatchObject(lost);
    await expect(state.clear()).rejects.toMatchObject(lost);
    await writeHealth(house.sql, lease, line, { state: 'connected', as: '@ghost' });
    expect(await rows()).toEqual(before);
    expect(await state.get(['offset'])).toEqual({ offset: '5' });
  });

  test('cannot paint over what its successor says', async () => {
    await runOut();
    const next = (await takeLease(house.sql, line.id, newId()))!;
    await writeHealth(house.sql, next, line, { state: 'connected', as: '@new' });
    await writeHealth(house.sql, lease, line, { state: 'needs-human', detail: 'old news' });
    expect(await house.sql`select state, account from endpoint_health where endpoint_id = ${line.id}`).toMatchObject([
      { state: 'connected', account: '@new' },
    ]);
    expect(await house.sql`select from alarms where endpoint_id = ${line.id}`).toHaveLength(0);
  });

  test('a takeover waits for a write that is under way, and the write counts', async () => {
    const replica = await house.replica();
    const release = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const writing = house.sql.begin(async (tx) => {
      await stateOf({ sql: tx as unknown as Sql, vault: house.vault }, lease, line).set({ offset: '7' });
      locked.resolve();
      await release.promise;
    });
    await locked.promise;
    // Its time is over by the clock, but what it has begun is not.
    await runOutNow(replica.sql);
    expect(await takeLease(replica.sql, line.id, newId())).toBeUndefined();
    release.resolve();
    await writing;
    expect(await takeLease(replica.sql, line.id, newId())).toMatchObject({ term: lease.term + 1 });
    expect(await stateOf(house, lease, line).get(['offset'])).toEqual({ offset: '7' });
  });
});

describe('state', () => {
  test('comes back as it was set; null forgets; clear forgets all', async () => {
    const state = stateOf(house, lease, line);
    const values = {
      'session/creds': '{"a":1}',
      'имя клиента +79995551234': 'ключ',
      empty: '',
      long: 'x'.repeat(200_000),
    };
    await state.set(values);
    expect(await state.get([...Object.keys(values), 'unknown'])).toEqual(values);
    await state.set({ empty: null, long: 'short', more: '1' });
    expect(await state.get(['empty', 'long', 'more'])).toEqual({ long: 'short', more: '1' });
    await state.clear();
    expect(await rows()).toMatchObject({ state: 0 });
  });

  test('is all or nothing', async () => {
    const state = stateOf(house, lease, line);
    await state.set({ a: '1' });
    await expect(state.set({ a: '2', ['x'.repeat(501)]: 'y' })).rejects.toThrow('500 characters');
    expect(await state.get(['a'])).toEqual({ a: '1' });
  });

  test('is each endpoint’s own', async () => {
    const other = await house.open({}, 'chat');
    const theirs = (await takeLease(house.sql, other.id, newId()))!;
    await stateOf(house, lease, line).set({ offset: 'mine' });
    await stateOf(house, theirs, other).set({ offset: 'theirs' });
    await stateOf(house, theirs, other).clear();
    expect(await stateOf(house, lease, line).get(['offset'])).toEqual({ offset: 'mine' });
  });

  test('and pairing codes are sealed', async () => {
    await stateOf(house, lease, line).set({ 'name of a client': 'secret session' });
    await writeHealth(house.sql, lease, line, { state: 'needs-human', pairing: { qr: 'secret code' } });
    const [raw] = await house.sql<{ all: string }[]>`
      select string_agg(x, '') as all from (
        select s::text || encode(s.value, 'escape') as x from listener_state s
        union all select h::text || coalesce(encode(h.pairing, 'escape'), '') from endpoint_health h) as t`;
    expect(raw!.all).not.toMatch(/secret|name of a client/);
  });
});

describe('accept', () => {
  test('keeps the delivery before it resolves; the same again is a repeat', async () => {
    const first = await accept('one', 'update-1');
    expect(first.duplicate).toBe(false);
    expect(await rows()).toMatchObject({ deliveries: 1, pending: 1 });
    expect(await accept('one', 'update-1')).toEqual({ delivery: first.delivery, duplicate: true });
    expect(await rows()).toMatchObject({ deliveries: 1 });
    await drainPending(house.deps);
    expect(await house.outcomeOf(first.delivery)).toMatchObject({ outcome: 'opened' });
  });

  test('another content under the same key is kept, once, and processed', async () => {
    const first = await accept('one', 'uid-1');
    const second = await accept('another mail', 'uid-1');
    expect([second.duplicate, second.delivery === first.delivery]).toEqual([false, false]);
    expect(await accept('another mail', 'uid-1')).toMatchObject({ duplicate: true });
    expect(await accept('one', 'uid-1')).toMatchObject({ duplicate: true });
    await drainPending(house.deps);
    expect(await rows()).toMatchObject({ deliveries: 2, pending: 0 });
    expect((await house.outcomeOf(second.delivery))?.outcome).toMatch(/opened|attached/);
  });

  test('without a key every one is new; a hundred at once of one key are one', async () => {
    await Promise.all([accept('same'), accept('same')]);
    expect(await rows()).toMatchObject({ deliveries: 2 });
    const many = await Promise.all(Array.from({ length: 100 }, () => accept('many', 'key')));
    expect(many.filter((one) => !one.duplicate)).toHaveLength(1);
    expect(new Set(many.map((one) => one.delivery)).size).toBe(1);
    expect(await rows()).toMatchObject({ deliveries: 3 });
    await drainPending(house.deps);
  });
});
