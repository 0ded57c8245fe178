import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from '../http/house.ts';

let house: House;
let admin: { id: string; token: string };
beforeAll(async () => {
  house = await openHouse();
  admin = await house.person('admin');
});
afterAll(() => house.close());

const make = async (scope: string, userId?: string) => {
  const answer = await house.ask('POST', 'api-keys', { as: admin.token, body: { name: scope, scope, userId } });
  expect(answer.status).toBe(201);
  return (await answer.json()) as { id: string; secret: string };
};
const status = async (key: string, method: string, path: string, body?: unknown) =>
  (await house.ask(method, path, { key, body })).status;
const queue = { name: 'Q' };

test('scopes: read looks, write works, admin runs the place', async () => {
  const [read, write, all] = [await make('read'), await make('write'), await make('admin')];
  expect(read.secret).toMatch(/^inl_[A-Za-z0-9_-]{43}$/);
  for (const { secret } of [read, write, all]) expect(await status(secret, 'GET', 'queues')).toBe(200);
  expect(await status(read.secret, 'POST', 'queues', queue)).toBe(403);
  expect(await status(write.secret, 'POST', 'queues', queue)).toBe(201);
  expect(await status(write.secret, 'GET', 'api-keys')).toBe(403);
  expect(await status(all.secret, 'GET', 'api-keys')).toBe(200);
  expect(await status(all.secret, 'GET', 'me')).toBe(403);
});

test('a bound key acts as its person and never as more than its scope', async () => {
  const manager = await house.person('manager');
  const own = await make('admin', manager.id);
  expect(await (await house.ask('GET', 'me', { key: own.secret })).json()).toMatchObject({ id: manager.id });
  expect(await status(own.secret, 'POST', 'queues', queue)).toBe(403);
  const lesser = await make('write', admin.id);
  expect(await status(lesser.secret, 'POST', 'queues', queue)).toBe(201);
  expect(await status(lesser.secret, 'GET', 'api-keys')).toBe(403);
  const looking = await make('read', admin.id);
  expect(await status(looking.secret, 'PATCH', 'me', { name: 'X' })).toBe(403);
  await house.ask('PATCH', `users/${manager.id}`, { as: admin.token, body: { disabled: true } });
  expect(await status(own.secret, 'GET', 'me')).toBe(401);
});

test('a revoked key, a wrong key and a key of nobody do not work', async () => {
  const key = await make('read');
  expect((await house.ask('DELETE', `api-keys/${key.id}`, { as: admin.token })).status).toBe(204);
  expect((await house.ask('DELETE', `api-keys/${key.id}`, { as: admin.token })).status).toBe(404);
  for (const secret of [key.secret, `inl_${'A'.repeat(43)}`, 'inl_', 'x'])
    expect(await status(secret, 'GET', 'queues')).toBe(401);
  const body = { name: 'n', scope: 'read', userId: '00000000-0000-7000-8000-000000000000' };
  expect((await house.ask('POST', 'api-keys', { as: admin.token, body })).status).toBe(422);
});

test('the list shows when a key was used, and never its secret; the table holds its hash only', async () => {
  const key = await make('read');
  await status(key.secret, 'GET', 'queues');
  const text = await (await house.ask('GET', 'api-keys', { as: admin.token })).text();
  const listed = JSON.parse(text).apiKeys.find((one: { id: string }) => one.id === key.id);
  expect(listed.lastUsedAt).toBe(new Date(house.clock.ms).toISOString());
  expect(text).not.toContain(key.secret);
  const [row] = await house.deps.sql<{ text: string }[]>`select string_agg(k::text, '') as text from api_keys k`;
  expect(row!.text).not.toContain(key.secret.slice(4));
});

test('a key in a browser with a foreign origin is still a key, and a bad one is not helped by a session', async () => {
  const key = await make('write');
  const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
  expect((await house.ask('POST', 'queues', { key: key.secret, body: queue, headers })).status).toBe(201);
  const wrong = await house.ask('GET', 'queues', { as: admin.token, key: `inl_${'B'.repeat(43)}` });
  expect(wrong.status).toBe(401);
  expect(wrong.headers.get('www-authenticate')).toBe('Bearer');
});
