/** What samples cannot show of Vonage: calls and downloads in the name of the application, and odd names. */
import { generateKeyPairSync } from 'node:crypto';
import { jwtVerify } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../channels/telephony/adapter.ts';
import { telephony } from '../../../channels/telephony/index.ts';
import { vonage } from '../../../channels/telephony/providers/vonage/index.ts';
import type { CallRoute, Channel } from '../../../src/channel.ts';
import { Later, Refused } from '../../../src/errors.ts';
import { bytes, endpointFor, requestFor, toolsFor } from '../stand-ins.ts';
import { APPLICATION, NOW, tokenOf, vonageCase } from './vonage.ts';

const channel = telephony as unknown as Channel;
const signal = new AbortController().signal;
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
let pem = '';
beforeAll(() => {
  pem = keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
});

const endpoint = (over: Record<string, unknown> = {}): Endpoint =>
  endpointFor(channel, { ...vonageCase.settings, vonagePrivateKey: pem, ...over }) as unknown as Endpoint;

interface Asked {
  url: string;
  init: RequestInit;
}

const answering = (asked: Asked[], status: number, body: unknown) =>
  toolsFor({
    now: () => NOW,
    fetch: async (input, init) => {
      asked.push({ url: String(input), init: init ?? {} });
      return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
    },
  });

