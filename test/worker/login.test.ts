/**
 * The login of docs/worker.md, without any start-up parameter: what it may do, and what a person's transaction may.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asActor, asSystem } from '../../src/access/actor.ts';
import { openDatabase, type Sql } from '../../src/db/open.ts';
import { type House, keyActor, makeLead, makeQueue, makeUser, openHouse } from '../setup/fixtures.ts';
import { dropLogin, makeLogin } from './house.ts';

const name = `inlet_edge_${randomBytes(4).toString('hex')}`;
let house: House;
let edge: Sql;
beforeAll(async () => {
  house = await openHouse();
  edge = openDatabase(await makeLogin(house.url, name), { max: 2, applicationName: 'edge', pooled: true });
});
afterAll(async () => {
  await edge.end();
  await house.close();
  await dropLogin(house.url, name);
});

test('it owns nothing, and the time limits of Node are its own', async () => {
  expect(
    await edge`select current_user as who, rolsuper, rolcreaterole, rolbypassrls,
      (select count(*)::int from pg_class where relowner = pg_roles.oid) as owned from pg_roles
      where rolname = current_user`,
  ).toEqual([{ who: name, rolsuper: false, rolcreaterole: false, rolbypassrls: false, owned: 0 }]);
  const settings = await edge`select name, setting from pg_settings
    where name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') order by name`;
  expect(settings.map((row) => row.setting)).toEqual(['30000', '10000', '30000']);
});

describe('row-level security', () => {
  let queueId: string;
  let leadId: string;
  let contactId: string;
  beforeAll(async () => {
    queueId = await makeQueue(house);
    ({ id: leadId, contactId } = await makeLead(house, { queueId, name: 'Anna', phone: '+79990000001' }));
  });

  test('plain statements have the rights of inlet_system, by inheritance', async () => {
    expect(await edge`select id from leads`).toEqual([{ id: leadId }]);
    expect(await edge`select id from contacts`).toEqual([{ id: contactId }]);
    await edge`insert into rate_counters (key, window_start, hits) values (gen_random_uuid(), now(), 1)`;
    expect(await asSystem(edge, (tx) => tx`select current_user as who`)).toEqual([{ who: 'inlet_system' }]);
  });

  test("a person's transaction sees what the person may see, and the next statement is the login again", async () => {
    const stranger = await makeUser(house);
    const member = await makeUser(house);
    await house.sql`insert into queue_members (queue_id, user_id) values (${queueId}, ${member.userId})`;
    const leads = (actor: Parameters<typeof asActor>[1]) => asActor(edge, actor, (tx) => tx`select id from leads`);
    expect(await leads(stranger)).toEqual([]);
    expect(await leads(member)).toEqual([{ id: leadId }]);
    expect(await leads(keyActor('head'))).toEqual([{ id: leadId }]);
    // The lead is not theirs yet: whose it is stays closed, and so does what nobody but the house may read.
    expect(await asActor(edge, member, (tx) => tx`select id from contacts`)).toEqual([]);
    const raw = asActor(edge, member, (tx) => tx`select * from deliveries`);
    await expect(raw).rejects.toMatchObject({ code: '42501' });
    expect(await edge`select current_user as who, current_setting('inlet.role', true) as role`).toEqual([
      { who: name, role: '' },
    ]);
  });

  test('history cannot be rewritten, and tables cannot be changed', async () => {
    const tries = [
      edge`delete from lead_events`,
      edge`update audit_log set action = 'nothing'`,
      edge`delete from deliveries`,
      edge`alter table leads disable row level security`,
      edge`insert into inlet_migrations (name, sha256) values ('9999-x.sql', 'x')`,
    ];
    for (const one of tries) await expect(one).rejects.toMatchObject({ code: '42501' });
  });
});
