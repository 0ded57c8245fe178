/** A new address for an endpoint: the old one goes on for as long as was asked, and not a moment longer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deleteEndpoint, type EndpointTools, rotateEndpointKey } from '../../src/intake/endpoints.ts';
import { sweep } from '../../src/jobs/timers.ts';
import { type ChatHouse, openChatHouse } from '../setup/chat-house.ts';

const ADMIN = { userId: null, role: 'admin', name: 'cli', language: 'en' } as const;
/** The book remembers for a second. */
const FORGOTTEN_MS = 1050;

let house: ChatHouse;
let tools: EndpointTools;
beforeAll(async () => {
  house = await openChatHouse();
  const config = { publicUrl: 'http://inlet.test', trustedProxies: [], version: '0.0.0' };
  tools = { ...house, channels: [house.chat.channel], config };
});
afterAll(() => house.close());

const found = async (key: string, channel = 'chat') => (await house.deps.endpoints.byKey(house.sql, channel, key))?.id;
async function rotate(id: string, hours: number): Promise<string> {
  return (await rotateEndpointKey(tools, ADMIN, id, hours)).key;
}

test('the old address works until its time, then it is nowhere; the new one works at once', async () => {
  const line = await house.open({}, 'chat');
  const old = line.context.key;
  expect(await found(old)).toBe(line.id);
  const fresh = await rotate(line.id, 24);
  expect(fresh).not.toBe(old);
  expect(await found(fresh)).toBe(line.id);
  await sleep(FORGOTTEN_MS);
  expect([await found(old), await found(old, 'form')]).toEqual([line.id, undefined]);
  const [kept] = await house.sql`
    select round(extract(epoch from valid_until - now()) / 3600)::int as hours from endpoint_keys where key = ${old}`;
  expect(kept).toEqual({ hours: 24 });
  await house.sql`update endpoint_keys set valid_until = now() - interval '1 second'`;
  await sleep(FORGOTTEN_MS);
  expect([await found(old), await found(fresh)]).toEqual([undefined, line.id]);
  await sweep(house.sql, Date.now());
  expect(await house.sql`select from endpoint_keys`).toHaveLength(0);
});

test('with no hours every old address stops, within the second that replicas remember', async () => {
  const line = await house.open({}, 'chat');
  const keys = [line.context.key, await rotate(line.id, 24), await rotate(line.id, 24)];
  for (const key of keys) expect(await found(key)).toBe(line.id);
  const last = await rotate(line.id, 0);
  await sleep(FORGOTTEN_MS);
  expect(await Promise.all(keys.map((key) => found(key)))).toEqual([undefined, undefined, undefined]);
  expect(await found(last)).toBe(line.id);
});

test('neither address of a deleted endpoint works', async () => {
  const line = await house.open({}, 'chat');
  const fresh = await rotate(line.id, 24);
  await deleteEndpoint(tools, ADMIN, line.id);
  expect([await found(line.context.key), await found(fresh)]).toEqual([undefined, undefined]);
});

test('is for admins', async () => {
  await expect(rotateEndpointKey(tools, house.head, house.line.id, 1)).rejects.toMatchObject({ status: 403 });
});
