/** Mail that Cloudflare hands to the Worker: committed before it is taken, found by the address it was sent to. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEndpoint } from '../../src/intake/endpoints.ts';
import { keyActor } from '../setup/fixtures.ts';
import { EDGE_ORIGIN, eventually, type House, openHouse } from './house.ts';

const SECRET = 'a-secret-for-posted-mail-0001';
let house: House;
let endpoint: { id: string; key: string };
beforeAll(async () => {
  house = await openHouse();
  endpoint = await createEndpoint(house.deps, keyActor('admin'), {
    channel: 'email',
    name: 'Sales mailbox',
    settings: {
      address: 'sales@example.com',
      imapHost: 'imap.example.com',
      smtpHost: 'smtp.example.com',
      password: 'not used at the edge',
      inboundSecret: SECRET,
    },
  });
});
afterAll(() => house.close());

const letter = (text: string, id = randomUUID()): string =>
  [
    'From: Anna Orlova <anna@example.org>',
    'To: sales@example.com',
    'Subject: A question',
    `Message-ID: <${id}@example.org>`,
    'Date: Mon, 03 Feb 2025 10:00:00 +0300',
    'Content-Type: text/plain; charset=utf-8',
    '',
    text,
    '',
  ].join('\r\n');

const hand = (to: string, raw: string) =>
  house.worker.getWorker('inlet').email({ from: 'anna@example.org', to, raw }) as Promise<{
    readonly outcome: string;
    readonly events: readonly { readonly type: string }[];
  }>;

async function deliveries(): Promise<string[]> {
  const rows = await house.sql<
    { id: string }[]
  >`select id from deliveries where endpoint_id = ${endpoint.id} order by id`;
  return rows.map((row) => row.id);
}

test('is a lead, once, whichever way it comes', async () => {
  const raw = letter('Привет, сколько стоит доставка?');
  await hand('Sales+spring@Example.com', raw);
  const [delivery] = await deliveries();
  const { outcome, lead_id } = await eventually(() => house.outcome(delivery!));
  expect(outcome).toBe('opened');
  await hand('sales@example.com', raw);
  const posted = await house.worker.fetch(`${EDGE_ORIGIN}/in/email/${endpoint.key}`, {
    method: 'POST',
    headers: { 'Content-Type': 'message/rfc822', Authorization: `Bearer ${SECRET}` },
    body: raw,
  });
  expect(await posted.json()).toEqual({ delivery, duplicate: true });
  expect(await deliveries()).toHaveLength(1);
  const anna = await house.manager('Anna');
  await house.node('POST', `/api/v1/leads/${lead_id}/claim`, anna.token, {});
  expect(await (await house.node('GET', `/api/v1/leads/${lead_id}`, anna.token)).text()).toContain(
    'сколько стоит доставка',
  );
});

test('to an address that nobody has is refused and kept nowhere', async () => {
  const before = await house.sql`select from deliveries`;
  const { events } = await hand('nobody@example.com', letter('hello'));
  expect(events.map(({ type }) => type)).toContain('reject');
  expect(await house.sql`select from deliveries`).toHaveLength(before.length);
});

test('while the database is away is not taken: the sender comes again, and it is there once', async () => {
  const raw = letter('later');
  const before = (await deliveries()).length;
  house.gate.shut();
  expect((await hand('sales@example.com', raw)).outcome).toBe('exception');
  house.gate.open();
  await eventually(async () => (await hand('sales@example.com', raw)).outcome === 'ok' || undefined);
  await hand('sales@example.com', raw);
  expect(await deliveries()).toHaveLength(before + 1);
});
