import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureFirstAdminLink } from '../../src/access/setup.ts';
import { cookieOf, type House, openHouse } from '../http/house.ts';

let house: House;
let admin = '';
const DAY_MS = 86_400_000;
const PASSWORD = 'correct horse battery';

beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const me = async (token: string) => (await house.ask('GET', 'me', { as: token })).status;

test('the first admin link works once, however many use it at once, and not after it', async () => {
  const { sql, clock } = house.deps;
  const links = [await ensureFirstAdminLink(sql, clock), await ensureFirstAdminLink(sql, clock)];
  const state = await (await house.ask('GET', `setup/${links[0]}`)).json();
  expect(state).toEqual({ valid: true, firstAdmin: true, email: null, name: null });
  const attempts = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      house.ask('POST', 'setup', {
        body: { token: links[index % 2], email: `Boss${index}@Example.com`, name: 'Boss', password: PASSWORD },
      }),
    ),
  );
  const statuses = attempts.map((one) => one.status).toSorted((a, b) => a - b);
  expect(statuses).toEqual([200, ...Array.from({ length: 9 }, () => 403)]);
  const won = attempts.find((one) => one.status === 200)!;
  expect(await won.json()).toMatchObject({ role: 'admin', email: expect.stringMatching(/^boss\d@example\.com$/) });
  expect(won.headers.get('set-cookie')).toMatch(
    /inlet_session=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax/,
  );
  admin = cookieOf(won);
  expect(await ensureFirstAdminLink(sql, clock)).toBeUndefined();
  expect(await sql`select from users`).toHaveLength(1);
});

test('the first admin needs an address and a name, and a password that is not in every list', async () => {
  const bare = await openHouse();
  const token = await ensureFirstAdminLink(bare.deps.sql, bare.deps.clock);
  const unnamed = await bare.ask('POST', 'setup', { body: { token, password: PASSWORD } });
  expect(unnamed.status).toBe(422);
  expect(Object.keys((await unnamed.json()).fields)).toEqual(['email', 'name']);
  const named = { token, email: 'boss@example.com', name: 'Boss' };
  for (const password of ['1234567890', 'aaaaaaaaaaaa', 'boss@example.com'])
    expect((await bare.ask('POST', 'setup', { body: { ...named, password } })).status).toBe(422);
  await bare.close();
});

test('only hashes are stored', async () => {
  const { sql } = house.deps;
  const rows = await sql<{ all: string }[]>`
    select (select string_agg(s::text, '') from sessions s) || (select string_agg(u::text, '') from users u) as all`;
  expect(rows[0]!.all).not.toContain(admin);
  expect(rows[0]!.all).not.toContain(PASSWORD);
  expect(rows[0]!.all).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
});

test('a session ends after 7 idle days and after 30 days in any case', async () => {
  const { token } = await house.person('manager');
  for (const days of [6, 12, 18, 24]) {
    house.clock.ms += 6 * DAY_MS;
    expect(await me(token), `day ${days}`).toBe(200);
  }
  house.clock.ms += 6 * DAY_MS + 1;
  expect(await me(token)).toBe(401);
  const idle = await house.person('manager');
  house.clock.ms += 7 * DAY_MS;
  expect(await me(idle.token)).toBe(401);
});

test('when it was last seen is written once a minute', async () => {
  const { id, token } = await house.person('manager');
  const seen = async () =>
    (await house.deps.sql<{ at: Date }[]>`select last_seen_at as at from sessions where user_id = ${id}`)[0]!.at;
  const first = await seen();
  house.clock.ms += 59_000;
  await me(token);
  expect(await seen()).toEqual(first);
  house.clock.ms += 1000;
  await me(token);
  expect(await seen()).not.toEqual(first);
});

test('logging in gives a new token and ends the one the browser had; logging out ends it', async () => {
  const { body } = await invited('manager');
  const first = await house.ask('POST', 'setup', { body: { token: body.token, password: PASSWORD } });
  const old = cookieOf(first);
  const login = { email: body.email.toUpperCase(), password: PASSWORD };
  const second = await house.ask('POST', 'session', { as: old, body: login });
  const fresh = cookieOf(second);
  expect(second.status).toBe(200);
  expect(fresh).not.toBe(old);
  expect([await me(old), await me(fresh)]).toEqual([401, 200]);
  expect((await house.ask('DELETE', 'session', { as: fresh, body: {} })).status).toBe(204);
  expect(await me(fresh)).toBe(401);
});

test('a new password, a new link and disabling end every session', async () => {
  const { id, body } = await invited('manager');
  const start = async () => {
    const login = await house.ask('POST', 'session', { body: { email: body.email, password: PASSWORD } });
    return cookieOf(login);
  };
  const first = cookieOf(await house.ask('POST', 'setup', { body: { token: body.token, password: PASSWORD } }));
  const second = await start();
  const wrong = { currentPassword: 'not this one', newPassword: 'another good one' };
  expect((await house.ask('PATCH', 'me', { as: second, body: wrong })).status).toBe(422);
  const change = { currentPassword: PASSWORD, newPassword: 'another good one' };
  const changed = await house.ask('PATCH', 'me', { as: second, body: change });
  const third = cookieOf(changed);
  expect([await me(first), await me(second), await me(third)]).toEqual([401, 401, 200]);
  const link = await (await house.ask('POST', `users/${id}/invite`, { as: admin })).json();
  expect(await me(third)).toBe(200);
  const again = { token: link.setupUrl.split('/').at(-1), password: PASSWORD };
  const fourth = cookieOf(await house.ask('POST', 'setup', { body: again }));
  expect([await me(third), await me(fourth)]).toEqual([401, 200]);
  expect((await house.ask('POST', 'setup', { body: again })).status).toBe(403);
  await house.ask('PATCH', `users/${id}`, { as: admin, body: { disabled: true } });
  expect(await me(fourth)).toBe(401);
  expect((await house.ask('POST', 'session', { body: { email: body.email, password: PASSWORD } })).status).toBe(401);
});

test('an invitation ends after a week, and when the person is disabled', async () => {
  const late = await invited('manager');
  house.clock.ms += 7 * DAY_MS;
  expect((await house.ask('POST', 'setup', { body: { token: late.body.token, password: PASSWORD } })).status).toBe(
    403,
  );
});

async function invited(role: string) {
  const boss = await house.person('admin');
  const email = `p${Math.random().toString(36).slice(2)}@example.com`;
  const answer = await house.ask('POST', 'users', { as: boss.token, body: { email, name: 'P', role } });
  const made = await answer.json();
  admin = boss.token;
  return { id: made.id as string, body: { email, token: made.setupUrl.split('/').at(-1) as string } };
}
