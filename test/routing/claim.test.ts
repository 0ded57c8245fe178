import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Actor } from '../../src/access/actor.ts';
import { claim, release } from '../../src/routing/claim.ts';
import {
  type House,
  historyOf,
  keyActor,
  makeEndpoint,
  makeLead,
  makeQueue,
  makeUser,
  openHouse,
} from '../setup/fixtures.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const soon = (): Date => new Date(Date.now() + 600_000);
const gone = (): Date => new Date(Date.now() - 1000);

async function desk(count = 2) {
  const managers = await Promise.all(Array.from({ length: count }, () => makeUser(house)));
  const queueId = await makeQueue(house, { members: managers });
  return { managers, queueId, one: managers[0]!, two: managers[1]! };
}

async function rowOf(leadId: string) {
  const [row] = await house.sql<
    { owner: string | null; contactOwner: string | null; offered: string | null; claimed: Date | null }[]
  >`select l.owner_id as owner, c.owner_id as "contactOwner", l.offered_to as offered, l.claimed_at as claimed
    from leads l join contacts c on c.id = l.contact_id where l.id = ${leadId}`;
  return row!;
}

describe('claim', () => {
  it('gives the lead and its contact to the one who asks, and writes it down', async () => {
    const { one, queueId } = await desk();
    const lead = await makeLead(house, { queueId });
    const result = await claim(house.sql, one, lead.id);
    expect(result.kind).toBe('claimed');
    expect(await rowOf(lead.id)).toMatchObject({ owner: one.userId, contactOwner: one.userId });
    expect(await historyOf(house, lead.id)).toEqual(['opened', 'claimed']);
  });

  it('is harmless when asked again', async () => {
    const { one, queueId } = await desk();
    const lead = await makeLead(house, { queueId });
    const first = await claim(house.sql, one, lead.id);
    const second = await claim(house.sql, one, lead.id);
    expect(second).toEqual({ kind: 'mine', since: first.kind === 'claimed' && first.since });
    expect(await historyOf(house, lead.id)).toEqual(['opened', 'claimed']);
  });

  it('tells the loser of the same line who has it since when, and a stranger nothing', async () => {
    const { one, two, queueId } = await desk();
    const stranger = await makeUser(house);
    const lead = await makeLead(house, { queueId });
    await claim(house.sql, one, lead.id);
    const [{ name } = { name: '' }] = await house.sql<{ name: string }[]>`
      select name from users where id = ${one.userId}`;
    const { claimed } = await rowOf(lead.id);
    expect(await claim(house.sql, two, lead.id)).toEqual({
      kind: 'held',
      by: { id: one.userId, name },
      since: claimed,
    });
    expect(await claim(house.sql, stranger, lead.id)).toEqual({ kind: 'invisible' });
    expect(await claim(house.sql, one, '00000000-0000-7000-8000-000000000000')).toEqual({ kind: 'invisible' });
  });

  it('does not let a senior take what has not waited long enough', async () => {
    const senior = await makeUser(house);
    const queueId = await makeQueue(house, { members: [{ userId: senior.userId, line: 'senior' }] });
    const early = await makeLead(house, { queueId, seniorAt: soon() });
    const late = await makeLead(house, { queueId, seniorAt: gone() });
    expect((await claim(house.sql, senior, early.id)).kind).toBe('invisible');
    expect((await claim(house.sql, senior, late.id)).kind).toBe('claimed');
  });

  it('keeps an offered lead for whom it is offered to, and for the head', async () => {
    const { one, two, queueId } = await desk();
    const offer = { queueId, offeredTo: one.userId, offerUntil: soon() };
    const lead = await makeLead(house, offer);
    expect(await claim(house.sql, two, lead.id)).toMatchObject({ kind: 'offered', to: { id: one.userId } });
    expect((await claim(house.sql, one, lead.id)).kind).toBe('claimed');
    expect(await rowOf(lead.id)).toMatchObject({ owner: one.userId, offered: null });
    const other = await makeLead(house, offer);
    const head = await makeUser(house, { role: 'head' });
    expect((await claim(house.sql, head, other.id)).kind).toBe('claimed');
    const expired = await makeLead(house, { queueId, offeredTo: one.userId, offerUntil: gone() });
    expect((await claim(house.sql, two, expired.id)).kind).toBe('claimed');
  });

  it('does not open closed leads', async () => {
    const { one, queueId } = await desk();
    const lead = await makeLead(house, { queueId, closed: true });
    expect((await claim(house.sql, one, lead.id)).kind).toBe('closed');
  });

  it('claims for somebody with a key that belongs to nobody, and only then', async () => {
    const { one, two, queueId } = await desk();
    const lead = await makeLead(house, { queueId });
    const key = keyActor();
    await expect(claim(house.sql, key, lead.id)).rejects.toMatchObject({ status: 422 });
    await expect(claim(house.sql, one, lead.id, two.userId)).rejects.toMatchObject({ status: 403 });
    const auditor = await makeUser(house, { role: 'auditor' });
    await expect(claim(house.sql, key, lead.id, auditor.userId)).rejects.toMatchObject({ status: 422 });
    await expect(claim(house.sql, auditor, lead.id)).rejects.toMatchObject({ status: 403 });
    expect((await claim(house.sql, key, lead.id, one.userId)).kind).toBe('claimed');
    expect(await rowOf(lead.id)).toMatchObject({ owner: one.userId, contactOwner: one.userId });
  });

  it('has one winner a lead, and no lead left, whoever asks from wherever at once', async () => {
    const pools = [house.pool(8), house.pool(8)];
    const { managers, queueId } = await desk(12);
    const endpointId = await makeEndpoint(house);
    const leads = await Promise.all(Array.from({ length: 40 }, () => makeLead(house, { queueId, endpointId })));
    const results = await Promise.all(
      leads.flatMap((lead, l) =>
        managers.map(async (manager, m) => ({
          lead: lead.id,
          manager: manager.userId,
          result: await claim(pools[(l + m) % 2]!, manager, lead.id),
        })),
      ),
    );
    for (const lead of leads) {
      const winners = results.filter((one) => one.lead === lead.id && one.result.kind === 'claimed');
      expect(winners).toHaveLength(1);
      const losers = results.filter((one) => one.lead === lead.id && one.result.kind !== 'claimed');
      for (const { result } of losers) expect(result).toMatchObject({ kind: 'held', by: { id: winners[0]!.manager } });
      expect(await rowOf(lead.id)).toMatchObject({ owner: winners[0]!.manager, contactOwner: winners[0]!.manager });
      expect(await historyOf(house, lead.id)).toEqual(['opened', 'claimed']);
    }
  });

  it('never leaves a lead alone while claims and releases cross', async () => {
    const pool = house.pool(8);
    const { managers, queueId } = await desk(6);
    const lead = await makeLead(house, { queueId });
    let claimed = 0;
    await Promise.all(
      managers.map(async (manager: Actor) => {
        for (let round = 0; round < 15; round += 1) {
          const result = await claim(pool, manager, lead.id);
          expect(['claimed', 'held']).toContain(result.kind);
          if (result.kind !== 'claimed') continue;
          claimed += 1;
          await release(pool, manager, lead.id);
        }
      }),
    );
    const kinds = (await historyOf(house, lead.id)).slice(1);
    expect(kinds).toHaveLength(claimed * 2);
    // Strictly in turn: nobody ever claimed what another one held.
    for (const [index, kind] of kinds.entries()) expect(kind).toBe(index % 2 === 0 ? 'claimed' : 'released');
  });
});

