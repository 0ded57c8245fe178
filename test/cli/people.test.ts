import { afterAll, beforeAll, expect, test } from 'vitest';
import { findApiKey } from '../../src/access/api-keys.ts';
import { isPassword } from '../../src/access/passwords.ts';
import { systemClock } from '../../src/clock.ts';
import { type House, openHouse } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
  expect(await house.json('migrate')).toEqual({ applied: [] });
});
afterAll(() => house.close());

let count = 0;
const add = (role: string, ...more: string[]) => {
  count += 1;
  return house.json(
    'user',
    'add',
    '--email',
    `p${count}@example.com`,
    '--name',
    `P ${count}`,
    '--role',
    role,
    ...more,
  );
};

const queuesOf = async (id: string): Promise<string[]> => {
  const rows = await house.owner<{ name: string; line: string }[]>`
    select q.name, m.line from queue_members m join queues q on q.id = m.queue_id where m.user_id = ${id}`;
  return rows.map(({ name, line }) => `${name} ${line}`);
};

test('user add answers with the id and a link that works', async () => {
  const made = await add('admin');
  expect(made).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    setupUrl: expect.stringMatching(/^https:\/\/inlet\.example\.com\/setup\/[\w-]{43}$/),
  });
  expect(await queuesOf(made.id)).toEqual([]);
});

test('a new manager stands in the first line of the default queue, unless told otherwise', async () => {
  await house.owner`insert into queues (id, name) values ('01890000-0000-7000-8000-000000000001', 'VIP')`;
  expect(await queuesOf((await add('manager')).id)).toEqual(['Sales first']);
  expect(await queuesOf((await add('manager', '--no-queue')).id)).toEqual([]);
  expect(await queuesOf((await add('manager', '--queue', 'vip')).id)).toEqual(['VIP first']);
  expect(await queuesOf((await add('head', '--queue', '01890000-0000-7000-8000-000000000001')).id)).toEqual([
    'VIP first',
  ]);
  const wrong = await house.run(
    'user',
    'add',
    '--email',
    'q@x.example',
    '--name',
    'Q',
    '--role',
    'manager',
    '--queue=No',
  );
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain('There are: Sales, VIP');
});

test('a password on stdin is the password, and nobody is logged in by it', async () => {
  const args = [
    'user',
    'add',
    '--email',
    'Pw@Example.com',
    '--name',
    'P',
    '--role',
    'head',
    '--password-stdin',
    '--json',
  ];
  const weak = await house.runWith({ stdin: 'short\n' }, ...args);
  expect(weak.code).toBe(2);
  const guessable = await house.runWith({ stdin: 'password123\n' }, ...args);
  expect(guessable.code).toBe(2);
  const made = await house.runWith({ stdin: 'correct horse battery\n' }, ...args);
  expect({ code: made.code, answer: JSON.parse(made.out) }).toEqual({
    code: 0,
    answer: { id: expect.any(String), setupUrl: null },
  });
  const [row] = await house.owner<{ password_hash: string; sessions: number; links: number }[]>`
    select password_hash, (select count(*)::int from sessions) as sessions,
      (select count(*)::int from setup_links l where l.user_id = u.id and l.used_at is null) as links
    from users u where email = 'pw@example.com'`;
  expect(await isPassword(row!.password_hash, 'correct horse battery')).toBe(true);
  expect(row).toMatchObject({ sessions: 0, links: 0 });
  const again = await house.runWith({ stdin: 'correct horse battery\n' }, ...args);
  expect(again.code).toBe(1);
  expect(again.err).toContain('already here');
});

test('what is wrong with a person is named', async () => {
  const bad = await house.run('user', 'add', '--email', 'nobody', '--name', 'X', '--role', 'boss', '--json');
  expect(bad.code).toBe(2);
  expect(JSON.parse(bad.out).fields).toEqual({
    email: 'must be an e-mail address',
    role: 'must be one of admin, head, manager, auditor',
  });
});

test('user list shows everybody', async () => {
  const { users } = await house.json('user', 'list');
  expect(users.map((user: { email: string }) => user.email)).toContain('pw@example.com');
  expect((await house.run('user', 'list')).out).toContain('has not used the link yet');
});

test('a key works until it is revoked', async () => {
  const made = await house.json('key', 'add', '--name', 'CRM', '--scope', 'write', '--user', 'pw@example.com');
  expect(made).toEqual({ id: expect.any(String), secret: expect.stringMatching(/^inl_/) });
  const find = () => findApiKey(house.owner, made.secret, systemClock);
  expect((await find())?.actor).toMatchObject({ role: 'head', name: `key:${made.id}` });
  const { keys } = await house.json('key', 'list');
  expect(keys).toEqual([expect.objectContaining({ id: made.id, name: 'CRM', scope: 'write' })]);
  expect(JSON.stringify(keys)).not.toContain(made.secret);
  expect(await house.json('key', 'revoke', made.id)).toEqual({ id: made.id, revoked: true });
  expect(await find()).toBeUndefined();
  expect((await house.run('key', 'revoke', made.id)).code).toBe(1);
  expect((await house.run('key', 'revoke', 'what')).code).toBe(2);
  expect((await house.run('key', 'add', '--name', 'x', '--scope', 'read', '--user', 'no@x.example')).code).toBe(1);
});

test('what commands did is on record', async () => {
  const rows = await house.owner<{ action: string }[]>`select distinct action from audit_log where actor = 'cli'`;
  expect(rows.map(({ action }) => action).sort()).toEqual(['key.made', 'key.revoked', 'user.invited']);
});
