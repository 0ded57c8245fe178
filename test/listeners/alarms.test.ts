/** What a head is called for: a channel that is unusually silent, one that was logged out, one that cannot send. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase, type Sql } from '../../src/db/open.ts';
import { newId } from '../../src/ids.ts';
import type { OpenEndpoint } from '../../src/intake/endpoint-book.ts';
import { listAlarms, seeAlarm, watchEndpoints } from '../../src/listeners/alarms.ts';
import { writeHealth } from '../../src/listeners/health.ts';
import { takeLease } from '../../src/listeners/lease.ts';
import { type ChatHouse, openChatHouse } from '../setup/chat-house.ts';
import { makeUser } from '../setup/fixtures.ts';

const HOUR_MS = 3_600_000;

let house: ChatHouse;
let line: OpenEndpoint;
let owner: Sql;
beforeAll(async () => {
  house = await openChatHouse();
  owner = openDatabase(house.url, { max: 1, applicationName: 'test' });
});
beforeEach(async () => {
  // Counting goes forward only: every test begins with a base that has heard nothing.
  for (const table of ['deliveries', 'endpoint_activity', 'alarms', 'sends']) await owner`delete from ${owner(table)}`;
  line = await house.open({}, 'chat');
});
afterAll(async () => {
  await owner.end();
  await house.close();
});

/** Deliveries so many hours ago. */
async function heardAt(...hoursAgo: readonly number[]): Promise<void> {
  for (const hours of hoursAgo) {
    const at = Date.now() - hours * HOUR_MS;
    await house.sql`
      insert into deliveries (id, endpoint_id, received_at, body_mac, raw)
      values (${newId(at)}, ${line.id}, ${new Date(at)}, ${newId()}, ${Buffer.alloc(1)})`;
  }
}
const hourly = (count: number, last: number): number[] =>
  Array.from({ length: count }, (_, n) => last + count - 1 - n);
async function sendsThat(state: 'failed' | 'unknown' | 'sent', count = 1): Promise<void> {
  for (let n = 0; n < count; n += 1)
    await house.sql`
      insert into sends (message_id, contact_id, lead_id, endpoint_id, state, reason, sent_at)
      values (${newId()}, ${newId()}, ${newId()}, ${line.id}, ${state},
        ${state === 'sent' ? null : 'The token is wrong.'},
        ${state === 'sent' ? new Date() : null})`;
}
const open = async () => (await listAlarms(house.sql, house.head)).map(({ kind, detail }) => [kind, detail]);
/** So that what happens from now on is after it. */
const longAgo = () => house.sql`update alarms set raised_at = raised_at - interval '1 hour'`;

describe('silence', () => {
  test('is an alarm after enough deliveries, when it lasts twice as long as ever; once over two replicas', async () => {
    const replica = await house.replica();
    await heardAt(...hourly(25, 5));
    const rounds = await Promise.all([watchEndpoints(house.sql), watchEndpoints(replica.sql)]);
    // One of them counts; the other may have looked before that.
    const again = await Promise.all([watchEndpoints(house.sql), watchEndpoints(replica.sql)]);
    expect([...rounds, ...again].reduce((sum, one) => sum + one.raised, 0)).toBe(1);
    expect(await open()).toEqual([['silent', '5 h']]);
    expect(await listAlarms(house.sql, house.head)).toMatchObject([{ endpoint: { id: line.id, channel: 'chat' } }]);
  });

  test.each([
    ['too few deliveries to know', hourly(19, 30)],
    ['shorter than four hours', hourly(30, 3)],
    ['no longer than it was before', [60, 45, ...hourly(20, 20)]],
  ])('is none: %s', async (_what, hours) => {
    await heardAt(...hours);
    await watchEndpoints(house.sql);
    expect(await watchEndpoints(house.sql)).toEqual({ raised: 0, ended: 0 });
    expect(await open()).toEqual([]);
  });

  test('counts gaps across its rounds', async () => {
    await heardAt(...hourly(20, 50));
    await house.sql`update endpoints set paused_at = now() where id = ${line.id}`;
    await watchEndpoints(house.sql);
    await heardAt(5); // 45 hours of silence between two rounds
    await house.sql`update endpoints set paused_at = null where id = ${line.id}`;
    expect(await watchEndpoints(house.sql)).toEqual({ raised: 0, ended: 0 });
    const [row] = await house.sql`select deliveries::int, longest_gap_seconds from endpoint_activity`;
    expect(row).toMatchObject({ deliveries: 21 });
    expect(Math.round(Number(row!.longest_gap_seconds) / 3600)).toBe(45);
  });

  test('is over with the next delivery, and may come again', async () => {
    await heardAt(...hourly(25, 5));
    await watchEndpoints(house.sql);
    await longAgo();
    await heardAt(0.05);
    expect(await watchEndpoints(house.sql)).toEqual({ raised: 0, ended: 1 });
    expect(await open()).toEqual([]);
  });

  test('of a paused endpoint bothers nobody', async () => {
    await heardAt(...hourly(25, 5));
    await watchEndpoints(house.sql);
    await house.sql`update endpoints set paused_at = now() where id = ${line.id}`;
    expect(await watchEndpoints(house.sql)).toEqual({ raised: 0, ended: 1 });
    expect(await watchEndpoints(house.sql)).toEqual({ raised: 0, ended: 0 });
  });
});