describe('release', () => {
  it('puts the lead back with its age, even out of sight of the one who releases it', async () => {
    const { one, queueId } = await desk();
    const openedAt = new Date(Date.now() - 3_600_000);
    const lead = await makeLead(house, { queueId, openedAt, ownerId: one.userId });
    await house.sql`delete from queue_members where user_id = ${one.userId}`;
    await release(house.sql, one, lead.id);
    expect(await rowOf(lead.id)).toMatchObject({ owner: null, contactOwner: null, claimed: null });
    expect(await historyOf(house, lead.id)).toEqual(['opened', 'released']);
    await expect(release(house.sql, one, lead.id)).rejects.toMatchObject({ status: 404 });
  });

  it('is the holder’s or the head’s to do', async () => {
    const { one, two, queueId } = await desk();
    const lead = await makeLead(house, { queueId, ownerId: one.userId });
    await expect(release(house.sql, two, lead.id)).rejects.toMatchObject({ status: 404 });
    const auditor = await makeUser(house, { role: 'auditor' });
    await expect(release(house.sql, auditor, lead.id)).rejects.toMatchObject({ status: 403 });
    await release(house.sql, await makeUser(house, { role: 'head' }), lead.id);
    expect((await rowOf(lead.id)).owner).toBeNull();
  });
});
