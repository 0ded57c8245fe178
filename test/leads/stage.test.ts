import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addNote, moveToQueue, setOwner, setStage } from '../../src/leads/stage.ts';
import { readLead } from '../../src/leads/timeline.ts';
import { type House, historyOf, keyActor, makeLead, makeQueue, makeUser, openHouse } from '../setup/fixtures.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

async function desk() {
  const [one, two] = [await makeUser(house), await makeUser(house)];
  const head = await makeUser(house, { role: 'head' });
  return { one, two, head, queueId: await makeQueue(house, { members: [one, two] }) };
}

async function rowOf(id: string) {
  const [row] = await house.sql<Record<string, unknown>[]>`select * from leads where id = ${id}`;
  return row!;
}

async function lastEvent(id: string) {
  const [row] = await house.sql<{ kind: string; data: Record<string, unknown>; actor_id: string }[]>`
    select kind, data, actor_id from lead_events where lead_id = ${id} order by id desc limit 1`;
  return row;
}

describe('setStage', () => {
  it('closes and opens again, with a history that holds no phone', async () => {
    const { one, queueId } = await desk();
    const lead = await makeLead(house, { queueId, ownerId: one.userId });
    await setStage(house.sql, one, lead.id, 'lost', 'wrong number 89991234567');
    expect(await rowOf(lead.id)).toMatchObject({ stage: 'lost', closed_at: expect.any(Date) });
    expect(await lastEvent(lead.id)).toEqual({
      kind: 'stage',
      data: { from: 'new_request', to: 'lost', reason: 'wrong number +7 ••• •••-••-67' },
      actor_id: one.userId,
    });
    const { closed_at } = await rowOf(lead.id);
    await setStage(house.sql, one, lead.id, 'won');
    expect(await rowOf(lead.id)).toMatchObject({ stage: 'won', closed_at });
    await setStage(house.sql, one, lead.id, 'in_progress');
    expect(await rowOf(lead.id)).toMatchObject({ stage: 'in_progress', closed_at: null, owner_id: one.userId });
    await setStage(house.sql, one, lead.id, 'in_progress');
    expect(await historyOf(house, lead.id)).toEqual(['opened', 'stage', 'stage', 'stage']);
  });

  it('opens no second lead of a contact, also not at the same moment', async () => {
    const { one, head, queueId } = await desk();
    const first = await makeLead(house, { queueId, ownerId: one.userId, closed: true });
    const second = await makeLead(house, { queueId, contactId: first.contactId, ownerId: one.userId });
    await expect(setStage(house.sql, one, first.id, 'in_progress')).rejects.toMatchObject({
      name: 'Conflict',
      leadId: second.id,
    });
    await setStage(house.sql, one, second.id, 'lost');
    const both = await Promise.allSettled([
      setStage(house.sql, one, first.id, 'in_progress'),
      setStage(house.sql, head, second.id, 'agreed'),
    ]);
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find((one) => one.status === 'rejected')).toMatchObject({ reason: { name: 'Conflict' } });
  });

  it('is for the holder, the head and the admin; unknown stages are refused', async () => {
    const { one, two, head, queueId } = await desk();
    const lead = await makeLead(house, { queueId });
    await expect(setStage(house.sql, one, lead.id, 'won')).rejects.toMatchObject({ status: 403 });
    await setOwner(house.sql, head, lead.id, one.userId);
    await expect(setStage(house.sql, two, lead.id, 'won')).rejects.toMatchObject({ status: 404 });
    await expect(setStage(house.sql, one, lead.id, 'nonsense')).rejects.toMatchObject({ status: 422 });
    const auditor = await makeUser(house, { role: 'auditor' });
    await expect(setStage(house.sql, auditor, lead.id, 'won')).rejects.toMatchObject({ status: 403 });
    await setStage(house.sql, keyActor(), lead.id, 'won');
  });
});