describe('sending', () => {
  test('that fails three times in an hour while nothing gets through is an alarm, until something does', async () => {
    await sendsThat('failed', 2);
    expect((await watchEndpoints(house.sql)).raised).toBe(0);
    await sendsThat('unknown');
    expect((await watchEndpoints(house.sql)).raised).toBe(1);
    expect((await watchEndpoints(house.sql)).raised).toBe(0);
    expect(await open()).toEqual([['sending-fails', 'The token is wrong.']]);
    await longAgo();
    await sendsThat('sent');
    expect((await watchEndpoints(house.sql)).ended).toBe(1);
    expect(await open()).toEqual([]);
  });

  test('that fails now and then, or failed long ago, is none', async () => {
    await sendsThat('failed', 5);
    await sendsThat('sent');
    expect((await watchEndpoints(house.sql)).raised).toBe(0);
    await house.sql`delete from sends where state = 'sent'`;
    await house.sql`update sends set queued_at = now() - interval '2 hours'`;
    expect((await watchEndpoints(house.sql)).raised).toBe(0);
  });

  test('of a paused endpoint does not ring each minute anew', async () => {
    await sendsThat('failed', 3);
    await house.sql`update endpoints set paused_at = now() where id = ${line.id}`;
    for (let turn = 0; turn < 3; turn += 1) expect(await watchEndpoints(house.sql)).toEqual({ raised: 0, ended: 0 });
  });
});

describe('a log-out', () => {
  test('is an alarm for who was in, with what to do; over as soon as they are in again', async () => {
    const lease = (await takeLease(house.sql, line.id, newId()))!;
    const say = (health: Parameters<typeof writeHealth>[3]) => writeHealth(house.sql, lease, line, health);
    await say({ state: 'needs-human', detail: 'Scan the code.' });
    expect(await open()).toEqual([]); // being set up, by somebody who looks at the page
    await say({ state: 'connected', as: '+7 999 ...' });
    for (let turn = 0; turn < 3; turn += 1) await say({ state: 'needs-human', detail: 'Logged out from the phone.' });
    expect(await open()).toEqual([['logged-out', 'Logged out from the phone.']]);
    await say({ state: 'waiting' });
    expect(await open()).toHaveLength(1);
    await say({ state: 'connected' });
    expect(await open()).toEqual([]);
  });
});

test('"I know" is kept with who said it first; only heads and admins are asked', async () => {
  await sendsThat('failed', 3);
  await watchEndpoints(house.sql);
  const [alarm] = await listAlarms(house.sql, house.head);
  const [one, other] = [await makeUser(house, { role: 'head' }), await makeUser(house, { role: 'admin' })];
  for (const actor of [one, other]) await seeAlarm(house.sql, actor, alarm!.id);
  const [row] = await house.sql`select seen_by from alarms`;
  expect(row?.seen_by).toBe(one.userId);
  expect((await listAlarms(house.sql, one))[0]?.seenAt).not.toBeNull();
  const manager = await makeUser(house);
  await expect(listAlarms(house.sql, manager)).rejects.toMatchObject({ status: 403 });
  await expect(seeAlarm(house.sql, manager, alarm!.id)).rejects.toMatchObject({ status: 403 });
  await expect(seeAlarm(house.sql, one, newId())).rejects.toMatchObject({ status: 404 });
});
