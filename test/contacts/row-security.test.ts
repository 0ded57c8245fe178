/** What each role gets out of the database, asked with plain SQL: the policies alone, without our code in front. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Actor, asActor } from '../../src/access/actor.ts';
import { type House, keyActor, type MadeLead, makeLead, makeQueue, makeUser, openHouse } from '../setup/fixtures.ts';

let house: House;
let people: Record<
  'admin' | 'head' | 'auditor' | 'first' | 'senior' | 'stranger' | 'owner',
  Actor & { userId: string }
>;
let leads: Record<'waiting' | 'ripe' | 'offered' | 'expired' | 'owned' | 'closed' | 'closedWaiting', MadeLead>;

const PERSONAL = ['contacts', 'contact_keys', 'identities', 'messages', 'attachments'] as const;
const CLOSED_TO_APP = [
  'deliveries',
  'outcomes',
  'pending',
  'sessions',
  'api_keys',
  'vault_keys',
  'rate_counters',
] as const;

beforeAll(async () => {
  house = await openHouse();
  const make = (role: Actor['role'] = 'manager') => makeUser(house, { role });
  people = {
    admin: await make('admin'),
    head: await make('head'),
    auditor: await make('auditor'),
    first: await make(),
    senior: await make(),
    stranger: await make(),
    owner: await make(),
  };
  const queueId = await makeQueue(house, {
    members: [people.first, people.owner, { userId: people.senior.userId, line: 'senior' }],
  });
  const [past, future] = [new Date(Date.now() - 60_000), new Date(Date.now() + 600_000)];
  const file = { name: 'a.txt', mediaType: 'text/plain', bytes: Buffer.from('a') };
  let made = 0;
  const lead = (more: object) => {
    made += 1;
    return makeLead(house, { queueId, file, name: 'Anna', phone: `+7999000000${made}`, ...more });
  };
  leads = {
    waiting: await lead({ seniorAt: future }),
    ripe: await lead({ seniorAt: past }),
    offered: await lead({ offeredTo: people.first.userId, offerUntil: future }),
    expired: await lead({ offeredTo: people.first.userId, offerUntil: past }),
    owned: await lead({ ownerId: people.owner.userId }),
    closed: await lead({ ownerId: people.owner.userId, closed: true }),
    closedWaiting: await lead({ closed: true }),
  };
});
afterAll(() => house.close());

async function leadsSeen(actor: Actor): Promise<string[]> {
  const rows = await asActor(house.sql, actor, (tx) => tx<{ id: string }[]>`select id from leads`);
  const names = new Map(Object.entries(leads).map(([name, { id }]) => [id, name]));
  return rows.map((row) => names.get(row.id) ?? row.id).sort();
}

async function contactsSeen(actor: Actor, table: string): Promise<string[]> {
  const column = table === 'contacts' ? 'id' : 'contact_id';
  const rows = await asActor(
    house.sql,
    actor,
    (tx) => tx<{ id: string }[]>`select distinct ${tx(column)} as id from ${tx(table)}`,
  );
  const names = new Map(Object.entries(leads).map(([name, { contactId }]) => [contactId, name]));
  return rows.map((row) => names.get(row.id) ?? row.id).sort();
}

describe('leads', () => {
  it.each([
    ['first', ['expired', 'offered', 'ripe', 'waiting']],
    ['senior', ['ripe']],
    ['stranger', []],
    ['owner', ['closed', 'expired', 'owned', 'ripe', 'waiting']],
  ] as const)('%s sees %j', async (who, seen) => expect(await leadsSeen(people[who])).toEqual(seen));

  it.each(['admin', 'head', 'auditor'] as const)('%s sees all', async (who) => {
    expect(await leadsSeen(people[who])).toHaveLength(7);
  });

  it('reaches whom it is offered to, whatever queue it waits in', async () => {
    const own = await makeUser(house);
    const queueId = await makeQueue(house);
    const lead = await makeLead(house, { queueId, offeredTo: own.userId, offerUntil: new Date(Date.now() + 600_000) });
    expect(await leadsSeen(own)).toEqual([lead.id]);
    const past = new Date(Date.now() - 1000);
    await makeLead(house, { queueId, offeredTo: own.userId, offerUntil: past });
    expect(await leadsSeen(own)).toEqual([lead.id]);
    await house.sql`update leads set closed_at = now() where queue_id = ${queueId}`;
  });
});

describe.each(PERSONAL)('%s', (table) => {
  it('belongs to those who own a lead of the contact, and to head and admin', async () => {
    expect(await contactsSeen(people.owner, table)).toEqual(['closed', 'owned']);
    expect(await contactsSeen(people.first, table)).toEqual([]);
    expect(await contactsSeen(people.senior, table)).toEqual([]);
    expect(await contactsSeen(people.auditor, table)).toEqual([]);
    expect((await contactsSeen(people.head, table)).length).toBeGreaterThanOrEqual(7);
    expect((await contactsSeen(keyActor('admin'), table)).length).toBeGreaterThanOrEqual(7);
    expect(await contactsSeen(keyActor('auditor'), table)).toEqual([]);
  });

  it('is empty when nobody said who is asking', async () => {
    const [row] = await house.sql.begin(async (tx) => {
      await tx`select set_config('role', 'inlet_app', true)`;
      return tx<{ count: number }[]>`select count(*)::integer as count from ${tx(table)}`;
    });
    expect(row).toEqual({ count: 0 });
  });
});

it('shows no leads and no history when nobody said who is asking, also after somebody did', async () => {
  const pool = house.pool(1);
  await asActor(pool, people.head, (tx) => tx`select from leads`);
  for (const table of ['leads', 'lead_events', 'audit_log', 'duplicate_suspicions', 'consents']) {
    const [row] = await pool.begin(async (tx) => {
      await tx`select set_config('role', 'inlet_app', true)`;
      return tx<{ count: number }[]>`select count(*)::integer as count from ${tx(table)}`;
    });
    expect(row).toEqual({ count: 0 });
  }
});

it('asks as the person from the very first statement on', async () => {
  const first = await asActor(house.sql, people.stranger, async (tx) => {
    const [row] = await tx<{ who: string; person: string }[]>`select current_user as who, inlet_user() as person`;
    return row;
  });
  expect(first).toEqual({ who: 'inlet_app', person: people.stranger.userId });
});

it.each(CLOSED_TO_APP)('keeps %s from everybody who signs in', async (table) => {
  await expect(asActor(house.sql, people.admin, (tx) => tx`select from ${tx(table)}`)).rejects.toMatchObject({
    code: '42501',
  });
});

it('lets a manager write no history of others, no lead of others, and take nothing away', async () => {
  const { first, owner } = people;
  const forged = asActor(
    house.sql,
    first,
    (tx) =>
      tx`insert into lead_events (lead_id, actor_id, kind) values (${leads.ripe.id}, ${owner.userId}, 'claimed')`,
  );
  await expect(forged).rejects.toMatchObject({ code: '42501' });
  const stolen = await asActor(
    house.sql,
    first,
    (tx) => tx`update leads set owner_id = ${first.userId}, claimed_at = now() where id = ${leads.owned.id}`,
  );
  expect(stolen.count).toBe(0);
  const given = asActor(
    house.sql,
    first,
    (tx) => tx`update leads set owner_id = ${owner.userId}, claimed_at = now() where id = ${leads.ripe.id}`,
  );
  await expect(given).rejects.toMatchObject({ code: '42501' });
  for (const statement of [
    'delete from leads',
    'delete from messages',
    'update messages set body = body',
    'delete from lead_events',
  ])
    await expect(asActor(house.sql, people.admin, (tx) => tx.unsafe(statement))).rejects.toMatchObject({
      code: '42501',
    });
});

it('keeps history and raw deliveries from being rewritten by the house itself', async () => {
  for (const statement of [
    'delete from lead_events',
    'update lead_events set kind = kind',
    'delete from deliveries',
    'delete from messages',
  ])
    await expect(house.sql.unsafe(statement)).rejects.toMatchObject({ code: '42501' });
});
