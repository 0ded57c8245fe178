/** The traps of the webhook that a pair of files does not show well: order, batches, who is who. */
import { describe, expect, test } from 'vitest';
import { whatsappCloud } from '../../../channels/whatsapp-cloud/index.ts';
import { type Channel, isMessage, type ParsedEvent } from '../../../src/channel.ts';
import { bytes, endpointFor, requestFor } from '../stand-ins.ts';

const channel = whatsappCloud as unknown as Channel;

const METADATA = { display_phone_number: '15550100100', phone_number_id: '100200300400500' };

async function parse(value: unknown, settings: Record<string, unknown> = {}, field = 'messages') {
  const body = bytes(
    JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '1', changes: [{ field, value }] }] }),
  );
  return channel.parse(requestFor(channel, { body }), endpointFor(channel, settings));
}

async function events(value: Record<string, unknown>): Promise<readonly ParsedEvent[]> {
  const parsed = await parse({ metadata: METADATA, ...value });
  if ('ignored' in parsed) throw new Error(`ignored: ${parsed.ignored}`);
  return parsed;
}

async function messages(value: Record<string, unknown>) {
  return (await events(value)).filter(isMessage);
}

const text = (from: Record<string, unknown>, body: string) => ({
  ...from,
  id: `wamid.${body}`,
  timestamp: '1738573200',
  type: 'text',
  text: { body },
});

test('a batch of two entries with two changes each gives everything in it, in order', async () => {
  const change = (name: string) => ({
    field: 'messages',
    value: {
      metadata: METADATA,
      messages: [text({ from: '15550100101' }, name), text({ from: '15550100102' }, `${name}+`)],
    },
  });
  const entry = (...names: string[]) => ({ id: '1', changes: names.map(change) });
  const body = { object: 'whatsapp_business_account', entry: [entry('a', 'b'), entry('c', 'd')] };
  const parsed = await channel.parse(requestFor(channel, { body: bytes(JSON.stringify(body)) }), endpointFor(channel));
  const texts = (parsed as ParsedEvent[]).filter(isMessage).map((event) => event.text);
  expect(texts).toEqual(['a', 'a+', 'b', 'b+', 'c', 'c+', 'd', 'd+']);
});

test('one change that is not for us does not take the others with it', async () => {
  const body = {
    object: 'whatsapp_business_account',
    entry: [
      {
        id: '1',
        changes: [
          { field: 'account_update', value: {} },
          {
            field: 'messages',
            value: { metadata: { phone_number_id: '999' }, messages: [text({ from: '1555010' }, 'not ours')] },
          },
          { field: 'messages', value: { metadata: METADATA, messages: [text({ from: '15550100101' }, 'ours')] } },
        ],
      },
    ],
  };
  const parsed = await channel.parse(requestFor(channel, { body: bytes(JSON.stringify(body)) }), endpointFor(channel));
  expect((parsed as ParsedEvent[]).filter(isMessage).map((event) => event.text)).toEqual(['ours']);
});

test('statuses come out as they came in: delivered after read, twice, with and without a phone', async () => {
  const status = (state: string, more = {}) => ({ id: 'wamid.ours', status: state, timestamp: '1738573200', ...more });
  const found = await events({
    statuses: [
      status('read'),
      status('delivered'),
      status('delivered'),
      status('sent', { recipient_user_id: 'US.a1' }),
    ],
  });
  expect(found.map((one) => one.kind === 'receipt' && one.state)).toEqual(['read', 'delivered', 'delivered', 'sent']);
});

