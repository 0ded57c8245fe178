import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { telegram } from '../../../channels/telegram/index.ts';
import { split } from '../../../channels/telegram/split.ts';
import type { Channel, InboundEvent, Outbound } from '../../../src/channel.ts';
import { causeChain, Later, Refused } from '../../../src/errors.ts';
import { bytes, requestFor, toolsFor } from '../stand-ins.ts';
import { BotApi, type Mischief, TOKEN } from './bot-api.ts';
import { scripted, telegramEndpoint } from './scripted.ts';

let api: BotApi;
beforeEach(async () => {
  api = await new BotApi().open();
});
afterEach(() => api.close());

const file = (name: string, text: string) => ({ name, mediaType: 'text/plain', bytes: bytes(text) });

function send(over: Partial<Outbound>, language = 'en', fetchWith: typeof fetch = fetch) {
  const message: Outbound = {
    idempotencyKey: randomUUID(),
    to: { reach: { chatId: 111222333 } },
    text: '',
    attachments: [],
    attempt: 1,
    ...over,
  };
  const endpoint = telegramEndpoint(telegram, { apiRoot: api.apiRoot }, language);
  return telegram.send!(message, endpoint, toolsFor({ fetch: fetchWith }), AbortSignal.timeout(10_000));
}

const failure = (over: Partial<Outbound>, language?: string, fetchWith?: typeof fetch): Promise<Error> =>
  send(over, language, fetchWith).then(
    () => {
      throw new Error('it was sent');
    },
    (error: Error) => error,
  );

const payloads = (): Record<string, unknown>[] => api.sent.map(({ payload }) => payload);

