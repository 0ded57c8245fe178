import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../channels/telephony/adapter.ts';
import { telephony } from '../../../channels/telephony/index.ts';
import { telphin } from '../../../channels/telephony/providers/telphin/index.ts';
import type { Channel, Tools } from '../../../src/channel.ts';
import { Later, Refused } from '../../../src/errors.ts';
import { endpointFor, toolsFor } from '../stand-ins.ts';

const channel = telephony as unknown as Channel;
const endpointWith = (settings: Record<string, unknown> = {}): Endpoint =>
  endpointFor(channel, {
    provider: 'telphin',
    telphinAppId: 'example-app',
    telphinAppSecret: 'example-secret',
    telphinExtensionId: '193958',
    ...settings,
  }) as unknown as Endpoint;
const { signal } = new AbortController();
const FILE = { name: 'r.mp3', ref: { recording: '193958-3a84' } };
const CALL = { idempotencyKey: 'a', from: { extension: '453*101' }, to: '+79990001122' };
const API = 'https://apiproxy.telphin.ru';

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
const token = (): Response => json({ access_token: 't0ken', expires_in: 3600 });

describe('a recording', () => {
  it('is fetched in three steps: a token, an address, the file', async () => {
    const tools = world(token(), json({ record_url: 'https://storage.telphin.ru/12345' }), new Response('sound'));
    const sound = await telphin.fetch!(FILE, endpointWith(), tools, signal);
    expect(new TextDecoder().decode(sound)).toBe('sound');
    expect(tools.asked.map(([url]) => url)).toEqual([
      `${API}/oauth/token`,
      `${API}/api/ver1.0/client/@me/record/193958-3a84/storage_url/`,
      'https://storage.telphin.ru/12345',
    ]);
    expect(Object.fromEntries(new URLSearchParams(tools.asked[0]?.[1].body as string))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'example-app',
      client_secret: 'example-secret',
      scope: 'all',
    });
    expect(tools.asked[1]?.[1].headers).toEqual({ authorization: 'Bearer t0ken' });
    expect(JSON.stringify(tools.asked[2]?.[1].headers)).not.toContain('t0ken');
  });

  it.each([
    ['no address yet', [token(), json({}, 404)], Later],
    ['too many questions', [token(), json({}, 429)], Later],
    ['no token now', [json({}, 503)], Later],
    ['a wrong secret', [json({ error: 'invalid_client' }, 401)], Refused],
    ['no right to read it', [token(), json({}, 403)], Refused],
    ['an address elsewhere', [token(), json({ record_url: 'https://example.com/1' })], Refused],
  ])('with %s', async (_name, answers, error) => {
    await expect(telphin.fetch!(FILE, endpointWith(), world(...answers), signal)).rejects.toBeInstanceOf(error);
  });

  it('needs an application', async () => {
    const endpoint = endpointWith({ telphinAppId: undefined });
    await expect(telphin.fetch!(FILE, endpoint, world(), signal)).rejects.toBeInstanceOf(Refused);
  });
});

describe('a call of ours', () => {
  it('rings our person first, where they are', async () => {
    const tools = world(token(), json({ call_id: '02ab', call_api_id: '02ab' }), token(), json({}, 201));
    expect(await telphin.dial!(CALL, endpointWith(), tools, signal)).toEqual({});
    await telphin.dial!({ ...CALL, from: { extension: '101', dial: '+79990005566' } }, endpointWith(), tools, signal);
    expect(tools.asked[1]).toMatchObject([
      `${API}/api/ver1.0/extension/193958/callback/`,
      {
        method: 'POST',
        headers: { authorization: 'Bearer t0ken', 'content-type': 'application/json' },
        body: '{"src_num":["453*101"],"dst_num":"79990001122"}',
      },
    ]);
    expect(tools.asked[3]?.[1].body).toBe('{"src_num":["79990005566"],"dst_num":"79990001122"}');
  });

  it.each([
    ['refused', [token(), json({ message: 'No money' }, 400)], 'Refused'],
    ['refused for want of a token', [json({}, 503)], 'Refused'],
    ['lost', [token(), new Response('', { status: 502 })], 'Error'],
  ])('can be %s', async (_name, answers, name) => {
    await expect(telphin.dial!(CALL, endpointWith(), world(...answers), signal)).rejects.toMatchObject({ name });
  });

  it('needs an extension to be made in the name of', async () => {
    const endpoint = endpointWith({ telphinExtensionId: undefined });
    await expect(telphin.dial!(CALL, endpoint, world(), signal)).rejects.toBeInstanceOf(Refused);
  });
});