describe('setOwner', () => {
  it('hands lead and contact over, on record', async () => {
    const { one, two, head, queueId } = await desk();
    const lead = await makeLead(house, { queueId, ownerId: one.userId });
    await setOwner(house.sql, head, lead.id, two.userId);
    expect(await rowOf(lead.id)).toMatchObject({ owner_id: two.userId });
    const [contact] = await house.sql`select owner_id from contacts where id = ${lead.contactId}`;
    expect(contact).toEqual({ owner_id: two.userId });
    expect(await lastEvent(lead.id)).toMatchObject({ kind: 'owner', data: { from: one.userId, to: two.userId } });
    const [entry] = await house.sql`select actor, target from audit_log 
      where action = 'lead.owner_set' and target = ${`lead:${lead.id}`}`;
    expect(entry).toEqual({ actor: head.name, target: `lead:${lead.id}` });
    await setOwner(house.sql, head, lead.id, null);
    expect(await rowOf(lead.id)).toMatchObject({ owner_id: null, claimed_at: null });
  });

  it('is not a manager’s to do, and not to just anybody', async () => {
    const { one, two, head, queueId } = await desk();
    const lead = await makeLead(house, { queueId, ownerId: one.userId });
    await expect(setOwner(house.sql, one, lead.id, two.userId)).rejects.toMatchObject({ status: 403 });
    const auditor = await makeUser(house, { role: 'auditor' });
    const gone = await makeUser(house, { disabled: true });
    for (const { userId } of [auditor, gone])
      await expect(setOwner(house.sql, head, lead.id, userId)).rejects.toMatchObject({ status: 422 });
  });

  it('moves an old closed lead without taking the contact from whoever works with it now', async () => {
    const { one, two, head, queueId } = await desk();
    const old = await makeLead(house, { queueId, ownerId: one.userId, closed: true });
    await house.sql`update contacts set owner_id = ${two.userId} where id = ${old.contactId}`;
    await setOwner(house.sql, head, old.id, head.userId);
    const [contact] = await house.sql`select owner_id from contacts where id = ${old.contactId}`;
    expect(contact).toEqual({ owner_id: two.userId });
  });
});

describe('moveToQueue', () => {
  it('counts the wait for seniors anew, in the hours of the new queue', async () => {
    const { head, one, queueId } = await desk();
    const other = await makeQueue(house, { seniorAfterSeconds: 600, headAfterSeconds: 1200 });
    const until = new Date(Date.now() + 60_000);
    const lead = await makeLead(house, { queueId, offeredTo: one.userId, offerUntil: until, headAt: until });
    const now = Date.UTC(2026, 0, 15, 12);
    await moveToQueue(house.sql, head, lead.id, other, now);
    expect(await rowOf(lead.id)).toMatchObject({
      queue_id: other,
      offered_to: null,
      senior_at: new Date(now + 600_000),
      head_at: new Date(now + 1_200_000),
    });
    expect(await lastEvent(lead.id)).toMatchObject({ kind: 'queue', data: { from: queueId, to: other } });
    await expect(moveToQueue(house.sql, head, lead.id, head.userId, now)).rejects.toMatchObject({ status: 422 });
  });

  it('lets a manager move what they hold, and they keep it', async () => {
    const { one, queueId } = await desk();
    const other = await makeQueue(house);
    const lead = await makeLead(house, { queueId, ownerId: one.userId });
    await moveToQueue(house.sql, one, lead.id, other, Date.now());
    expect(await rowOf(lead.id)).toMatchObject({ queue_id: other, owner_id: one.userId });
  });
});

describe('addNote', () => {
  it('is sealed, and shows in the timeline', async () => {
    const { one, queueId } = await desk();
    const lead = await makeLead(house, { queueId, ownerId: one.userId, openedAt: new Date(Date.now() - 1000) });
    await addNote(house, one, lead.id, 'wants blue, not green');
    const [row] = await house.sql<{ body: Buffer }[]>`
      select body from messages where lead_id = ${lead.id} and kind = 'note'`;
    expect(Buffer.from(row!.body).toString('latin1')).not.toContain('blue');
    const detail = await readLead(house, one, lead.id);
    expect(detail?.timeline.find((item) => item.type === 'message' && item.kind === 'note')).toMatchObject({
      text: 'wants blue, not green',
      direction: 'internal',
      author: { id: one.userId },
    });
    expect(detail?.messages).toBe(1);
  });

  it('waits for the claim, and for a contact that still exists', async () => {
    const { one, head, queueId } = await desk();
    const lead = await makeLead(house, { queueId });
    await expect(addNote(house, one, lead.id, 'hi')).rejects.toMatchObject({ status: 403 });
    await house.sql`delete from contact_keys where contact_id = ${lead.contactId}`;
    await expect(addNote(house, head, lead.id, 'hi')).rejects.toMatchObject({ name: 'Conflict' });
  });
});
