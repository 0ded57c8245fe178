/** What goes out, and what becomes of each refusal, against the rules of the Graph API on the loopback. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { explainError } from '../../../channels/whatsapp-cloud/explain-error.ts';
import { whatsappCloud } from '../../../channels/whatsapp-cloud/index.ts';
import type { Channel, Outbound } from '../../../src/channel.ts';
import { Later, Refused } from '../../../src/errors.ts';
import { bytes, endpointFor, toolsFor } from '../stand-ins.ts';
import { type Graph, NUMBER, openGraph, TOKEN } from './graph.ts';

const channel = whatsappCloud as unknown as Channel;
const KEY = '0b8e4a52-6a3f-4c57-9a55-2d1f6a7c9e10';
const TO = { reach: { to: '79990000001' } };

let graph: Graph;
beforeEach(async () => {
  graph = await openGraph();
});
afterEach(() => graph.close());

const send = (over: Partial<Outbound>, settings: Record<string, unknown> = {}, tools = { fetch }) =>
  channel.send!(
    { idempotencyKey: KEY, to: TO, text: '', attachments: [], attempt: 1, ...over },
    endpointFor(channel, { apiRoot: graph.root, accessToken: TOKEN, phoneNumberId: NUMBER, ...settings }),
    toolsFor(tools),
    AbortSignal.timeout(10_000),
  );

const failure = (over: Partial<Outbound>, settings = {}, tools = { fetch }): Promise<unknown> =>
  send(over, settings, tools).then(
    () => 'sent',
    (error: unknown) => error,
  );

const file = (name: string, mediaType: string, size = 10) => ({
  name,
  mediaType,
  bytes: new Uint8Array(size).fill(7),
});
const bodies = () => graph.taken.map(({ body }) => body);

describe('a text', () => {
  test('names whom, what it answers and our own key, and shows no preview of links', async () => {
    const sent = await send({ text: 'Добрый день 👋 https://example.com', quotes: 'wamid.theirs' });
    expect(sent).toEqual({ providerId: graph.taken[0]!.id });
    expect(bodies()).toEqual([
      {
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to: '79990000001',
        biz_opaque_callback_data: KEY,
        context: { message_id: 'wamid.theirs' },
        type: 'text',
        text: { body: 'Добрый день 👋 https://example.com', preview_url: false },
      },
    ]);
    expect(graph.asked).toEqual([{ method: 'POST', path: `/v26.0/${NUMBER}/messages`, authorized: true }]);
  });

  test.each([
    ['the exact id of the conversation', { reach: { to: '553199990001' } }, { to: '553199990001' }],
    ['a business-scoped id as recipient', { reach: { recipient: 'US.a1B2' } }, { recipient: 'US.a1B2' }],
    [
      'the conversation before the identity',
      { reach: { to: '5215550001234' }, identity: { kind: 'phone', value: '+525550001234', trust: 'verified' } },
      { to: '5215550001234' },
    ],
    ['a phone', { identity: { kind: 'phone', value: '+7 (999) 000-00-01', trust: 'claimed' } }, { to: '79990000001' }],
    ['a known id', { identity: { kind: 'whatsapp-bsuid', value: 'US.x', trust: 'attested' } }, { recipient: 'US.x' }],
  ] as const)('goes to %s', async (_name, to, expected) => {
    await send({ text: 'Hi', to });
    expect(bodies()[0]).toMatchObject(expected);
    expect(Object.keys(bodies()[0]!).filter((name) => name === 'to' || name === 'recipient')).toHaveLength(1);
  });

  test.each([
    ['a phone without a country code', { identity: { kind: 'phone', value: '8 999 000-00-01', trust: 'claimed' } }],
    ['an address', { identity: { kind: 'email', value: 'anna@example.com', trust: 'claimed' } }],
    ['an id of another protocol', { identity: { kind: 'whatsapp', value: '1234@lid', trust: 'attested' } }],
    ['nobody', {}],
  ] as const)('is refused for %s, and nothing is asked of Meta', async (_name, to) => {
    expect(await failure({ text: 'Hi', to })).toBeInstanceOf(Refused);
    expect(graph.asked).toEqual([]);
  });

  test('that is empty is refused', async () => {
    expect(await failure({ text: '  ' })).toBeInstanceOf(Refused);
  });
});

describe('files', () => {
  test('the text rides on the first picture, further files follow, and every id is reported', async () => {
    const attachments = [
      file('a.jpg', 'image/jpeg'),
      file('clip.mp4', 'video/mp4'),
      file('Счёт.pdf', 'application/pdf'),
    ];
    const sent = await send({ text: 'Смотрите', attachments, quotes: 'wamid.theirs' });
    expect([sent.providerId, ...sent.moreIds!]).toEqual(graph.taken.map(({ id }) => id));
    expect(bodies().map(({ type }) => type)).toEqual(['image', 'video', 'document']);
    expect(bodies()[0]).toMatchObject({ image: { caption: 'Смотрите' }, context: { message_id: 'wamid.theirs' } });
    expect(bodies()[1]).not.toHaveProperty('context');
    expect(bodies()[2]).toMatchObject({ document: { filename: 'Счёт.pdf' } });
  });

  test('a voice has no caption and a long text does not fit one: it goes first', async () => {
    await send({ text: 'Послушайте', attachments: [file('a.ogg', 'audio/ogg')] });
    await send({ text: 'я'.repeat(1025), attachments: [file('a.jpg', 'image/jpeg')] });
    expect(bodies().map(({ type }) => type)).toEqual(['text', 'audio', 'text', 'image']);
  });

  test('a picture beyond 5 MB goes as a document, and a table as plain text under its own name', async () => {
    await send({
      text: '',
      attachments: [file('big.jpg', 'image/jpeg', 5 * 1024 * 1024 + 1), file('t.csv', 'text/csv')],
    });
    expect(bodies().map(({ type }) => type)).toEqual(['document', 'document']);
    expect(bodies()[1]).toMatchObject({ document: { filename: 't.csv' } });
    expect([...graph.media.values()].map(({ type }) => type)).toEqual(['image/jpeg', 'text/plain']);
  });

  test('a type that Meta does not take is refused with its words before anything goes out', async () => {
    const refused = await failure({
      text: 'Hi',
      attachments: [file('a.jpg', 'image/jpeg'), file('a.zip', 'application/zip')],
    });
    expect(refused).toBeInstanceOf(Refused);
    expect((refused as Refused).message).toContain('application/zip');
    expect(graph.taken).toEqual([]);
  });

  test('an upload may be repeated: whatever happens to it is Later, and nothing went out', async () => {
    for (const trouble of [{ status: 502, text: 'bad gateway' }, { code: 80007 }, { code: 131000, status: 500 }]) {
      graph.troubles.media.push(undefined, trouble);
      const attachments = [file('a.jpg', 'image/jpeg'), file('b.jpg', 'image/jpeg')];
      expect(await failure({ text: 'Hi', attachments })).toBeInstanceOf(Later);
    }
    expect(graph.taken).toEqual([]);
  });
});

describe('once a part went out', () => {
  const attachments = [file('a.jpg', 'image/jpeg'), file('b.jpg', 'image/jpeg'), file('c.jpg', 'image/jpeg')];

  test.each([130429, 190, 131047])(
    'error %d is never Later: a repeat would send the first part twice',
    async (code) => {
      graph.troubles.messages.push(undefined, { code });
      const error = await failure({ text: 'Hi', attachments });
      expect(error).toBeInstanceOf(Refused);
      expect((error as Refused).message).toContain('Only 1 of 3 parts went out.');
      expect(graph.taken).toHaveLength(1);
    },
  );

  test('a lost answer stays unknown, and says how far it came', async () => {
    graph.troubles.messages.push(undefined, 'lose-answer');
    const error = await failure({ text: 'Hi', attachments });
    expect(error).not.toBeInstanceOf(Refused);
    expect(error).not.toBeInstanceOf(Later);
    expect((error as Error).message).toContain('Only 1 of 3 parts went out.');
  });
});

describe('a template', () => {
  const template = { name: 'hello_client', language: 'ru', variables: ['Анна'] };

  test('goes out after the 24 hours, where a text is refused with the way out', async () => {
    graph.closed.add('79990000001');
    const refused = await failure({ text: 'Hi' });
    expect(refused).toBeInstanceOf(Refused);
    expect((refused as Refused).message).toMatch(/24 hours.*template/);
    await send({ text: 'Здравствуйте, Анна!', template });
    expect(bodies()).toEqual([
      expect.objectContaining({
        type: 'template',
        template: {
          name: 'hello_client',
          language: { code: 'ru' },
          components: [{ type: 'body', parameters: [{ type: 'text', text: 'Анна' }] }],
        },
      }),
    ]);
  });

  test('has variables without line ends and long gaps', async () => {
    await send({ text: '', template: { ...template, variables: ['  Анна\n\tи       Пётр '] } });
    expect(JSON.stringify(bodies()[0])).toContain('"text":"Анна и Пётр"');
  });

  test('has no components where it has no variables', async () => {
    graph.templates.set('plain', 0);
    await send({ text: '', template: { name: 'plain', language: 'en_US', variables: [] } });
    expect(bodies()[0]!.template).toEqual({ name: 'plain', language: { code: 'en_US' } });
  });

  test.each([
    ['unknown', { ...template, name: 'nobody_knows' }, /no approved template/],
    ['with too few variables', { ...template, variables: [] }, /variables do not fit/],
  ])('%s is refused in plain words', async (_name, wrong, words) => {
    const refused = await failure({ text: '', template: wrong });
    expect(refused).toBeInstanceOf(Refused);
    expect((refused as Refused).message).toMatch(words);
  });

  test('takes no files', async () => {
    expect(await failure({ text: '', template, attachments: [file('a.jpg', 'image/jpeg')] })).toBeInstanceOf(Refused);
    expect(graph.asked).toEqual([]);
  });
});

test("the question for the phone goes out with WhatsApp's own button", async () => {
  await send({ text: 'Поделитесь номером', ask: 'phone', to: { reach: { recipient: 'RU.a1' } } });
  expect(bodies()[0]).toMatchObject({
    recipient: 'RU.a1',
    type: 'interactive',
    interactive: { type: 'request_contact_info', body: { text: 'Поделитесь номером' } },
  });
});

describe('errors', () => {
  test.each([4, 80007, 130429, 131048, 131056, 131000, 131016, 1, 2, 190, 0])(
    '%d is Later, and nothing is lost',
    async (code) => {
      graph.troubles.messages.push({ code, status: code === 190 ? 401 : 400 });
      const error = await failure({ text: 'Hi' });
      expect(error).toBeInstanceOf(Later);
      expect((error as Later).seconds).toBeGreaterThanOrEqual(60);
      expect((error as Later).message).toMatch(/\S/);
    },
  );

  test.each([
    100, 10, 200, 299, 368, 130472, 130497, 131026, 131030, 131031, 131037, 131042, 131047, 131049, 131050, 131051,
    131053, 131062, 132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 133010, 137000, 199999,
  ])('%d is Refused, in words and without numbers of people', async (code) => {
    graph.troubles.messages.push({ code, status: 400 });
    const error = await failure({ text: 'Hi' });
    expect(error).toBeInstanceOf(Refused);
    expect((error as Refused).message).toMatch(/^[A-Z].{15,}/);
    expect((error as Refused).message).not.toMatch(/\d{7}/);
  });

  test('an expired token asks for a person, and comes back after minutes', async () => {
    const error = await failure({ text: 'Hi' }, { accessToken: 'EAAexpired' });
    expect(error).toBeInstanceOf(Later);
    expect((error as Later).seconds).toBe(300);
    expect((error as Later).message).toContain('access token');
    expect((error as Later).message).not.toContain('EAAexpired');
  });

  test.each([500, 502, 503, 504])('HTTP %d without a Graph error: nobody knows', async (status) => {
    graph.troubles.messages.push({ status, text: '<html>' });
    const error = await failure({ text: 'Hi' });
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(Later);
    expect(error).not.toBeInstanceOf(Refused);
  });

  test('HTTP 429 without a Graph error is Later, 413 is Refused', async () => {
    graph.troubles.messages.push({ status: 429, text: '' }, { status: 413, text: '' });
    expect(await failure({ text: 'Hi' })).toBeInstanceOf(Later);
    expect(await failure({ text: 'Hi' })).toBeInstanceOf(Refused);
  });

  test('a 200 without an id of a message is not taken for sent', async () => {
    const fetch = (async () => Response.json({ messaging_product: 'whatsapp' })) as unknown as typeof globalThis.fetch;
    const error = await failure({ text: 'Hi' }, {}, { fetch });
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(Refused);
  });

  test('where nobody listens nothing was sent: Later', async () => {
    const closed = await openGraph();
    await closed.close();
    expect(await failure({ text: 'Hi' }, { apiRoot: closed.root })).toBeInstanceOf(Later);
  });

  test('the table has words for every code of the wire', () => {
    for (const code of [4, 190, 368, 80007, 130429, 130472, 131000, 131026, 131030, 131031, 131042, 131047, 131048])
      expect(explainError(code)?.words, String(code)).toMatch(/^[A-Z].*\.$/);
    for (const code of [131049, 131050, 131051, 131052, 131053, 131056, 131062, 132001, 137000])
      expect(explainError(code)?.words, String(code)).toMatch(/^[A-Z].*\.$/);
    expect(explainError(424242)).toBeUndefined();
  });
});

test('what is uploaded is what was attached', async () => {
  const content = bytes('Наше предложение');
  await send({ text: '', attachments: [{ name: 'offer.txt', mediaType: 'text/plain', bytes: content }] });
  expect([...graph.media.values()][0]!.bytes.equals(Buffer.from(content))).toBe(true);
});
