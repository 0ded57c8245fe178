import { randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Check } from '../../src/cli/doctor/check.ts';
import { firstIdAt } from '../../src/ids.ts';
import { type House, openHouse } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
  await house.json('channel', 'add', 'form', '--name', 'Site');
  await house.json('channel', 'test', 'Site');
  await house.json('user', 'add', '--email', 'm@example.com', '--name', 'M', '--role', 'manager');
  const admin = 'user add --email a@example.com --name A --role admin --password-stdin';
  await house.runWith({ stdin: 'correct horse battery' }, ...admin.split(' '));
});
afterAll(() => house.close());

async function examine(env: Record<string, string> = {}): Promise<{ code: number; found: Record<string, Check> }> {
  const { code, out } = await house.runWith({ env }, 'doctor', '--json');
  const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: Check[] };
  expect(ok).toBe(checks.every(({ status }) => status !== 'fail'));
  expect(code).toBe(ok ? 0 : 1);
  for (const check of checks) {
    expect(Object.keys(check)).toEqual(['name', 'status', 'message', 'remedy']);
    expect(check.remedy === null).toBe(check.status === 'ok');
  }
  return { code, found: Object.fromEntries(checks.map((check) => [check.name, check])) };
}

const bad = (found: Record<string, Check>, status: Check['status'] = 'fail'): string[] =>
  Object.values(found)
    .filter((check) => check.status === status)
    .map(({ name }) => name);

/** The server of the tests gives up durability for speed, and says so. */
const ALWAYS = 'database settings';

test('a house in order has nothing to put right', async () => {
  const { found } = await examine();
  expect(bad(found)).toEqual([ALWAYS]);
  expect(found[ALWAYS]!.message).toContain('fsync = off');
  // Whether this checkout's web app is built says nothing about the house.
  expect(
    bad(found, 'warn')
      .filter((name) => name !== 'web app')
      .sort(),
  ).toEqual(['roles', 'trusted proxies']);
  expect(found.processing!.message).toContain('no server is running');
  expect(found.audit!.message).toMatch(/^\d+ entries, unbroken/);
  expect(found.ledger!.message).toBe('all of 1 delivery accounted for');
});

test('a wrong environment and a database that is away are findings, not crashes', async () => {
  const { found: wrong } = await examine({ PORT: 'abc', INLET_PUBLIC_URL: 'nowhere' });
  expect(wrong.environment!.message).toMatch(/INLET_PUBLIC_URL[\s\S]*PORT/);
  const { found: away } = await examine({ DATABASE_URL: 'postgres://nobody:x@127.0.0.1:1/none' });
  expect(bad(away)).toEqual(['database']);
  expect(away.database!.message).toContain('ECONNREFUSED');
  const denied = new URL(house.url);
  denied.password = 'wrong-password';
  const { found: locked } = await examine({ DATABASE_URL: denied.href });
  expect(JSON.stringify(locked)).not.toContain('wrong-password');
});

test('the environment of a public server is looked at', async () => {
  const { found } = await examine({ INLET_PUBLIC_URL: 'http://crm.example.com', INLET_TRUSTED_PROXIES: 'nginx' });
  expect(found['public address']).toMatchObject({ status: 'warn', message: expect.stringContaining('in the clear') });
  expect(found['trusted proxies']).toMatchObject({ status: 'fail', message: expect.stringContaining('"nginx"') });
  const { found: local } = await examine({ INLET_PUBLIC_URL: '', HOST: '0.0.0.0' });
  expect(local['public address']!.message).toContain('INLET_PUBLIC_URL is not set');
});

test('a master key that is another one, lost, readable by others or broken is found', async () => {
  const { found } = await examine({ INLET_MASTER_KEY: randomBytes(32).toString('base64') });
  expect(bad(found).sort()).toEqual([ALWAYS, 'endpoints', 'keys'].sort());
  expect(found.endpoints!.message).toContain('"Site"');
  const { found: lost } = await examine({ INLET_MASTER_KEY: '' });
  expect(lost['master key']).toMatchObject({ status: 'ok', message: expect.stringContaining('not there yet') });
  expect(bad(lost)).toContain('keys');
  const file = path.join(house.env.INLET_DATA_DIR!, 'master.key');
  await writeFile(file, house.env.INLET_MASTER_KEY!, { mode: 0o600 });
  expect(bad((await examine({ INLET_MASTER_KEY: '' })).found)).toEqual([ALWAYS]);
  await chmod(file, 0o644);
  const { found: open } = await examine({ INLET_MASTER_KEY: '' });
  expect(open['master key']).toMatchObject({ status: 'fail', remedy: `chmod 600 ${file}` });
  expect((await examine({ INLET_MASTER_KEY: '', INLET_MASTER_KEY_FILE: file })).found['master key']!.status).toBe(
    'warn',
  );
  expect((await examine({ INLET_MASTER_KEY: 'short' })).found['master key']!.status).toBe('fail');
});

/** Breaks something, looks, and puts it right. */
async function whenBroken(breakIt: string, repair: string): Promise<Record<string, Check>> {
  await house.owner.unsafe(breakIt);
  try {
    return (await examine()).found;
  } finally {
    await house.owner.unsafe(repair);
  }
}

