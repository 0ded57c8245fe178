import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Actor } from '../../src/access/actor.ts';
import { leadDetail, leadPage, lead as leadShape } from '../../src/http/shapes.ts';
import { type LeadQuery, listLeads } from '../../src/leads/read.ts';
import { readLead } from '../../src/leads/timeline.ts';
import { NO_CALLS } from '../../src/replies/call-ways.ts';
import { claim } from '../../src/routing/claim.ts';
import { type House, keyActor, makeEndpoint, makeLead, makeQueue, makeUser, openHouse } from '../setup/fixtures.ts';
import { withoutIds } from '../setup/without-ids.ts';

let house: House;
let endpointId: string;
beforeAll(async () => {
  house = await openHouse();
  endpointId = await makeEndpoint(house, 'Landing');
});
afterAll(() => house.close());

const ask = (actor: Actor, query: Partial<LeadQuery> = {}) =>
  listLeads(house, actor, { status: 'waiting', limit: 50, ...query });
const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);

describe('listLeads', () => {
  it('sorts the waiting by urgency, then by age, and turns pages without loss when leads go meanwhile', async () => {
    const one = await makeUser(house);
    const queueId = await makeQueue(house, { members: [one] });
    const made: { id: string }[] = [];
    for (const [priority, minutes] of [
      [0, 1],
      [1, 1],
      [0, 9],
      [-1, 60],
      [1, 5],
      [0, 4],
    ] as const)
      made.push(await makeLead(house, { queueId, endpointId, priority, openedAt: minutesAgo(minutes) }));
    const wanted = [4, 1, 2, 5, 0, 3].map((index) => made[index]!.id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await ask(one, { queue: queueId, limit: 2, cursor });
      expect(leadPage.parse(page).total).toBeGreaterThan(0);
      seen.push(...page.leads.map((lead) => lead.id));
      cursor = page.nextCursor ?? undefined;
      // The very lead that the cursor stands on is taken.
      if (seen.length === 2) await claim(house.sql, one, seen[1]!);
    } while (cursor !== undefined);
    expect(seen).toEqual(wanted);
  });

  it('knows every status', async () => {
    const [one, two] = [await makeUser(house), await makeUser(house)];
    const head = await makeUser(house, { role: 'head' });
    const queueId = await makeQueue(house, { members: [one, two] });
    const lead = (more: object) => makeLead(house, { queueId, endpointId, ...more });
    const waiting = await lead({});
    const mine = await lead({ ownerId: one.userId });
    const theirs = await lead({ ownerId: two.userId });
    const myClosed = await lead({ ownerId: one.userId, closed: true });
    const theirClosed = await lead({ ownerId: two.userId, closed: true });
    const ids = async (actor: Actor, status: LeadQuery['status']) =>
      (await ask(actor, { status, queue: queueId })).leads.map((one) => one.id);
    expect(await ids(one, 'waiting')).toEqual([waiting.id]);
    expect(await ids(one, 'mine')).toEqual([mine.id]);
    expect(await ids(one, 'claimed')).toEqual([mine.id]);
    expect(await ids(one, 'open')).toEqual([mine.id, waiting.id]);
    expect(await ids(one, 'closed')).toEqual([myClosed.id]);
    expect(await ids(one, 'all')).toEqual([myClosed.id, mine.id, waiting.id]);
    expect(await ids(head, 'claimed')).toEqual([theirs.id, mine.id]);
    expect(await ids(head, 'closed')).toEqual([theirClosed.id, myClosed.id]);
    expect(await ids(head, 'mine')).toEqual([]);
    expect(await ids(keyActor(), 'mine')).toEqual([]);
    expect(await ids(await makeUser(house), 'all')).toEqual([]);
    expect((await ask(head, { status: 'all', queue: queueId, stage: 'lost' })).leads).toHaveLength(2);
    expect((await ask(head, { status: 'all', queue: queueId })).total).toBe(5);
  });

  it('shows people masked, and only to those who may see them', async () => {
    const one = await makeUser(house);
    const queueId = await makeQueue(house, { members: [one] });
    const person = { name: 'Anna 89991110000', phone: '+7 999 111-22-33', email: 'anna@example.com' };
    const lead = await makeLead(house, { queueId, endpointId, ...person });
    const contactOf = async (actor: Actor, status: LeadQuery['status'] = 'all') =>
      (await ask(actor, { status, queue: queueId })).leads[0]?.contact;
    const masked = {
      id: lead.contactId,
      name: 'Anna +7 ••• •••-••-00',
      phone: '+7 ••• •••-••-33',
      email: 'a•••@example.com',
    };
    expect(await contactOf(one)).toBeNull();
    expect(await contactOf(await makeUser(house, { role: 'auditor' }))).toBeNull();
    expect(await contactOf(await makeUser(house, { role: 'head' }))).toEqual(masked);
    await claim(house.sql, one, lead.id);
    expect(await contactOf(one)).toEqual(masked);
    const whole = withoutIds(JSON.stringify(await ask(one, { status: 'mine' })));
    for (const secret of ['111', '8999', 'anna@']) expect(whole).not.toContain(secret);
  });

  it('shows an erased contact as nobody', async () => {
    const head = await makeUser(house, { role: 'head' });
    const queueId = await makeQueue(house);
    const lead = await makeLead(house, { queueId, endpointId, name: 'Anna', phone: '+79991112244' });
    await house.sql`delete from contact_keys where contact_id = ${lead.contactId}`;
    const [shown] = (await ask(head, { queue: queueId })).leads;
    expect(shown?.contact).toEqual({ id: lead.contactId, name: null, phone: null, email: null });
    const detail = await readLead(house, head, lead.id);
    expect(detail?.timeline.filter((item) => item.type === 'message')).toEqual([]);
  });

  it('refuses a cursor that is not its own', async () => {
    const one = await makeUser(house);
    for (const cursor of ['', 'x', Buffer.from("0|2026-01-01' or 1=1|x").toString('base64url')])
      await expect(ask(one, { cursor })).rejects.toMatchObject({ status: 422 });
  });

  it('asks the database as often for many leads as for one', async () => {
    const head = await makeUser(house, { role: 'head' });
    const queueId = await makeQueue(house);
    const count = async (): Promise<number> => {
      let statements = 0;
      const begin = house.sql.begin.bind(house.sql) as unknown as (work: (tx: never) => unknown) => Promise<unknown>;
      const counted = Object.assign(() => undefined, {
        begin: (work: (tx: unknown) => unknown) =>
          begin((tx: never) =>
            work(
              new Proxy(tx, {
                apply: (target: (...args: unknown[]) => unknown, self, args: unknown[]) => {
                  statements += 1;
                  return Reflect.apply(target, self, args);
                },
              }),
            ),
          ),
      });
      await listLeads({ sql: counted as never, vault: house.vault }, head, {
        status: 'waiting',
        limit: 200,
        queue: queueId,
      });
      return statements;
    };
    await makeLead(house, { queueId, endpointId, phone: '+79995550000' });
    const forOne = await count();
    for (let i = 1; i < 8; i += 1) await makeLead(house, { queueId, endpointId, phone: `+7999555000${i}` });
    expect(await count()).toBe(forOne);
  });
});

