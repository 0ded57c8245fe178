import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from '../http/house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const patch = async (as: string, id: string, body: unknown) =>
  (await house.ask('PATCH', `users/${id}`, { as, body })).status;

test('the last admin who can log in cannot be demoted or disabled', async () => {
  const one = await house.person('admin');
  const two = await house.person('admin');
  await house.deps.sql`update users set password_hash = null where id = ${two.id}`;
  expect(await patch(two.token, one.id, { role: 'head' })).toBe(409);
  expect(await patch(one.token, one.id, { disabled: true })).toBe(409);
  expect(await patch(one.token, two.id, { disabled: true })).toBe(200);
  expect(await patch(one.token, one.id, { role: 'manager' })).toBe(409);
});

test('of two admins who throw each other out at once, one stays', async () => {
  for (let round = 0; round < 5; round += 1) {
    await house.deps.sql`update users set role = 'head' where role = 'admin'`;
    const one = await house.person('admin');
    const two = await house.person('admin');
    const statuses = await Promise.all([
      patch(one.token, two.id, { disabled: true }),
      patch(two.token, one.id, { disabled: true }),
    ]);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    const left = await house.deps.sql`select from users where role = 'admin' and disabled_at is null`;
    expect(left).toHaveLength(1);
  }
});

test('a role holds from the next request on, and disabling from the same moment', async () => {
  const admin = await house.person('admin');
  const other = await house.person('head');
  expect((await house.ask('GET', 'users', { as: other.token })).status).toBe(200);
  expect(await patch(admin.token, other.id, { role: 'manager' })).toBe(200);
  expect((await house.ask('GET', 'users', { as: other.token })).status).toBe(403);
  expect(await patch(admin.token, other.id, { disabled: true })).toBe(200);
  expect((await house.ask('GET', 'me', { as: other.token })).status).toBe(401);
});

test('a second person with the same address is a conflict, in any case of letters', async () => {
  const admin = await house.person('admin');
  const body = { email: 'Same@Example.com', name: 'S', role: 'manager' };
  const first = await house.ask('POST', 'users', { as: admin.token, body });
  expect(first.status).toBe(201);
  expect(await first.json()).toMatchObject({ email: 'same@example.com', ready: false, disabled: false });
  const second = await house.ask('POST', 'users', { as: admin.token, body: { ...body, email: 'SAME@example.com' } });
  expect(second.status).toBe(409);
});

test('shift: on keeps its beginning, disabling takes people off it', async () => {
  const admin = await house.person('admin');
  const manager = await house.person('manager');
  const me = await (await house.ask('PATCH', 'me', { as: manager.token, body: { onShift: true } })).json();
  expect(me.onShift).toBe(true);
  const since = async () =>
    (await house.deps.sql<{ at: Date | null }[]>`select on_shift_since as at from users where id = ${manager.id}`)[0]!
      .at;
  const began = await since();
  house.clock.ms += 1000;
  await house.ask('PATCH', 'me', { as: manager.token, body: { onShift: true } });
  expect(await since()).toEqual(began);
  await patch(admin.token, manager.id, { disabled: true });
  expect(await since()).toBeNull();
  await patch(admin.token, manager.id, { disabled: false });
  expect(await since()).toBeNull();
});

test('names of columns in a body change nothing that was not asked for', async () => {
  const manager = await house.person('manager');
  const sneaky = {
    name: 'New name',
    role: 'admin',
    disabled: false,
    email: 'other@example.com',
    id: '00000000-0000-7000-8000-000000000000',
    password_hash: 'x',
    passwordHash: 'x',
    disabled_at: null,
    created_at: '2020-01-01T00:00:00Z',
    __proto__: { role: 'admin' },
  };
  const text = JSON.stringify(sneaky).replace('{', '{"__proto__":{"role":"admin"},"constructor":{"prototype":1},');
  const [before] = await house.deps.sql`select * from users where id = ${manager.id}`;
  const answer = await house.app.request('http://inlet.test/api/v1/me', {
    method: 'PATCH',
    headers: {
      Cookie: `inlet_session=${manager.token}`,
      Origin: 'http://inlet.test',
      'Content-Type': 'application/json',
    },
    body: text,
  });
  expect(answer.status).toBe(200);
  const [after] = await house.deps.sql`select * from users where id = ${manager.id}`;
  expect(after).toEqual({ ...before, name: 'New name' });
  expect(({} as { role?: string }).role).toBeUndefined();
});

test('people are listed without their addresses', async () => {
  const manager = await house.person('manager');
  const { people } = await (await house.ask('GET', 'people', { as: manager.token })).json();
  expect(people).toContainEqual({ id: manager.id, name: 'manager' });
  expect(Object.keys(people[0])).toEqual(['id', 'name']);
});