describe('who is the client', () => {
  const CONTACTS = [
    { profile: { name: 'Ann' }, wa_id: '15550100101', user_id: 'US.aa' },
    { profile: { name: 'Bob' }, wa_id: '15550100102', user_id: 'US.bb' },
  ];

  test('of several contacts, the one with the phone or the user id of the message', async () => {
    const found = await messages({
      contacts: CONTACTS,
      messages: [text({ from: '15550100102' }, 'by phone'), text({ from_user_id: 'US.aa' }, 'by id')],
    });
    expect(found.map(({ sender }) => sender.name)).toEqual(['Bob', 'Ann']);
    expect(found.map(({ reach }) => reach)).toEqual([{ to: '15550100102' }, { to: '15550100101' }]);
  });

  test('of an echo, the contact it was written to, also with a plus before the number', async () => {
    const echo = (to: string, body: string) => text({ from: '15550100100', to }, body);
    const value = {
      metadata: METADATA,
      contacts: CONTACTS,
      message_echoes: [echo('+15550100102', 'to Bob'), echo('15550100101', 'to Ann')],
    };
    const parsed = await parse(value, {}, 'smb_message_echoes');
    const found = (parsed as ParsedEvent[]).filter(isMessage);
    expect(found.map(({ direction, sender }) => [direction, sender.name])).toEqual([
      ['outbound', 'Bob'],
      ['outbound', 'Ann'],
    ]);
    expect(found[0]!.sender.identities.map((one) => one.value)).toEqual(['+15550100102', 'US.bb']);
  });

  test('a contact is never given to a message that it does not fit, when there are several', async () => {
    const [first, second] = await messages({
      contacts: [CONTACTS[0]],
      messages: [text({ from: '15550100199' }, 'stranger'), text({ from: '15550100101' }, 'ann')],
    });
    expect(first!.sender).toEqual({ identities: [{ kind: 'phone', value: '+15550100199', trust: 'attested' }] });
    expect(second!.sender.name).toBe('Ann');
  });

  test.each(['US.13491208655302741918', 'US.a1B2c3', `BR.${'9z'.repeat(64)}`, 'US.ENT.11815799212886844830'])(
    'a business-scoped id is any letters and digits: %s',
    async (userId) => {
      const [event] = await messages({ messages: [text({ from_user_id: userId }, 'hi')] });
      expect(event!.sender.identities).toEqual([{ kind: 'whatsapp-bsuid', value: userId, trust: 'attested' }]);
      expect(event!.reach).toEqual({ recipient: userId });
    },
  );

  test.each(['553199990001', '5531999990001', '5215550001234', '525550001234', '5491155501234', '79990000001'])(
    '%s is answered letter by letter, and known as a phone with a plus',
    async (waId) => {
      const [event] = await messages({ contacts: [{ wa_id: waId }], messages: [text({ from: waId }, 'hi')] });
      expect(event!.reach).toEqual({ to: waId });
      expect(event!.sender.identities).toEqual([{ kind: 'phone', value: `+${waId}`, trust: 'attested' }]);
    },
  );

  test("an id of an account that is no number stays WhatsApp's own", async () => {
    const [event] = await messages({ messages: [text({ from: 'some-account' }, 'hi')] });
    expect(event!.sender.identities).toEqual([{ kind: 'whatsapp', value: 'some-account', trust: 'attested' }]);
  });
});

describe('a changed number', () => {
  const system = (content: Record<string, unknown>, more = {}) => ({
    messages: [
      { from: '79990000001', id: 'wamid.s', timestamp: '1738573200', type: 'system', system: content, ...more },
    ],
  });

  test('has no contacts array and needs none', async () => {
    expect(await events(system({ type: 'user_changed_number', wa_id: '79990000002' }))).toEqual([
      {
        kind: 'acquaintance',
        identities: [
          { kind: 'phone', value: '+79990000001', trust: 'attested' },
          { kind: 'phone', value: '+79990000002', trust: 'attested' },
        ],
      },
    ]);
  });

  test('is never believed about ourselves: an echo carries our own number in from', async () => {
    const value = { metadata: METADATA, message_echoes: system({ type: 'user_changed_number', wa_id: '1' }).messages };
    expect(await parse(value, {}, 'smb_message_echoes')).toEqual({ ignored: 'a system message about ourselves' });
  });
});

test("a card is the sender's own only by its origin and only with the sender's number", async () => {
  const share = async (origin: unknown, waIds: string[], from: Record<string, unknown>) => {
    const card = {
      origin,
      name: { formatted_name: 'X' },
      phones: waIds.map((wa_id) => ({ wa_id, phone: `+${wa_id}` })),
    };
    const [event] = await messages({ messages: [{ ...from, id: 'wamid.c', type: 'contacts', contacts: [card] }] });
    return event!.sender.identities.map(({ value }) => value);
  };
  const hidden = { from_user_id: 'US.a1' };
  expect(await share('contact_request', ['79990000001'], hidden)).toEqual(['US.a1', '+79990000001']);
  expect(await share('other', ['79990000001'], hidden)).toEqual(['US.a1']);
  expect(await share(undefined, ['79990000001'], hidden)).toEqual(['US.a1']);
  expect(await share('contact_request', ['79990000001', '79990000002'], hidden)).toEqual(['US.a1']);
  expect(await share('contact_request', ['79990000002'], { from: '79990000001' })).toEqual(['+79990000001']);
});

test('the reason of a failure never carries what Meta wrote about the client', async () => {
  const errors = [{ code: 131026, title: 'Undeliverable', error_data: { details: 'to +79990000001' } }];
  const [receipt] = await events({ statuses: [{ id: 'wamid.ours', status: 'failed', errors }] });
  expect(JSON.stringify(receipt)).not.toContain('7999');
  expect(receipt).toMatchObject({ state: 'failed', reason: expect.stringContaining('no WhatsApp on this number') });
});