describe('readLead', () => {
  it('opens for its owner with a masked timeline, oldest first', async () => {
    const one = await makeUser(house, { name: 'Olga' });
    const queueId = await makeQueue(house, { members: [one] });
    const lead = await makeLead(house, {
      queueId,
      endpointId,
      openedAt: minutesAgo(3),
      name: 'Anna',
      phone: '+79993334455',
      text: 'Call 8 999 333 44 55 or write to anna@example.com',
      fields: [
        { name: 'Phone', value: '8 999 333 44 55', kind: 'phone' },
        { name: 'Comment', value: 'my second is 89993330000', kind: 'text' },
      ],
      source: { page: 'https://shop.test/?tel=89993334455', utm: { source: 'vk' } },
      file: { name: 'order 89993334455.pdf', mediaType: 'application/pdf', bytes: Buffer.from('%PDF') },
    });
    await claim(house.sql, one, lead.id);
    const desk = { ways: [], draft: null, calls: NO_CALLS }; // the HTTP layer adds how to answer
    const detail = leadDetail.parse({ ...(await readLead(house, one, lead.id)), ...desk });
    expect(detail.timeline.map((item) => item.kind)).toEqual(['form', 'opened', 'claimed']);
    const [message] = detail.timeline;
    expect(message).toMatchObject({
      type: 'message',
      text: 'Call +7 ••• •••-••-55 or write to a•••@example.com',
      fields: [
        { name: 'Phone', value: '+7 ••• •••-••-55', kind: 'phone' },
        { name: 'Comment', value: 'my second is +7 ••• •••-••-00', kind: 'text' },
      ],
      source: { page: 'https://shop.test/?tel=+7 ••• •••-••-55', utm: { source: 'vk' } },
      endpoint: { id: endpointId, name: 'Landing' },
      attachments: [{ name: 'order +7 ••• •••-••-55.pdf', mediaType: 'application/pdf', size: 4 }],
    });
    expect(detail).toMatchObject({ mayClaim: false, mayChange: true, suspects: 0, because: { rule: null } });
    expect(detail.timeline[2]).toMatchObject({ actor: { id: one.userId, name: 'Olga' } });
    expect(withoutIds(JSON.stringify(detail))).not.toMatch(/3334455|333 44 55|anna@/);
  });

  it('tells what may be done before and without the claim', async () => {
    const [one, auditor] = [await makeUser(house), await makeUser(house, { role: 'auditor' })];
    const head = await makeUser(house, { role: 'head' });
    const queueId = await makeQueue(house, { members: [one] });
    const lead = await makeLead(house, { queueId, endpointId, name: 'Anna' });
    const before = await readLead(house, one, lead.id);
    expect(before).toMatchObject({ contact: null, mayClaim: true, mayChange: false });
    expect(before?.timeline.map((item) => item.type)).toEqual(['event']);
    expect(await readLead(house, auditor, lead.id)).toMatchObject({
      contact: null,
      mayClaim: false,
      mayChange: false,
    });
    expect(await readLead(house, head, lead.id)).toMatchObject({ mayClaim: true, mayChange: true });
    expect(await readLead(house, await makeUser(house), lead.id)).toBeUndefined();
    expect(leadShape.parse(before)).toBeTruthy();
  });

  it('shows the new owner what the contact wrote before, and the old owner only what is still theirs', async () => {
    const [one, two] = [await makeUser(house), await makeUser(house)];
    const queueId = await makeQueue(house, { members: [one, two] });
    const old = await makeLead(house, { queueId, endpointId, ownerId: one.userId, closed: true, text: 'first' });
    const fresh = await makeLead(house, { queueId, endpointId, contactId: old.contactId, text: 'second' });
    await claim(house.sql, two, fresh.id);
    const texts = async (actor: Actor, id: string) =>
      (await readLead(house, actor, id))?.timeline.flatMap((item) => (item.type === 'message' ? [item.text] : []));
    expect(await texts(two, fresh.id)).toEqual(['first', 'second']);
    expect(await readLead(house, two, old.id)).toBeUndefined();
    expect(await readLead(house, one, fresh.id)).toBeUndefined();
  });
});