describe('a long text', () => {
  it('is cut between paragraphs, else lines, else words, else anywhere but in a character', () => {
    expect(split('aaaa bbbb\n\ncccc', 12)).toEqual(['aaaa bbbb', 'cccc']);
    expect(split('aaaa bbbb\ncccc dd', 12)).toEqual(['aaaa bbbb', 'cccc dd']);
    expect(split('aaaa bbbb cccc', 10)).toEqual(['aaaa bbbb', 'cccc']);
    expect(split('aaaaaaaaaaaaaa', 10)).toEqual(['aaaaaaaaaa', 'aaaa']);
    expect(split('12345678 🚚🚚', 10)).toEqual(['12345678', '🚚🚚']);
    expect(split('123456789🚚🚚', 10)).toEqual(['123456789', '🚚🚚']);
    expect(split(`a\n\n${'b'.repeat(12)}`, 10)).toEqual(['a\n\nbbbbbbb', 'bbbbb']);
    expect(split(`aaaaaaaaaa${' '.repeat(40)}b`, 10)).toEqual(['aaaaaaaaaa', 'b']);
    expect(split(' \n ', 10)).toEqual([]);
  });

  it('loses nothing but space at the seams, whatever it is', () => {
    const word = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('🚚', '\n', '\n\n', ' ', 'слово'));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 80 }), fc.integer({ min: 2, max: 40 }), (words, max) => {
        const text = words.join('');
        const pieces = split(text, max);
        const bare = (value: string): string => value.replace(/\s+/g, '');
        expect(bare(pieces.join(''))).toBe(bare(text.toWellFormed()));
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(max);
          expect(piece.trim()).toBe(piece);
          expect(piece).not.toBe('');
          expect(piece.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('goes out in order, and every piece has its id', async () => {
    const text = Array.from({ length: 2500 }, (_, index) => `word${index}`).join(' ');
    const sent = await send({ text });
    expect(payloads().length).toBeGreaterThan(4);
    expect(
      payloads()
        .map((payload) => payload.text)
        .join(' '),
    ).toBe(text);
    expect(sent.moreIds).toHaveLength(payloads().length - 1);
    expect(new Set([sent.providerId, ...sent.moreIds!]).size).toBe(payloads().length);
  });
});

it('sends text as it is: no parse_mode, half a character made whole', async () => {
  await send({ text: '<b>2_3*4</b> [x](y) \ud83d' });
  expect(payloads()).toEqual([{ chat_id: 111222333, text: '<b>2_3*4</b> [x](y) \ufffd' }]);
});

it('quotes a message of this chat, and no other', async () => {
  await send({ text: 'a', quotes: ':111222333:101' });
  await send({ text: 'b', quotes: ':999:101' });
  await send({ text: 'c', quotes: 'bc_AbC123:111222333:101' });
  await send({ text: 'd', quotes: 'callback:477' });
  await send({ text: 'e', quotes: ':111222333:e5.1767226290' });
  expect(payloads().map((payload) => payload.reply_parameters)).toEqual([
    { message_id: 101, allow_sending_without_reply: true },
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

it('asks for the phone with a button, in the language of the endpoint', async () => {
  await send({ text: 'Ваш номер?', ask: 'phone' }, 'ru');
  expect(payloads()[0]?.reply_markup).toEqual({
    keyboard: [[{ text: 'Отправить мой номер', request_contact: true }]],
    one_time_keyboard: true,
    resize_keyboard: true,
  });
});

it('shows no keyboard where there is none: in a business chat and in a group', async () => {
  await send({ text: 'a', ask: 'phone', to: { reach: { chatId: 111222333, businessConnectionId: 'bc_AbC123' } } });
  await send({ text: 'b', ask: 'phone', to: { reach: { chatId: -1001234567890 } } });
  expect(payloads().map((payload) => payload.reply_markup)).toEqual([undefined, undefined]);
});

it('answers in the business chat, the topic and the direct messages that it was reached by', async () => {
  await send({ text: 'a', to: { reach: { chatId: 111222333, businessConnectionId: 'bc_AbC123' } } });
  await send({ text: 'b', to: { reach: { chatId: -1001, messageThreadId: 7, directMessagesTopicId: 9 } } });
  expect(payloads()).toEqual([
    { chat_id: 111222333, business_connection_id: 'bc_AbC123', text: 'a' },
    { chat_id: -1001, message_thread_id: 7, direct_messages_topic_id: 9, text: 'b' },
  ]);
});

it('gives the id under which the message comes back from the business account', async () => {
  const { providerId } = await send({
    text: 'Yes, it is',
    to: { reach: { chatId: 111222333, businessConnectionId: 'bc_AbC123' } },
  });
  const echo = {
    update_id: 1,
    business_message: {
      message_id: 101,
      business_connection_id: 'bc_AbC123',
      from: { id: 900200, is_bot: false, first_name: 'Shop' },
      sender_business_bot: { id: 123456789, is_bot: true, first_name: 'Leads' },
      chat: { id: 111222333, type: 'private', first_name: 'Ivan' },
      date: 1_767_225_600,
      text: 'Yes, it is',
    },
  };
  const request = requestFor(telegram as unknown as Channel, { body: bytes(JSON.stringify(echo)) });
  const [event] = (await telegram.parse(request, telegramEndpoint(telegram))) as [InboundEvent];
  expect(event).toMatchObject({ direction: 'outbound', eventId: providerId });
});

it('puts a short text under the first file, and a long one before it', async () => {
  await send({ text: 'Our offer', attachments: [file('смета.txt', 'one'), file('b.txt', 'two')] });
  expect(api.sent.map(({ method, payload, file: sent }) => [method, payload.caption, sent?.name])).toEqual([
    ['sendDocument', 'Our offer', 'смета.txt'],
    ['sendDocument', undefined, 'b.txt'],
  ]);
  expect(payloads()[0]?.disable_content_type_detection).toBe(true);
  api.sent.length = 0;
  await send({ text: 'x'.repeat(1025), attachments: [file('a.txt', 'one')] });
  expect(api.sent.map(({ method, payload }) => [method, payload.caption])).toEqual([
    ['sendMessage', undefined],
    ['sendDocument', undefined],
  ]);
});

describe('a refusal', () => {
  const cases: readonly (readonly [string, Omit<Mischief, 'method'>, string])[] = [
    ['blocked', { code: 403, description: 'Forbidden: bot was blocked by the user' }, 'Клиент заблокировал бота.'],
    ['deleted', { code: 403, description: 'Forbidden: user is deactivated' }, 'Клиент удалил свой аккаунт'],
    ['first', { code: 403, description: "Forbidden: bot can't initiate conversation with a user" }, 'ещё не писал'],
    ['kicked', { code: 403, description: 'Forbidden: bot was kicked from the supergroup chat' }, 'больше нет'],
    ['no chat', { code: 400, description: 'Bad Request: chat not found' }, 'не находит этот чат'],
    ['other', { code: 400, description: 'Bad Request: message thread not found' }, 'message thread not found'],
    ['too large', { code: 413, description: 'Request Entity Too Large' }, '50 МБ'],
  ];
  it.each(cases)('%s: in plain words', async (_name, mischief, words) => {
    api.mischief.push({ method: 'sendMessage', ...mischief });
    const error = await failure({ text: 'x' }, 'ru');
    expect(error).toBeInstanceOf(Refused);
    expect(error.message).toContain(words);
  });

  it('of a business account: tells of the 24 hours and of the connection', async () => {
    api.mischief.push({ method: 'sendMessage', code: 400, description: 'Bad Request: BUSINESS_PEER_INVALID' });
    const error = await failure({ text: 'x', to: { reach: { chatId: 1, businessConnectionId: 'bc' } } });
    expect(error).toBeInstanceOf(Refused);
    expect(error.message).toContain('24 hours');
  });

  it('before Telegram is asked: nobody to write to, and nothing to say', async () => {
    expect(await failure({ text: 'x', to: {} })).toBeInstanceOf(Refused);
    expect(await failure({ text: 'x', to: { reach: { chatId: 2 ** 60 } } })).toBeInstanceOf(Refused);
    expect(await failure({ text: ' \n' })).toBeInstanceOf(Refused);
    expect(api.calls).toEqual([]);
  });
});

it('comes back when Telegram asks for it, but only while nothing is out', async () => {
  const tooMany = { code: 429, description: 'Too Many Requests', parameters: { retry_after: 33 } };
  api.mischief.push({ method: 'sendMessage', ...tooMany });
  const first = await failure({ text: 'x' });
  expect(first).toBeInstanceOf(Later);
  expect((first as Later).seconds).toBe(33);
  api.mischief.push({ method: 'sendMessage', ...tooMany, after: 2 });
  const second = await failure({ text: 'y'.repeat(5000) });
  expect(second).not.toBeInstanceOf(Later);
  expect(second).not.toBeInstanceOf(Refused);
  expect(second.message).toContain('Only 1 of 2 parts');
  expect(api.sent).toHaveLength(1);
});

it('waits a moment in the middle of a message when Telegram asks for no more than that', async () => {
  const tooMany = { code: 429, description: 'Too Many Requests', parameters: { retry_after: 1 }, after: 2 };
  api.mischief.push({ method: 'sendMessage', ...tooMany });
  const at = Date.now();
  const sent = await send({ text: 'y'.repeat(9000) });
  expect(Date.now() - at).toBeGreaterThanOrEqual(990);
  expect(payloads().map((payload) => String(payload.text).length)).toEqual([4096, 4096, 808]);
  expect(sent.moreIds).toHaveLength(2);
});

it('does not call a message refused whose first part is out', async () => {
  api.mischief.push({ method: 'sendDocument', code: 413, description: 'Request Entity Too Large' });
  const error = await failure({ text: 'z'.repeat(2000), attachments: [file('a.txt', 'one')] });
  expect(error).not.toBeInstanceOf(Refused);
  expect(error).not.toBeInstanceOf(Later);
  expect(api.sent).toHaveLength(1);
});

it('follows a group that became a supergroup, once, and goes on there', async () => {
  const migrated = (to: number): Mischief => ({
    method: 'sendMessage',
    code: 400,
    description: 'Bad Request: group chat was upgraded to a supergroup chat',
    parameters: { migrate_to_chat_id: to },
  });
  api.mischief.push(migrated(-1001234567890));
  const sent = await send({ text: 'w'.repeat(5000), to: { reach: { chatId: -4001 } } });
  expect(payloads().map((payload) => payload.chat_id)).toEqual([-1001234567890, -1001234567890]);
  expect(sent.providerId).toBe(':-1001234567890:101');
  api.mischief.push(migrated(-1002), migrated(-1003));
  expect(await failure({ text: 'x', to: { reach: { chatId: -4001 } } })).toBeInstanceOf(Refused);
});

it('knows when nothing can have been sent, and when it cannot know', async () => {
  api.mischief.push({ method: 'sendMessage', code: 502, description: 'Bad Gateway' });
  const unknown = await failure({ text: 'x' });
  expect(unknown).not.toBeInstanceOf(Later);
  expect(unknown).not.toBeInstanceOf(Refused);
  api.mischief.push({ method: 'sendMessage', code: 401, description: 'Unauthorized' });
  expect(await failure({ text: 'x' })).toBeInstanceOf(Later);
  const open = api;
  // A port where nobody listens, and to which no connection is kept.
  api = await new BotApi().open();
  await api.close();
  expect(await failure({ text: 'x' }), 'no connection was made').toBeInstanceOf(Later);
  api = open;
});

it('carries the token into no error, whatever the network or Telegram says', async () => {
  const url = `https://api.telegram.org/bot${TOKEN}/sendMessage`;
  const said = [
    new TypeError(`Failed to parse URL from ${url}`, { cause: new Error(url) }),
    { code: 400, description: `Bad Request: ${url}` },
    { code: 403, description: `Forbidden: ${url}` },
    { code: 500, description: url },
    { code: 429, description: url, parameters: { retry_after: 1 } },
  ];
  for (const answer of said) {
    const error = await failure({ text: 'x' }, 'en', scripted(() => answer).fetch);
    const whole = [...causeChain(error), error.stack ?? '', JSON.stringify(Object.entries(error))].join('\n');
    expect(whole).not.toContain(TOKEN.split(':')[1]);
  }
});
