import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leadDetail, leadPage, lead as leadShape, recentClaims, timelineItem } from '../../src/http/shapes.ts';
import { addMember, makeLead, makeQueue } from '../setup/fixtures.ts';
import { withoutIds } from '../setup/without-ids.ts';
import { type House, openHouse } from './house.ts';

let house: House;
type Who = Awaited<ReturnType<House['person']>>;
let [one, two, head, auditor]: Who[] = [];
let queueId: string;
const store = () => ({ sql: house.deps.sql, vault: house.deps.vault });

beforeAll(async () => {
  house = await openHouse();
  one = await house.person('manager', 'olga');
  two = await house.person('manager', 'pavel');
  head = await house.person('head');
  auditor = await house.person('auditor');
  queueId = await makeQueue(store(), { members: [{ userId: one.id }, { userId: two.id }] });
});
afterAll(() => house.close());

const ask = (who: Who | undefined, method: string, path: string, body?: unknown) =>
  house.ask(method, path, { as: who?.token, ...(body === undefined ? {} : { body }) });
const read = async (response: Response): Promise<Record<string, unknown>> =>
  (await response.json()) as Record<string, unknown>;

describe('GET /leads', () => {
  it('lists, pages and refuses what it does not know', async () => {
    const queue = await makeQueue(store(), { members: [{ userId: one!.id }] });
    for (let i = 0; i < 3; i += 1) await makeLead(store(), { queueId: queue });
    const first = leadPage.parse(await read(await ask(one, 'GET', `leads?queue=${queue}&limit=2`)));
    expect(first).toMatchObject({ total: 3, leads: [{ contact: null }, { contact: null }] });
    const second = leadPage.parse(
      await read(await ask(one, 'GET', `leads?queue=${queue}&limit=2&cursor=${first.nextCursor}`)),
    );
    expect(second).toMatchObject({ nextCursor: null, leads: [{}] });
    for (const query of ['status=nonsense', 'limit=0', 'limit=1000', 'queue=1'])
      expect((await ask(one, 'GET', `leads?${query}`)).status).toBe(400);
    expect((await ask(one, 'GET', 'leads?cursor=x')).status).toBe(422);
    expect((await ask(undefined, 'GET', 'leads')).status).toBe(401);
  });
});

describe('claiming', () => {
  it('has one winner; the other one is told who and since when', async () => {
    const { id } = await makeLead(store(), { queueId, name: 'Anna', phone: '+79991234567' });
    const answers = await Promise.all([one, two].map((who) => ask(who, 'POST', `leads/${id}/claim`, {})));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200, 409]));
    const won = answers.find((answer) => answer.status === 200)!;
    const lost = answers.find((answer) => answer.status === 409)!;
    const lead = leadShape.parse(await won.json());
    expect(lead.contact).toMatchObject({ name: 'Anna', phone: '+7 ••• •••-••-67' });
    expect(lost.headers.get('content-type')).toBe('application/problem+json');
    expect(await lost.json()).toMatchObject({ status: 409, heldBy: lead.owner, since: lead.claimedAt });
    const winner = lead.owner?.id === one!.id ? one : two;
    expect((await ask(winner, 'POST', `leads/${id}/claim`)).status).toBe(200);
  });

  it('is 404 out of sight, 403 for the auditor, 409 when closed or offered to somebody else', async () => {
    const elsewhere = await makeLead(store(), { queueId: await makeQueue(store()) });
    const closed = await makeLead(store(), { queueId, closed: true });
    const offerUntil = new Date(Date.now() + 60_000);
    const offered = await makeLead(store(), { queueId, offeredTo: two!.id, offerUntil });
    expect((await ask(one, 'POST', `leads/${elsewhere.id}/claim`, {})).status).toBe(404);
    expect((await ask(one, 'POST', 'leads/not-an-id/claim', {})).status).toBe(404);
    expect((await ask(auditor, 'POST', `leads/${elsewhere.id}/claim`, {})).status).toBe(403);
    expect((await ask(one, 'POST', `leads/${closed.id}/claim`, {})).status).toBe(409);
    const asked = await ask(one, 'POST', `leads/${offered.id}/claim`, {});
    expect(asked.status).toBe(409);
    expect(await asked.json()).toMatchObject({ offeredTo: { id: two!.id, name: 'pavel' } });
    expect((await ask(two, 'POST', `leads/${offered.id}/claim`, {})).status).toBe(200);
  });
});

