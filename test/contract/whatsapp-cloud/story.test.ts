/** The whole way of a webhook through the real house: the door, the database, the processor. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDoor, type Door } from '../../../src/http/door.ts';
import type { OpenEndpoint } from '../../../src/intake/endpoint-book.ts';
import { createMeter } from '../../../src/intake/meter.ts';
import { drainPending } from '../../../src/intake/processor.ts';
import { silentLog } from '../../../src/log.ts';
import { type House, openHouse } from '../../intake/house.ts';
import { exampleSettings } from '../example-settings.ts';
import { bytes } from '../stand-ins.ts';
import { escaped, signatureOf } from './tamperings.ts';

let house: House;
let endpoint: OpenEndpoint;
let door: Door;
beforeAll(async () => {
  house = await openHouse();
  endpoint = await house.open(exampleSettings['whatsapp-cloud'], 'whatsapp-cloud');
  const { sql, vault, clock } = house;
  const config = { publicUrl: 'https://inlet.example.com', trustedProxies: [], version: '0' };
  door = createDoor(
    { sql, vault, clock, channels: [], config, log: silentLog },
    { endpoints: house.deps.endpoints, acceptor: house.acceptor, meter: createMeter(sql, vault, clock), fetch },
  );
});
afterAll(() => house.close());

const visit = (method: string, query: string, headers: Record<string, string>, body = '') =>
  door({
    method,
    channel: 'whatsapp-cloud',
    key: endpoint.context.key,
    url: `/in/whatsapp-cloud/${endpoint.context.key}${query}`,
    headers: { 'content-type': 'application/json', ...headers },
    peer: '203.0.113.7',
    body: async () => bytes(body),
  });

const METADATA = { display_phone_number: '15550100100', phone_number_id: '100200300400500' };
const deliver = (value: Record<string, unknown>, signature?: string) => {
  const change = { field: 'messages', value: { metadata: METADATA, ...value } };
  const body = escaped({ object: 'whatsapp_business_account', entry: [{ id: '1', changes: [change] }] });
  return visit('POST', '', { 'x-hub-signature-256': signature ?? signatureOf(body) }, body);
};

const message = (from: Record<string, unknown>, id: string, body: string) => ({
  ...from,
  id,
  timestamp: String(Math.floor(Date.now() / 1000)),
  type: 'text',
  text: { body },
});

/** How many rows of each kind there are. */
async function census() {
  const [row] = await house.sql<{ deliveries: number; messages: number; leads: number; contacts: number }[]>`
    select (select count(*)::int from deliveries) as deliveries, (select count(*)::int from messages) as messages,
      (select count(*)::int from leads) as leads, (select count(*)::int from contacts) as contacts`;
  return row!;
}

/** How many more of them this work makes, once everything is processed. */
async function counted(work: () => Promise<unknown>) {
  const before = await census();
  await work();
  await drainPending(house.deps);
  const after = await census();
  return {
    deliveries: after.deliveries - before.deliveries,
    messages: after.messages - before.messages,
    leads: after.leads - before.leads,
    contacts: after.contacts - before.contacts,
  };
}

const ANNA = { from: '79990000001', from_user_id: 'RU.aa1' };

test('the challenge is answered at the door', async () => {
  const query = (token: string) => `?hub.mode=subscribe&hub.challenge=42&hub.verify_token=${token}`;
  expect(await visit('GET', query('verify-me-0001'), {})).toMatchObject({ status: 200, body: '42' });
  expect((await visit('GET', query('guess'), {})).status).toBe(403);
});

test('a wrong signature is refused and nothing is kept', async () => {
  const value = { messages: [message(ANNA, 'wamid.forged', 'pay here')] };
  const grown = await counted(async () => {
    expect((await deliver(value, `sha256=${'0'.repeat(64)}`)).status).toBe(403);
    expect((await deliver(value, '')).status).toBe(401);
  });
  expect(grown).toEqual({ deliveries: 0, messages: 0, leads: 0, contacts: 0 });
});

test('the same bytes are one delivery, and the same wamid in other bytes is one message and one lead', async () => {
  const first = message(ANNA, 'wamid.1', 'Здравствуйте 👋');
  const grown = await counted(async () => {
    for (const answer of [await deliver({ messages: [first] }), await deliver({ messages: [first] })])
      expect(answer).toMatchObject({ status: 200, body: '' });
    await drainPending(house.deps);
    await deliver({ contacts: [{ profile: { name: 'Анна' } }], messages: [first] });
    await deliver({ messages: [first, first] });
  });
  expect(grown).toEqual({ deliveries: 3, messages: 1, leads: 1, contacts: 1 });
});

test('the same person under the id alone, and after a changed number, stays the same contact', async () => {
  const hidden = await counted(() =>
    deliver({ messages: [message({ from_user_id: 'RU.aa1' }, 'wamid.2', 'Это снова я')] }),
  );
  expect(hidden).toMatchObject({ messages: 1, leads: 0, contacts: 0 });
  const change = { type: 'user_changed_number', wa_id: '79990000002', previous_user_id: 'RU.aa1', user_id: 'RU.bb2' };
  const system = { from: '79990000001', id: 'wamid.s', timestamp: '1738573200', type: 'system', system: change };
  expect(await counted(() => deliver({ messages: [system] }))).toMatchObject({ messages: 0, leads: 0, contacts: 0 });
  const moved = await counted(() =>
    deliver({ messages: [message({ from: '79990000002', from_user_id: 'RU.bb2' }, 'wamid.3', 'Новый номер')] }),
  );
  expect(moved).toMatchObject({ messages: 1, leads: 0, contacts: 0 });
});

test('Brazil with and without the ninth digit is one contact', async () => {
  const grown = await counted(async () => {
    await deliver({ messages: [message({ from: '553199990001' }, 'wamid.br1', 'Olá')] });
    await deliver({ messages: [message({ from: '5531999990001' }, 'wamid.br2', 'Oi')] });
  });
  expect(grown).toMatchObject({ messages: 2, leads: 1, contacts: 1 });
});

test('a reaction opens no lead of a stranger, and is a line where there is one', async () => {
  const reaction = (from: string, id: string) => ({
    from,
    id,
    timestamp: '1738573200',
    type: 'reaction',
    reaction: { message_id: 'wamid.ours', emoji: '👍' },
  });
  const stranger = await counted(() => deliver({ messages: [reaction('15550100199', 'wamid.r1')] }));
  expect(stranger).toMatchObject({ messages: 0, leads: 0, contacts: 0 });
  expect(await counted(() => deliver({ messages: [reaction('79990000002', 'wamid.r2')] }))).toMatchObject({
    messages: 1,
    leads: 0,
  });
});

test('every delivery is accounted for', async () => {
  const [left] = await house.sql<{ n: number }[]>`select count(*)::int as n from pending`;
  expect(left!.n).toBe(0);
  const [open] = await house.sql<{ n: number }[]>`
    select count(*)::int as n from deliveries d where not exists (select from outcomes o where o.delivery_id = d.id)`;
  expect(open!.n).toBe(0);
});
