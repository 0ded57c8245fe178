import { afterAll, beforeAll, expect, it } from 'vitest';
import { contact as contactShape, revealed } from '../../src/http/shapes.ts';
import { makeLead, makeQueue } from '../setup/fixtures.ts';
import { withoutIds } from '../setup/without-ids.ts';
import { type House, openHouse } from './house.ts';

let house: House;
type Who = Awaited<ReturnType<House['person']>>;
let [owner, other, auditor]: Who[] = [];
let lead: Awaited<ReturnType<typeof makeLead>>;

beforeAll(async () => {
  house = await openHouse();
  owner = await house.person('manager', 'olga');
  other = await house.person('manager');
  auditor = await house.person('auditor');
  const store = { sql: house.deps.sql, vault: house.deps.vault };
  lead = await makeLead(store, {
    queueId: await makeQueue(store, { members: [{ userId: owner.id }, { userId: other.id }] }),
    ownerId: owner.id,
    name: 'Anna',
    phone: '8 (999) 123-45-67',
    email: 'anna@example.com',
    file: { name: '../счёт "1"\r\n.html', mediaType: 'text/html', bytes: Buffer.from('<script>alert(1)</script>') },
  });
});
afterAll(() => house.close());

const ask = (who: Who | undefined, method: string, path: string, body?: unknown) =>
  house.ask(method, path, { as: who?.token, ...(body === undefined ? {} : { body }) });

it('shows a contact masked to its owner; for others it does not exist', async () => {
  const answer = await ask(owner, 'GET', `contacts/${lead.contactId}`);
  const shown = contactShape.parse(await answer.json());
  expect(shown.identities.map((one) => one.value).sort()).toEqual(['+7 ••• •••-••-67', 'a•••@example.com']);
  expect((await ask(other, 'GET', `contacts/${lead.contactId}`)).status).toBe(404);
  expect((await ask(auditor, 'GET', `contacts/${lead.contactId}`)).status).toBe(403);
});

it('reveals with a reason, thirty times an hour, and says when again', async () => {
  const path = `contacts/${lead.contactId}/reveal`;
  expect((await ask(owner, 'POST', path, { reason: ' ' })).status).toBe(422);
  expect((await ask(other, 'POST', path, { reason: 'call' })).status).toBe(404);
  const first = revealed.parse(await (await ask(owner, 'POST', path, { reason: 'call' })).json());
  expect(first.identities.map((one) => one.value).sort()).toEqual(['+79991234567', 'anna@example.com']);
  expect(first.revealsLeftThisHour).toBe(29);
  for (let i = 0; i < 29; i += 1) expect((await ask(owner, 'POST', path, { reason: 'call' })).status).toBe(200);
  const refused = await ask(owner, 'POST', path, { reason: 'call' });
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('3600');
  expect(withoutIds(await refused.text())).not.toContain('999');
});

it('hands files out to be saved, never to be shown', async () => {
  const answer = await ask(owner, 'GET', `attachments/${lead.attachmentId}`);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toBe('<script>alert(1)</script>');
  const header = (name: string) => answer.headers.get(name);
  expect(header('content-disposition')).toMatch(/^attachment; filename="[^"\r\n/\\]*"; filename\*=UTF-8''[\w.%~-]+$/);
  expect(header('content-security-policy')).toBe("default-src 'none'; sandbox");
  expect(header('x-content-type-options')).toBe('nosniff');
  expect(header('cache-control')).toBe('no-store');
  expect((await ask(other, 'GET', `attachments/${lead.attachmentId}`)).status).toBe(404);
  expect((await ask(auditor, 'GET', `attachments/${lead.attachmentId}`)).status).toBe(403);
});