test.each([
  [
    'migrations',
    'warn',
    'to be applied: 0008',
    `delete from inlet_migrations where name like '0008%'`,
    `insert into inlet_migrations select '0008-offers-reach-their-person.sql', sha from kept`,
  ],
  [
    'migrations',
    'fail',
    'newer Inlet: 9999',
    `insert into inlet_migrations values ('9999-later.sql', 'x')`,
    `delete from inlet_migrations where name like '9999%'`,
  ],
  [
    'migrations',
    'fail',
    'was changed after',
    `update inlet_migrations set sha256 = 'x' where name like '0001%'`,
    `update inlet_migrations set sha256 = (select sha1 from kept) where name like '0001%'`,
  ],
  [
    'row-level security',
    'fail',
    'off for messages',
    'alter table messages disable row level security',
    'alter table messages enable row level security',
  ],
  [
    'administrator',
    'fail',
    'no administrator',
    `update users set disabled_at = now() where role = 'admin'`,
    'update users set disabled_at = null',
  ],
  [
    'queues',
    'warn',
    'nobody stands in',
    "update queue_members set line = 'senior'",
    `update queue_members set line = 'first'`,
  ],
  [
    'queues',
    'fail',
    'no default queue',
    'update queues set is_default = false',
    'update queues set is_default = true',
  ],
  [
    'endpoints',
    'fail',
    'the channel fax',
    `update endpoints set channel = 'fax'`,
    `update endpoints set channel = 'form'`,
  ],
  [
    'endpoints',
    'fail',
    'does not open',
    `update endpoints set settings = '\\x00' || settings`,
    'update endpoints set settings = substring(settings from 2)',
  ],
  [
    'quarantine',
    'warn',
    '1 delivery for a person',
    `update outcomes set outcome = 'quarantined', reason = 'x'`,
    `update outcomes set outcome = 'opened', reason = null`,
  ],
  [
    'orphans',
    'fail',
    '1 messages without their contact',
    `update messages set contact_id = gen_random_uuid()`,
    'update messages set contact_id = (select id from contacts)',
  ],
  [
    'row-level security',
    'fail',
    'off for drafts',
    'alter table drafts disable row level security',
    'alter table drafts enable row level security',
  ],
  [
    'orphans',
    'fail',
    '1 messages that wait to be sent and have no job',
    `insert into sends (message_id, contact_id, lead_id, endpoint_id)
      select id, contact_id, lead_id, endpoint_id from messages`,
    'delete from sends',
  ],
  [
    'orphans',
    'fail',
    '1 files that wait to be fetched and have no job',
    `insert into attachments (id, message_id, contact_id, name, media_type, size, state)
      select gen_random_uuid(), id, contact_id, '', 'text/plain', 0, 'waiting' from messages`,
    'delete from attachments',
  ],
  [
    'orphans',
    'fail',
    '1 contacts that lost their key',
    'create table lost as select * from contact_keys; delete from contact_keys',
    'insert into contact_keys select * from lost; drop table lost',
  ],
  [
    'ledger',
    'fail',
    'does not add up',
    'create table gone as select * from outcomes; delete from outcomes',
    'insert into outcomes select * from gone; drop table gone',
  ],
  [
    'orphans',
    'fail',
    '1 deliveries that are nowhere',
    'create table gone as select * from outcomes; delete from outcomes',
    'insert into outcomes select * from gone; drop table gone',
  ],
  [
    'audit',
    'fail',
    'broken at entry 2',
    `update audit_log set target = target || 'x' where id = 2`,
    `update audit_log set target = left(target, -1) where id = 2`,
  ],
] as const)('%s: %s, "%s"', async (name, status, message, breakIt, repair) => {
  await house.owner`create table if not exists kept as select
    (select sha256 from inlet_migrations where name like '0008%') as sha,
    (select sha256 from inlet_migrations where name like '0001%') as sha1`;
  const found = await whenBroken(breakIt, repair);
  expect(found[name]).toMatchObject({ status, message: expect.stringContaining(message) });
  expect(bad((await examine()).found)).toEqual([ALWAYS]);
});

test('a delivery that waits for more than a minute says that nobody processes', async () => {
  const id = firstIdAt(Date.now() - 120_000);
  await house.owner`insert into deliveries select ${id}, endpoint_id, received_at, null, body_mac, raw from deliveries`;
  await house.owner`insert into pending (delivery_id, endpoint_id, key_wrap, bytes)
    select ${id}, endpoint_id, key_wrap, 1 from outcomes`;
  const { found } = await examine();
  expect(found.processing).toMatchObject({ status: 'fail', remedy: expect.stringContaining('npm start') });
  expect(found.processing!.message).toMatch(/1 delivery wait.*1\d\d s; no server is running/);
});

test('people read the same, with what to do under each finding', async () => {
  const { code, out } = await house.run('doctor');
  expect(code).toBe(1);
  expect(out).toMatch(/FAIL database settings +fsync = off.*\n +-> Set fsync/);
  expect(out).toContain('things to put right');
});
