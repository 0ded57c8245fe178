/** What samples cannot show of Telnyx: the commands that steer a call, and downloads. */
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../channels/telephony/adapter.ts';
import { telephony } from '../../../channels/telephony/index.ts';
import { telnyx } from '../../../channels/telephony/providers/telnyx/index.ts';
import type { CallRoute, Channel } from '../../../src/channel.ts';
import { Later, Refused, Rejected } from '../../../src/errors.ts';
import { bytes, endpointFor, requestFor, toolsFor } from '../stand-ins.ts';
import { headersFor, NOW, OTHER_KEY, PUBLIC_KEY, telnyxCase } from './telnyx.ts';

const channel = telephony as unknown as Channel;
const endpoint = (over: Record<string, unknown> = {}): Endpoint =>
  endpointFor(channel, { ...telnyxCase.settings, telnyxApiKey: 'KEY-example', ...over }) as unknown as Endpoint;

interface Asked {
  url: string;
  init: RequestInit;
  body: Record<string, unknown>;
}
const NOT_ANSWERED = { errors: [{ code: '90034', title: 'Call not answered yet', detail: 'This call can not.' }] };

/** The answers in order; the last one for ever. */
const answering = (asked: Asked[], ...answers: [status: number, body: unknown][]) =>
  toolsFor({
    now: () => NOW,
    fetch: async (input, init) => {
      asked.push({ url: String(input), init: init ?? {}, body: JSON.parse(String(init?.body ?? 'null')) });
      const [status, body] = answers[Math.min(asked.length, answers.length) - 1]!;
      return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
    },
  });

const incoming = JSON.stringify({
  data: {
    id: 'e-1',
    event_type: 'call.initiated',
    payload: {
      call_control_id: 'v3:a/b',
      call_session_id: 's-1',
      from: '+79990001122',
      to: '+74950000000',
      direction: 'incoming',
      state: 'parked',
    },
  },
});

async function command(
  route: CallRoute | undefined,
  answers: [status: number, body: unknown][],
  over: Record<string, unknown> = {},
): Promise<Asked[]> {
  const asked: Asked[] = [];
  const request = requestFor(channel, { headers: headersFor(incoming), body: bytes(incoming) });
  const { asks } = await telnyx.verify!(request, endpoint(over), answering(asked, ...answers));
  expect(asks!.reply(route)).toMatchObject({ status: 200, body: '{}' });
  expect(asked).toEqual([]);
  await asks!.command!(route);
  return asked;
}

const stateOf = (given: unknown): unknown => JSON.parse(Buffer.from(String(given), 'base64').toString('utf8'));

