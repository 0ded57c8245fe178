import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../channels/telephony/adapter.ts';
import { telephony } from '../../../channels/telephony/index.ts';
import { signOf } from '../../../channels/telephony/providers/mango/command.ts';
import { mango } from '../../../channels/telephony/providers/mango/index.ts';
import type { CallRoute, Channel, Genuine, Tools } from '../../../src/channel.ts';
import { Later, Refused } from '../../../src/errors.ts';
import { endpointFor, requestFor, toolsFor } from '../stand-ins.ts';
import { mangoCase } from './mango.ts';

const channel = telephony as unknown as Channel;
const endpointWith = (settings: Record<string, unknown> = {}): Endpoint =>
  endpointFor(channel, { ...mangoCase.settings, ...settings }) as unknown as Endpoint;
const { signal } = new AbortController();
const FILE = { name: 'r.mp3', ref: { recording: 'r100:777:500:256' } };
const CALL = { idempotencyKey: '11111111-1111-4111-8111-111111111111', from: { extension: '12' }, to: '+79990001122' };
const API = 'https://app.mango-office.ru/vpbx';

/** Answers in turn, and what was asked. */
function world(...answers: Response[]): Tools & { readonly asked: [string, RequestInit][] } {
  const asked: [string, RequestInit][] = [];
  const fetch = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    asked.push([String(url), init]);
    return answers.shift() ?? Promise.reject(new Error('nobody answers'));
  };
  return { ...toolsFor({ fetch: fetch as typeof globalThis.fetch }), asked };
}

const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });

/** The JSON of a command, when its signature is that of the endpoint. */
function commandOf(init: RequestInit | undefined): unknown {
  const form = new URLSearchParams(init?.body as string);
  const text = form.get('json') ?? '';
  expect(form.get('vpbx_api_key')).toBe('test_key');
  expect(form.get('sign')).toBe(createHash('sha256').update(`test_key${text}test_salt`).digest('hex'));
  return JSON.parse(text);
}

describe('the signature', () => {
  it.each([
    [
      '{"command_id":"your-command-id","call_id":"<CALL_ID>"}',
      '2d1d01246f52cec1fdb44f2a4d7091dc54f67e318369c0628201d66b5d336ef0',
    ],
    [
      '{"command_id":"your-command-id","from":{"extension":"<extension>","number":""},"to_number":"<to_number>"}',
      'afdeb462cd5e0e422a9c9220390124608df06a4472cb1add6ebd6e24184bd15a',
    ],
  ])('is that of the examples of Mango: %s', (text, expected) => {
    expect(signOf('<YOUR_API_KEY>', text, '<YOUR_API_SALT>')).toBe(expected);
  });

  it('is plain joining: the published one of a link to a recording has the same form', () => {
    expect(signOf('123', '1525597727500Rofkdgl33fd=', '789')).toBe(
      '9867bfdc661049959450fbad35c10ef2a41120094bda492dd0f085ba4def7df0',
    );
  });
});

describe('a call in the menu', () => {
  const ask = async (tools: Tools, route: CallRoute | undefined, settings = {}): Promise<void> => {
    const found = (await mango.verify!(
      requestFor(channel, mangoCase.genuine()),
      endpointWith(settings),
      tools,
    )) as Genuine;
    await found.asks?.command?.(route);
  };

  it('is sent to the best one by a command', async () => {
    const tools = world(json({ result: 1000 }), json({ result: 1000 }));
    const targets = [{ extension: '12' }, { extension: '13' }];
    await ask(tools, { targets });
    await ask(tools, { targets: [{ extension: '12', dial: '+79990005566' }] });
    expect(tools.asked.map(([url, init]) => [url, init.method])).toEqual([
      [`${API}/commands/route`, 'POST'],
      [`${API}/commands/route`, 'POST'],
    ]);
    const [first, second] = tools.asked.map(([, init]) => commandOf(init));
    expect(first).toEqual({
      command_id: expect.stringMatching(/^route-[0-9a-f]{32}$/),
      call_id: 'MToxMDAwOTU2NTo4MTozMTI2OTQyNDA6MQ==',
      to_number: '12',
    });
    expect(second).toEqual({ ...(first as object), to_number: '79990005566' });
  });

  it('goes the default way, and without one stays where it is', async () => {
    const tools = world(json({ result: 1000 }));
    await ask(tools, undefined, { fallbackTarget: '99' });
    expect(commandOf(tools.asked[0]?.[1])).toMatchObject({ to_number: '99' });
    await ask(tools, undefined);
    expect(tools.asked).toHaveLength(1);
  });

  it('that is gone already is an error for the log', async () => {
    const route = { targets: [{ extension: '12' }] };
    await expect(ask(world(json({ code: 3310 }, 420)), route)).rejects.toThrow('420, code 3310');
  });
});

describe('a recording', () => {
  it('is asked for, and fetched from where Mango says', async () => {
    const link = 'https://records.mango-office.ru/once/r.mp3';
    const tools = world(new Response(null, { status: 302, headers: { location: link } }), new Response('sound'));
    const sound = await mango.fetch!(FILE, endpointWith(), tools, signal);
    expect(new TextDecoder().decode(sound)).toBe('sound');
    expect(tools.asked.map(([url, init]) => [url, init.method])).toEqual([
      [`${API}/queries/recording/post`, 'POST'],
      [link, 'GET'],
    ]);
    expect(commandOf(tools.asked[0]?.[1])).toEqual({ recording_id: 'r100:777:500:256', action: 'download' });
    expect(tools.asked[1]?.[1].body).toBeUndefined();
  });

  it.each([
    ['is not there yet', json({ code: 4001 }, 420), Later],
    ['lies elsewhere', new Response(null, { status: 302, headers: { location: 'https://example.com/' } }), Refused],
    ['is not for us', json({}, 403), Refused],
  ])('that %s', async (_name, answer, error) => {
    await expect(mango.fetch!(FILE, endpointWith(), world(answer), signal)).rejects.toBeInstanceOf(error);
  });
});

describe('a call of ours', () => {
  it('rings the extension, or the number where its person is', async () => {
    const tools = world(json({ result: 1000 }), json({}));
    expect(await mango.dial!(CALL, endpointWith(), tools, signal)).toEqual({});
    const from = { extension: '12', dial: '+79990005566' };
    await mango.dial!({ ...CALL, from }, endpointWith(), tools, signal);
    expect(tools.asked.map(([url]) => url)).toEqual([`${API}/commands/callback`, `${API}/commands/callback`]);
    expect(tools.asked.map(([, init]) => commandOf(init))).toEqual([
      { command_id: CALL.idempotencyKey, from: { extension: '12' }, to_number: '79990001122' },
      {
        command_id: CALL.idempotencyKey,
        from: { extension: '12', number: '79990005566' },
        to_number: '79990001122',
      },
    ]);
  });

  it.each([
    ['refused', json({ code: 3104 }, 420), 'Refused'],
    ['refused with 200', json({ result: 2200 }), 'Refused'],
    ['lost', new Response('', { status: 503 }), 'Error'],
  ])('can be %s', async (_name, answer, name) => {
    await expect(mango.dial!(CALL, endpointWith(), world(answer), signal)).rejects.toMatchObject({ name });
  });
});
