/** Sending through the listener's socket, and what the server's answers mean. */
import { randomUUID } from 'node:crypto';
import type * as baileys from '@whiskeysockets/baileys';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Socket } from '../../channels/whatsapp-baileys/connect.ts';
import { makePaced } from '../../channels/whatsapp-baileys/live.ts';
import { messageIdOf } from '../../channels/whatsapp-baileys/send.ts';
import type { Outbound } from '../../src/channel.ts';
import { Later, Refused } from '../../src/errors.ts';
import { bytes, toolsFor, until } from '../contract/stand-ins.ts';
import { boom, CLIENT_LID, textMessage } from '../contract/whatsapp-baileys/loopback.ts';
import { channel, endpointWith, type Running, startSession } from './house.ts';

interface Call {
  readonly jid: string;
  readonly content: baileys.AnyMessageContent;
  readonly options: baileys.MiscMessageGenerationOptions | undefined;
}

let running: Running;
let calls: Call[];
let answer: unknown;
let failure: Error | undefined;

beforeEach(async () => {
  calls = [];
  answer = { tag: 'ack', attrs: {} };
  failure = undefined;
  const sendMessage: Socket['sendMessage'] = (jid, content, options) => {
    if (failure !== undefined) return Promise.reject(failure);
    calls.push({ jid, content, options });
    const text = 'text' in content ? content.text : '';
    return Promise.resolve(textMessage(text, options?.messageId ?? '') as Awaited<ReturnType<Socket['sendMessage']>>);
  };
  const waitForMessage = (() => Promise.resolve(answer)) as Socket['waitForMessage'];
  running = startSession({ open: true, sockets: { sendMessage, waitForMessage } });
  await until(() => running.tools.health?.state === 'connected');
});
afterEach(() => running.stop());

const send = (over: Partial<Outbound> = {}, signal = AbortSignal.timeout(10_000)) =>
  channel.send!(
    {
      idempotencyKey: randomUUID(),
      to: { reach: { jid: CLIENT_LID } },
      text: 'Hi',
      attachments: [],
      attempt: 1,
      ...over,
    },
    endpointWith(),
    toolsFor(),
    signal,
  );

it('derives the id from the key: 3EB0 and 18 hex digits, another one for each piece', () => {
  const ids = [0, 1, 2].map((piece) => messageIdOf('2f0b9a52-7c0e-4a53-8a1c-0f54d4d0e111', piece));
  for (const id of ids) expect(id).toMatch(/^3EB0[0-9A-F]{18}$/);
  expect(new Set(ids).size).toBe(3);
  expect(messageIdOf('2f0b9a52-7c0e-4a53-8a1c-0f54d4d0e111', 0)).toBe(ids[0]);
});

it('sends the text and each file as messages of their own, to the very address, without a link preview', async () => {
  const attachments = [
    { name: 'a.pdf', mediaType: 'application/pdf', bytes: bytes('pdf') },
    { name: 'b.jpg', mediaType: 'image/jpeg', bytes: bytes('jpg') },
  ];
  const sent = await send({ text: 'see https://example.com', attachments });
  expect(calls.map(({ jid }) => jid)).toEqual([CLIENT_LID, CLIENT_LID, CLIENT_LID]);
  expect(calls[0]!.content).toEqual({ text: 'see https://example.com', linkPreview: null });
  expect(calls[1]!.content).toMatchObject({ mimetype: 'application/pdf', fileName: 'a.pdf' });
  expect(calls[2]!.content).toMatchObject({ image: Buffer.from('jpg') });
  expect([sent.providerId, ...sent.moreIds!]).toEqual(calls.map(({ options }) => `1:${options!.messageId}`));
});

it('keeps what it sent for a device that asks again, and quotes it with its text', async () => {
  const sent = await send({ text: 'the first' });
  const id = sent.providerId.slice(2);
  expect((await running.last().config.getMessage!({ id }))?.conversation).toBe('the first');
  expect(await running.last().config.getMessage!({ id: 'unknown' })).toBeUndefined();
  await send({ text: 'about that', quotes: sent.providerId });
  expect(calls[1]!.options?.quoted).toMatchObject({
    key: { remoteJid: CLIENT_LID, fromMe: true, id },
    message: { conversation: 'the first' },
  });
});

it('quotes a message of the client, with its text where it came lately', async () => {
  running.last().socket.ev.emit('messages.upsert', { messages: [textMessage('my question', 'ID1')], type: 'notify' });
  await send({ quotes: `0:${CLIENT_LID}:ID1` });
  await send({ quotes: `0:${CLIENT_LID}:LONG-AGO` });
  const [lately, longAgo] = calls.map(({ options }) => options?.quoted);
  expect(lately).toMatchObject({ key: { fromMe: false, id: 'ID1' }, message: { conversation: 'my question' } });
  expect(longAgo).toMatchObject({ key: { fromMe: false, id: 'LONG-AGO' }, message: { conversation: '' } });
});

describe('the server says', () => {
  const withError = (error: string) => ({ tag: 'ack', attrs: { class: 'message', error } });

  it.each(['463', '479', '406'])('%s: never', async (code) => {
    answer = withError(code);
    const error = await send().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Refused);
    expect((error as Error).message).toMatch(/WhatsApp/);
  });

  it.each(['500', '552'])('%s: later', async (code) => {
    answer = withError(code);
    await expect(send()).rejects.toBeInstanceOf(Later);
  });

  it('nothing in time: the outcome is not known', async () => {
    answer = undefined;
    const error = await send().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect([Later, Refused].some((kind) => error instanceof kind)).toBe(false);
  });

  it.each([
    ['a closed connection', boom(428, 'Connection Closed')],
    ['too many requests', Object.assign(boom(500, 'rate-overlimit'), { data: 429 })],
    ['an upload that failed', boom(500, 'Media upload failed on all hosts')],
  ])('%s before anything was sent: later', async (_what, error) => {
    failure = error;
    await expect(send()).rejects.toBeInstanceOf(Later);
  });

  it('a time-out of the library: the outcome is not known', async () => {
    failure = boom(408, 'Timed Out');
    await expect(send()).rejects.toBe(failure);
  });
});

it('is Later while nothing is connected, and Refused to whoever has not written', async () => {
  await expect(
    send({ to: { identity: { kind: 'phone', value: '+15550100123', trust: 'attested' } } }),
  ).rejects.toThrow(/write first/);
  await expect(send({ to: { reach: { jid: 'status@broadcast' } } })).rejects.toBeInstanceOf(Refused);
  running.last().close(428);
  await until(() => running.tools.health?.state !== 'connected');
  await expect(send()).rejects.toBeInstanceOf(Later);
});

it('writes at a human pace: one message a second, and not an endless line', async () => {
  vi.useFakeTimers();
  const paced = makePaced();
  const at: number[] = [];
  const start = Date.now();
  const all = Array.from({ length: 30 }, () => paced(async () => void at.push(Date.now() - start)));
  await expect(paced(async () => undefined)).rejects.toBeInstanceOf(Later);
  await vi.advanceTimersByTimeAsync(29_000);
  await Promise.all(all);
  expect(at).toEqual(Array.from({ length: 30 }, (_, index) => index * 1000));
  vi.useRealTimers();
});