/** Is it a token of the application, made now? */
async function expectToken({ init }: Asked): Promise<void> {
  const given = new Headers(init.headers).get('authorization') ?? '';
  expect(given).toMatch(/^Bearer /);
  const { payload, protectedHeader } = await jwtVerify(given.slice(7), keys.publicKey, {
    algorithms: ['RS256'],
    currentDate: NOW,
  });
  expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT' });
  const seconds = NOW.getTime() / 1000;
  expect(payload).toEqual({
    application_id: APPLICATION,
    iat: seconds,
    exp: seconds + 300,
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
}

describe('click-to-call', () => {
  const call = { idempotencyKey: 'k', from: { extension: '102', dial: '+79990002233' }, to: '+442079460000' };
  const inlet = 'https://inlet.example.com/in/telephony/k3y';

  it('rings our person, and connects the client when they pick up', async () => {
    const asked: Asked[] = [];
    const tools = answering(asked, 201, { uuid: 'u-1', status: 'started', conversation_uuid: 'CON-1' });
    const done = await vonage.dial!(call, endpoint({ vonageNumber: '+447700900000' }), tools, signal);
    expect(done).toEqual({ callId: 'CON-1' });
    expect(asked).toHaveLength(1);
    expect(asked[0]!.url).toBe('https://api.nexmo.com/v1/calls');
    expect(asked[0]!.init.method).toBe('POST');
    await expectToken(asked[0]!);
    expect(JSON.parse(String(asked[0]!.init.body))).toEqual({
      to: [{ type: 'phone', number: '79990002233' }],
      from: { type: 'phone', number: '447700900000' },
      ringing_timer: 25,
      event_url: [`${inlet}?leg=caller&ext=102`],
      event_method: 'POST',
      ncco: [
        {
          action: 'record',
          eventUrl: [inlet],
          eventMethod: 'POST',
          format: 'mp3',
          split: 'conversation',
          channels: 2,
        },
        {
          action: 'connect',
          from: '447700900000',
          timeout: 25,
          eventUrl: [`${inlet}?leg=client&ext=102`],
          eventMethod: 'POST',
          endpoint: [{ type: 'phone', number: '442079460000' }],
        },
      ],
    });
  });

  it('takes a key whose line ends were lost on the way', async () => {
    const own = { lines: [{ number: '+44 7700 900000' }] };
    for (const key of [pem.replaceAll('\n', String.raw`\n`), pem.replaceAll('\n', ' ')]) {
      const asked: Asked[] = [];
      await vonage.dial!(call, endpoint({ ...own, vonagePrivateKey: key }), answering(asked, 201, {}), signal);
      await expectToken(asked[0]!);
    }
  });

  it('says why it was refused', async () => {
    const own = endpoint({ vonageNumber: '447700900000' });
    const refused = answering([], 400, { title: 'Bad Request', detail: 'The number is not yours.' });
    await expect(vonage.dial!(call, own, refused, signal)).rejects.toThrow(
      new Refused('Vonage refused (400): Bad Request: The number is not yours.'),
    );
    await expect(vonage.dial!(call, own, answering([], 429, ''), signal)).rejects.toBeInstanceOf(Refused);
    await expect(vonage.dial!(call, own, answering([], 500, ''), signal)).rejects.not.toBeInstanceOf(Refused);
    for (const over of [
      {},
      { vonageNumber: '447700900000', vonagePrivateKey: undefined },
      { vonageNumber: '447700900000', vonageApplicationId: undefined },
      {
        vonageNumber: '447700900000',
        vonagePrivateKey: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
      },
    ])
      await expect(vonage.dial!(call, endpoint(over), answering([], 201, {}), signal)).rejects.toBeInstanceOf(Refused);
  });
});

describe('recordings', () => {
  const file = (url: string) => ({ name: 'one', mediaType: 'audio/mpeg', ref: { url } });
  const own = 'https://api.nexmo.com/v1/files/bbbbbbbb-aaaa-cccc-dddd-0123456789ab';

  it('are downloaded in the name of the application, and from Vonage alone', async () => {
    for (const url of [own, 'https://api-us-3.vonage.com/v1/files/1']) {
      const asked: Asked[] = [];
      const got = await vonage.fetch!(file(url), endpoint(), answering(asked, 200, 'audio'), signal);
      expect(new TextDecoder().decode(got)).toBe('audio');
      expect(asked[0]!.url).toBe(url);
      await expectToken(asked[0]!);
    }
    for (const url of [
      'https://nexmo.com.evil.example/1',
      'http://api.nexmo.com/v1/files/1',
      'https://evilnexmo.com/1',
    ])
      await expect(vonage.fetch!(file(url), endpoint(), answering([], 200, 'x'), signal)).rejects.toBeInstanceOf(
        Refused,
      );
  });

  it('may be late, or not for us', async () => {
    await expect(vonage.fetch!(file(own), endpoint(), answering([], 404, ''), signal)).rejects.toBeInstanceOf(Later);
    await expect(vonage.fetch!(file(own), endpoint(), answering([], 401, ''), signal)).rejects.toBeInstanceOf(Refused);
    const none = endpoint({ vonagePrivateKey: undefined });
    await expect(vonage.fetch!(file(own), none, answering([], 200, 'x'), signal)).rejects.toBeInstanceOf(Refused);
  });
});

describe('what Vonage is told', () => {
  const body = JSON.stringify({ from: '442079460000', to: '447700900000', uuid: 'u-1', conversation_uuid: 'CON-1' });

  const reply = async (route: CallRoute | undefined): Promise<{ [name: string]: unknown }[]> => {
    const request = requestFor(channel, { headers: { authorization: tokenOf(body) }, body: bytes(body) });
    const { asks } = await vonage.verify!(request, endpoint(), toolsFor({ now: () => NOW }));
    return JSON.parse(String(asks!.reply(route).body)) as { [name: string]: unknown }[];
  };

  it.each([
    [{ extension: 'vbc:101' }, { type: 'vbc', extension: '101' }],
    [{ extension: 'anna' }, { type: 'app', user: 'anna' }],
    [{ extension: 'app:anna' }, { type: 'app', user: 'anna' }],
    [{ extension: 'sip:101@example.com' }, { type: 'sip', uri: 'sip:101@example.com' }],
    [
      { extension: 'x', dial: '+7 (999) 000-22-33' },
      { type: 'phone', number: '79990002233' },
    ],
  ])('rings %o', async (target, at) => {
    const [, action] = await reply({ targets: [{ extension: ' ' }, target, { extension: 'other' }] });
    expect(action).toMatchObject({ action: 'connect', endpoint: [at] });
  });

  it('is JSON and an address whatever people are called', async () => {
    for (const extension of ['"}],[{"', '\ud800', 'a&last=1#x', 'Анна\u0000']) {
      const [, action] = await reply({ targets: [{ extension }] });
      const url = new URL((action as { eventUrl: string[] }).eventUrl[0]!);
      expect([...url.searchParams]).toEqual([
        ['leg', 'phone'],
        ['ext', extension.toWellFormed()],
      ]);
    }
  });

  it('is a sentence where nobody is left', async () => {
    expect(await reply({ targets: [{ extension: '' }] })).toMatchObject([{ action: 'talk' }]);
  });
});

it('takes an overheard token once, whatever the query', async () => {
  const ask = (query: string) => {
    const url = `/in/telephony/k3y?${query}`;
    const request = requestFor(channel, { method: 'GET', url, headers: { authorization: tokenOf(undefined) } });
    return vonage.verify!(request, endpoint(), toolsFor({ now: () => NOW }));
  };
  const one = await ask('from=442079460000&to=447700900000&uuid=u-1&conversation_uuid=CON-1');
  const other = await ask('from=442079460009&to=447700900000&uuid=u-2&conversation_uuid=CON-2');
  expect(one.repeatKey).toBe('vonage:jti-1');
  expect(other.repeatKey).toBe(one.repeatKey);
});
