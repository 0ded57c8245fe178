import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Actor, asActor, asSystem } from '../../src/access/actor.ts';
import { type AuditAnchor, audit, verifyAudit } from '../../src/access/audit.ts';
import { openDatabase, type Sql } from '../../src/db/open.ts';
import { newId } from '../../src/ids.ts';
import { type TestDatabase, testDatabase } from '../setup/database.ts';

let database: TestDatabase;
let sql: Sql;
let owner: postgres.Sql;

beforeAll(async () => {
  database = await testDatabase();
  sql = openDatabase(database.url, { max: 10, role: 'inlet_system', applicationName: 'test' });
  owner = postgres(database.url, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await Promise.all([sql.end(), owner.end()]);
  await database.drop();
});

const person = (role: Actor['role'], userId = newId()): Actor => ({
  userId,
  role,
  name: `user:${userId}`,
  language: 'en',
});

beforeEach(async () => {
  const people = (['manager', 'head', 'admin', 'auditor'] as const).map((role) => person(role));
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => {
      const actor = people[index % people.length]!;
      const entry = { actor, action: 'test.done', target: `thing:${index}`, data: { index, b: 1, aa: 'ж"\\' } };
      return index % 3 === 0 ? asSystem(sql, (tx) => audit(tx, entry)) : asActor(sql, actor, (tx) => audit(tx, entry));
    }),
  );
});
afterEach(async () => {
  await owner`truncate audit_log`;
  await owner`update audit_head set id = 0, hash = decode(repeat('00', 32), 'hex')`;
});

test('entries of everybody make one unbroken chain', async () => {
  expect(await verifyAudit(sql)).toMatchObject({ intact: true, entries: 20, head: { id: 20 } });
});

test('a transaction that fails leaves no entry and no gap', async () => {
  const actor = person('manager');
  const failing = asActor(sql, actor, async (tx) => {
    await audit(tx, { actor, action: 'test.undone' });
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  await asActor(sql, actor, (tx) => audit(tx, { actor, action: 'test.done' }));
  expect(await verifyAudit(sql)).toMatchObject({ intact: true, entries: 21 });
});

const anchor = async (): Promise<AuditAnchor> => {
  const proof = await verifyAudit(sql);
  if (!proof.intact) throw new Error(proof.why);
  return proof.head;
};

test.each([
  ['an edited action', () => owner`update audit_log set action = 'test.other' where id = 7`, 7],
  ['an edited author', () => owner`update audit_log set actor_id = null where id = 7`, 7],
  ['an edited time', () => owner`update audit_log set at = at + interval '1 microsecond' where id = 7`, 7],
  ['edited data', () => owner`update audit_log set data = data || '{"index": 99}' where id = 7`, 7],
  ['a deleted entry', () => owner`delete from audit_log where id = 7`, 7],
  ['a deleted first entry', () => owner`delete from audit_log where id = 1`, 1],
  ['a cut tail', () => owner`delete from audit_log where id > 15`, 16],
  [
    'two entries in each other’s place',
    () =>
      owner`update audit_log set id = case id when 7 then -8 when 8 then -7 end where id in (7, 8)`.then(
        () => owner`update audit_log set id = -id where id < 0`,
      ),
    7,
  ],
  [
    'an entry before the first',
    () =>
      owner`
        insert into audit_log select -1, at, actor_id, actor, action, target, data, hash from audit_log where id = 1`,
    -1,
  ],
] as const)('finds %s', async (_name, tamper, brokenAt) => {
  await tamper();
  expect(await verifyAudit(sql)).toMatchObject({ intact: false, brokenAt });
});

test('an anchor kept elsewhere shows a chain that was cut or written anew together with its head', async () => {
  const before = await anchor();
  await owner`delete from audit_log where id > 15`;
  await owner`update audit_head set id = 15, hash = (select hash from audit_log where id = 15)`;
  expect(await verifyAudit(sql)).toMatchObject({ intact: true });
  expect(await verifyAudit(sql, before)).toMatchObject({ intact: false, why: expect.stringContaining('anchor') });
  const actor = person('admin');
  for (let index = 0; index < 8; index += 1) await asSystem(sql, (tx) => audit(tx, { actor, action: 'test.forged' }));
  expect(await verifyAudit(sql)).toMatchObject({ intact: true });
  expect(await verifyAudit(sql, before)).toMatchObject({ intact: false, why: 'the chain was written anew' });
});

test('a manager can neither write under another name, nor past the function, nor read', async () => {
  const manager = person('manager');
  const other = person('manager');
  const forged = asActor(sql, manager, (tx) => audit(tx, { actor: other, action: 'test.forged' }));
  await expect(forged).rejects.toThrow('names its own author');
  const named = { userId: manager.userId, name: other.name };
  await expect(asActor(sql, manager, (tx) => audit(tx, { actor: named, action: 'x' }))).rejects.toThrow('own author');
  for (const statement of [
    `insert into audit_log (id, at, actor, action, data, hash) values (99, now(), 'x', 'x', '{}', '')`,
    'update audit_head set id = 5',
    'select * from audit_head',
    `update audit_log set action = 'x'`,
    'delete from audit_log',
  ])
    await expect(asActor(sql, manager, (tx) => tx.unsafe(statement))).rejects.toThrow('permission denied');
  expect(await asActor(sql, manager, (tx) => tx`select from audit_log`)).toHaveLength(0);
  expect(await asActor(sql, person('auditor'), (tx) => tx`select from audit_log`)).toHaveLength(20);
});

test('the house itself cannot write past the function either', async () => {
  for (const statement of [
    `insert into audit_log (id, at, actor, action, data, hash) values (99, now(), 'x', 'x', '{}', '')`,
    `update audit_log set action = 'x'`,
    'delete from audit_log',
    'update audit_head set id = 5',
  ])
    await expect(sql.unsafe(statement)).rejects.toThrow('permission denied');
});

test('a temporary table cannot stand in for the head', async () => {
  const manager = person('manager');
  await asActor(sql, manager, async (tx) => {
    await tx.unsafe('create temporary table audit_head (only_row boolean, id bigint, hash bytea) on commit drop');
    await tx.unsafe(`insert into pg_temp.audit_head values (true, 500, '')`);
    await audit(tx, { actor: manager, action: 'test.done' });
  });
  expect(await verifyAudit(sql)).toMatchObject({ intact: true, entries: 21 });
});
