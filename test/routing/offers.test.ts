import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { claim, release } from '../../src/routing/claim.ts';
import { tick } from '../../src/routing/offers.ts';
import { type House, historyOf, makeEndpoint, makeLead, makeQueue, makeUser, openHouse } from '../setup/fixtures.ts';

let house: House;
let endpointId: string;
let now: number;
// Each test has a database of its own: a tick works on everything there is.
beforeEach(async () => {
  await house?.close();
  house = await openHouse();
  endpointId = await makeEndpoint(house);
  now = Date.now();
});
afterAll(() => house.close());

const onShift = (count: number) =>
  Promise.all(Array.from({ length: count }, () => makeUser(house, { onShift: true })));
const robin = (members: readonly { userId: string; line?: 'first' | 'senior' }[], more: object = {}) =>
  makeQueue(house, { strategy: 'round_robin', members, ...more });
const later = (seconds: number) => tick(house.sql, now + seconds * 1000);

async function offerOf(leadId: string) {
  const [row] = await house.sql<{ to: string | null; until: Date | null }[]>`
    select offered_to as to, offer_until as until from leads where id = ${leadId}`;
  return row!;
}

describe('tick', () => {
  it('offers in turn, for as long as the queue says', async () => {
    const members = await onShift(3);
    const queueId = await robin(members, { offerSeconds: 30 });
    const leads = [];
    for (let i = 0; i < 3; i += 1)
      leads.push(await makeLead(house, { queueId, endpointId, openedAt: new Date(now - 10_000 + i) }));
    expect(await later(0)).toEqual({ missed: 0, offered: 3, escalated: 0 });
    const offers = await Promise.all(leads.map((lead) => offerOf(lead.id)));
    expect(new Set(offers.map((one) => one.to))).toEqual(new Set(members.map((one) => one.userId)));
    for (const { until } of offers) expect(until).toEqual(new Date(now + 30_000));
    expect(await historyOf(house, leads[0]!.id)).toEqual(['opened', 'offered']);
    expect(await later(1)).toEqual({ missed: 0, offered: 0, escalated: 0 });
  });

  it('goes on to the next when an offer is missed, and leaves the lead to the line when all missed it', async () => {
    const members = await onShift(2);
    const queueId = await robin(members, { offerSeconds: 30 });
    const lead = await makeLead(house, { queueId, endpointId });
    await later(0);
    const first = (await offerOf(lead.id)).to;
    expect(await later(30)).toEqual({ missed: 1, offered: 1, escalated: 0 });
    const second = (await offerOf(lead.id)).to;
    expect(second).not.toBe(first);
    expect(await later(60)).toEqual({ missed: 1, offered: 0, escalated: 0 });
    expect((await offerOf(lead.id)).to).toBeNull();
    expect(await later(90)).toEqual({ missed: 0, offered: 0, escalated: 0 });
    expect(await historyOf(house, lead.id)).toEqual(['opened', 'offered', 'offer_missed', 'offered', 'offer_missed']);
    expect((await claim(house.sql, members[0]!, lead.id)).kind).toBe('claimed');
  });

  it('waits for somebody on shift, of the line that is asked', async () => {
    const [resting, senior] = [await makeUser(house), await makeUser(house, { onShift: true })];
    const gone = await makeUser(house, { onShift: true, disabled: true });
    const queueId = await robin([resting, gone, { userId: senior.userId, line: 'senior' }]);
    const lead = await makeLead(house, { queueId, endpointId, seniorAt: new Date(now + 100_000) });
    expect(await later(0)).toMatchObject({ offered: 0 });
    expect(await later(100)).toEqual({ missed: 0, offered: 1, escalated: 1 });
    expect((await offerOf(lead.id)).to).toBe(senior.userId);
    await house.sql`update users set on_shift_since = now() where id = ${resting.userId}`;
    const other = await makeLead(house, { queueId, endpointId });
    await later(101);
    expect((await offerOf(other.id)).to).toBe(resting.userId);
  });

  it('does not offer while the queue is closed', async () => {
    const members = await onShift(1);
    const hours = { timezone: 'UTC', week: { mon: [['09:00', '18:00']] } };
    const queueId = await robin(members, { hours });
    await makeLead(house, { queueId, endpointId });
    expect(await tick(house.sql, Date.UTC(2026, 0, 13, 12))).toMatchObject({ offered: 0 });
    expect(await tick(house.sql, Date.UTC(2026, 0, 12, 8, 59))).toMatchObject({ offered: 0 });
    expect(await tick(house.sql, Date.UTC(2026, 0, 12, 9, 0))).toMatchObject({ offered: 1 });
  });

  it('leaves queues by hand alone, and clears owner-first offers there too', async () => {
    const [owner] = await onShift(1);
    const queueId = await makeQueue(house, { members: [owner!] });
    const until = new Date(now + 60_000);
    const lead = await makeLead(house, { queueId, endpointId, offeredTo: owner!.userId, offerUntil: until });
    expect(await later(59)).toEqual({ missed: 0, offered: 0, escalated: 0 });
    expect(await later(60)).toEqual({ missed: 1, offered: 0, escalated: 0 });
    expect(await offerOf(lead.id)).toEqual({ to: null, until: null });
  });

  it('charges no turn for leads claimed by hand or offered to their own manager', async () => {
    const members = await onShift(2);
    const [one, two] = members as [(typeof members)[0], (typeof members)[0]];
    const queueId = await robin(members);
    for (let i = 0; i < 4; i += 1) {
      const byHand = await makeLead(house, { queueId, endpointId });
      await claim(house.sql, one, byHand.id);
      const until = new Date(now + 600_000);
      await makeLead(house, { queueId, endpointId, offeredTo: one.userId, offerUntil: until });
    }
    const leads = [await makeLead(house, { queueId, endpointId }), await makeLead(house, { queueId, endpointId })];
    await later(0);
    const offers = await Promise.all(leads.map((lead) => offerOf(lead.id)));
    expect(new Set(offers.map((one) => one.to))).toEqual(new Set([one.userId, two.userId]));
  });

  it('does not bring a lead back to whoever gave it back', async () => {
    const members = await onShift(2);
    const queueId = await robin(members);
    const lead = await makeLead(house, { queueId, endpointId });
    await later(0);
    const first = members.find((one) => one.userId)!;
    const offered = (await offerOf(lead.id)).to;
    const taker = members.find((one) => one.userId === offered) ?? first;
    await claim(house.sql, taker, lead.id);
    await release(house.sql, taker, lead.id);
    await later(1);
    expect((await offerOf(lead.id)).to).not.toBe(taker.userId);
    expect((await offerOf(lead.id)).to).not.toBeNull();
  });

  it('does not let leads that everybody missed stand in the way of others', async () => {
    const members = await onShift(1);
    const queueId = await robin(members, { offerSeconds: 5 });
    for (let i = 0; i < 3; i += 1) await makeLead(house, { queueId, endpointId, priority: 1 });
    await later(0);
    await later(5);
    const fresh = await makeLead(house, { queueId, endpointId });
    await later(6);
    expect((await offerOf(fresh.id)).to).toBe(members[0]!.userId);
  });

  it('calls seniors and head exactly once, from however many replicas', async () => {
    const queueId = await makeQueue(house);
    const past = new Date(now - 1000);
    const leads = [];
    for (let i = 0; i < 5; i += 1)
      leads.push(await makeLead(house, { queueId, endpointId, seniorAt: past, headAt: new Date(now + 5000) }));
    const replicas = [house.sql, house.pool(4), house.pool(4)];
    for (const seconds of [0, 1, 6, 7])
      await Promise.all(replicas.flatMap((sql) => [0, 1].map(() => tick(sql, now + seconds * 1000))));
    for (const lead of leads) {
      const told = await house.sql<{ to: string }[]>`
        select data ->> 'to' as to from lead_events where lead_id = ${lead.id} and kind = 'escalated' order by id`;
      expect(told.map((one) => one.to)).toEqual(['seniors', 'head']);
    }
  });

  it('offers each lead to one person when replicas tick at once while people claim', async () => {
    const members = await onShift(4);
    const queueId = await robin(members, { offerSeconds: 5 });
    const leads = [];
    for (let i = 0; i < 12; i += 1) leads.push(await makeLead(house, { queueId, endpointId }));
    const replicas = [house.sql, house.pool(4), house.pool(4)];
    await Promise.all([
      ...Array.from({ length: 12 }, (_, i) => tick(replicas[i % 3]!, now + Math.floor(i / 3) * 5000)),
      ...leads.map((lead, i) => claim(replicas[i % 3]!, members[i % 4]!, lead.id)),
    ]);
    for (const lead of leads) {
      const kinds = await historyOf(house, lead.id);
      // An offer ends before the next one begins.
      const turns = kinds.filter((kind) => kind === 'offered' || kind === 'offer_missed');
      for (const [index, kind] of turns.entries()) expect(kind).toBe(index % 2 === 0 ? 'offered' : 'offer_missed');
      expect(kinds.filter((kind) => kind === 'claimed').length).toBeLessThanOrEqual(1);
    }
  });
});