describe('sending a call on', () => {
  const route = { targets: [{ extension: '102', dial: '+79990002233' }, { extension: '101' }] };
  const ok: [number, unknown] = [200, { data: { result: 'ok' } }];

  it('transfers it to the best one, once', async () => {
    const [first, ...more] = await command(route, [ok]);
    expect(more).toEqual([]);
    expect(first!.url).toBe('https://api.telnyx.com/v2/calls/v3%3Aa%2Fb/actions/transfer');
    expect(first!.init.method).toBe('POST');
    expect(first!.init.headers).toEqual({
      authorization: 'Bearer KEY-example',
      'content-type': 'application/json',
    });
    const { client_state, target_leg_client_state, ...body } = first!.body;
    expect(body).toEqual({
      to: '+79990002233',
      timeout_secs: 25,
      command_id: 'inlet-e-1',
      record: 'record-from-answer',
      record_channels: 'dual',
      record_format: 'mp3',
    });
    expect(stateOf(client_state)).toEqual({ inlet: 'caller' });
    expect(stateOf(target_leg_client_state)).toEqual({ inlet: 'phone', ext: '102' });
  });

  it.each([
    [{ extension: 'anna' }, 'sip:anna@sip.telnyx.com'],
    [{ extension: 'a@evil.example;x' }, 'sip:a%40evil.example%3Bx@sip.telnyx.com'],
    [{ extension: 'sip:101@example.com' }, 'sip:101@example.com'],
    [{ extension: '+7 (999) 000-22-33' }, '+79990002233'],
  ])('rings %o', async (target, to) => {
    const [first] = await command({ targets: [target] }, [ok], { telnyxRecord: false });
    expect(first!.body.to).toBe(to);
    expect(first!.body).not.toHaveProperty('record');
  });

  it('rings the default when nobody was found, and leaves the call alone when there is none', async () => {
    const [first] = await command(undefined, [ok], { fallbackTarget: '+79990003344' });
    expect(first!.body.to).toBe('+79990003344');
    expect(await command(undefined, [ok])).toEqual([]);
  });

  it('answers first where Telnyx insists', async () => {
    const asked = await command(route, [[422, NOT_ANSWERED], ok]);
    expect(asked).toHaveLength(1 + 2);
    expect(asked.map(({ url }) => url.split('/').at(-1))).toEqual(['transfer', 'answer', 'transfer']);
    expect(new Set(asked.map(({ body }) => body.command_id)).size).toBe(3);
  });

  it('says what went wrong', async () => {
    const wrong: [number, unknown] = [422, { errors: [{ detail: 'The destination is invalid.' }] }];
    await expect(command(route, [wrong])).rejects.toThrow('Telnyx refused (422): The destination is invalid.');
    await expect(command(route, [[500, 'oops']])).rejects.toThrow('Telnyx answered 500.');
  });
});

describe('recordings', () => {
  const signal = new AbortController().signal;
  const file = (url: string) => ({ name: 'one', mediaType: 'audio/mpeg', ref: { url } });
  const own = 'https://telephony-recorder-prod.s3.amazonaws.com/example/one.mp3?X-Amz-Expires=600';

  it('are downloaded from where Telnyx keeps them, without the key', async () => {
    const asked: Asked[] = [];
    const got = await telnyx.fetch!(file(own), endpoint(), answering(asked, [200, 'audio']), signal);
    expect(new TextDecoder().decode(got)).toBe('audio');
    expect(asked[0]!.url).toBe(own);
    expect(JSON.stringify(asked[0]!.init)).not.toContain('KEY');
    for (const url of ['https://s3.amazonaws.com/else/one.mp3', 'https://telnyx.com.evil.example/'])
      await expect(telnyx.fetch!(file(url), endpoint(), answering([], [200, 'x']), signal)).rejects.toBeInstanceOf(
        Refused,
      );
  });

  it('may be too late, or too early', async () => {
    await expect(telnyx.fetch!(file(own), endpoint(), answering([], [403, '']), signal)).rejects.toBeInstanceOf(
      Refused,
    );
    await expect(telnyx.fetch!(file(own), endpoint(), answering([], [404, '']), signal)).rejects.toBeInstanceOf(Later);
  });
});

describe('while the keys are being changed', () => {
  const ask = async (telnyxPublicKey: string, previousSecret: string) => {
    const request = requestFor(channel, { headers: headersFor(incoming), body: bytes(incoming) });
    return telnyx.verify!(request, endpoint({ telnyxPublicKey, previousSecret }), toolsFor({ now: () => NOW }));
  };

  it('takes the previous public key too', async () => {
    expect(await ask(OTHER_KEY, PUBLIC_KEY)).toHaveProperty('repeatKey', 'telnyx:e-1');
    expect(await ask(PUBLIC_KEY, OTHER_KEY)).toHaveProperty('repeatKey', 'telnyx:e-1');
  });

  it.each(['', 'no key at all', 'AAAA', 'A'.repeat(43), `${'A'.repeat(42)}==`, OTHER_KEY])(
    'takes nothing by %s',
    async (previous) => {
      await expect(ask(OTHER_KEY, previous)).rejects.toBeInstanceOf(Rejected);
    },
  );
});