describe('changing', () => {
  it('releases: 200 while it is in sight, 204 when it is not', async () => {
    const lead = await makeLead(store(), { queueId, ownerId: one!.id });
    const answer = await ask(one, 'POST', `leads/${lead.id}/release`, {});
    expect(answer.status).toBe(200);
    expect(leadShape.parse(await answer.json())).toMatchObject({ owner: null, contact: null });
    const far = await makeLead(store(), { queueId: await makeQueue(store()), ownerId: one!.id });
    expect((await ask(one, 'POST', `leads/${far.id}/release`)).status).toBe(204);
    expect((await ask(one, 'GET', `leads/${far.id}`)).status).toBe(404);
  });

  it('moves through stages, and names the other open lead', async () => {
    const old = await makeLead(store(), { queueId, ownerId: one!.id, closed: true });
    const open = await makeLead(store(), { queueId, contactId: old.contactId, ownerId: one!.id });
    const refused = await ask(one, 'PUT', `leads/${old.id}/stage`, { stage: 'in_progress' });
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ lead: open.id });
    const won = await ask(one, 'PUT', `leads/${open.id}/stage`, { stage: 'won', reason: 'paid' });
    expect(leadShape.parse(await won.json())).toMatchObject({ stage: 'won', closedAt: expect.any(String) });
    expect((await ask(one, 'PUT', `leads/${open.id}/stage`, { stage: 'nonsense' })).status).toBe(422);
    expect((await ask(one, 'PUT', `leads/${open.id}/stage`, {})).status).toBe(422);
  });

  it('hands over for the head only', async () => {
    const lead = await makeLead(store(), { queueId, ownerId: one!.id });
    const body = { userId: two!.id };
    expect((await ask(one, 'PUT', `leads/${lead.id}/owner`, body)).status).toBe(403);
    const given = await ask(head, 'PUT', `leads/${lead.id}/owner`, body);
    expect(leadShape.parse(await given.json()).owner).toEqual({ id: two!.id, name: 'pavel' });
    expect((await ask(one, 'GET', `leads/${lead.id}`)).status).toBe(404);
  });

  it('moves to another queue', async () => {
    const other = await makeQueue(store(), { name: 'Service' });
    const lead = await makeLead(store(), { queueId });
    expect((await ask(one, 'PUT', `leads/${lead.id}/queue`, { queueId: other })).status).toBe(403);
    const moved = await ask(head, 'PUT', `leads/${lead.id}/queue`, { queueId: other });
    expect(leadShape.parse(await moved.json()).queue).toEqual({ id: other, name: 'Service' });
    expect((await ask(one, 'GET', `leads/${lead.id}`)).status).toBe(404);
    await addMember(store(), other, one!.id);
    expect((await ask(one, 'GET', `leads/${lead.id}`)).status).toBe(200);
  });

  it('takes notes, and shows them', async () => {
    const lead = await makeLead(store(), { queueId, ownerId: one!.id });
    const made = await ask(one, 'POST', `leads/${lead.id}/notes`, { text: ' call tomorrow ' });
    expect(made.status).toBe(201);
    const note = timelineItem.parse(await made.json());
    expect(note).toMatchObject({ kind: 'note', text: 'call tomorrow', author: { id: one!.id, name: 'olga' } });
    const detail = leadDetail.parse(await read(await ask(one, 'GET', `leads/${lead.id}`)));
    expect(detail.timeline).toContainEqual(note);
    expect((await ask(one, 'POST', `leads/${lead.id}/notes`, { text: ' ' })).status).toBe(422);
  });
});

describe('GET /claims', () => {
  it('tells everybody in the line who took it, and nobody else; nothing of the client', async () => {
    const stranger = await house.person('manager', 'vera');
    const queue = await makeQueue(store(), { members: [{ userId: one!.id }, { userId: two!.id }] });
    const lead = await makeLead(store(), { queueId: queue, name: 'Galina', phone: '+7 999 000-11-22' });
    expect((await ask(one, 'POST', `leads/${lead.id}/claim`, {})).status).toBe(200);
    for (const who of [one, two, head, auditor]) {
      const text = await (await ask(who, 'GET', `claims?queue=${queue}`)).text();
      expect(recentClaims.parse(JSON.parse(text)).claims).toMatchObject([{ lead: lead.id, owner: { id: one!.id } }]);
      expect(withoutIds(text)).not.toMatch(/Galina|999/);
    }
    expect(await read(await ask(stranger, 'GET', `claims?queue=${queue}`))).toEqual({ claims: [] });
    expect((await ask(undefined, 'GET', 'claims')).status).toBe(401);
  });
});
