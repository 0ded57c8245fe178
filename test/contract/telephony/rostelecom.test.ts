/** Rostelecom: the published signature, and what is asked of their API. */
import { describe, expect, it } from 'vitest';
import { telephony } from '../../../channels/telephony/index.ts';
import { rostelecom } from '../../../channels/telephony/providers/rostelecom/index.ts';
import { sign } from '../../../channels/telephony/providers/rostelecom/sign.ts';
import type { Channel, Dial, RemoteFile } from '../../../src/channel.ts';
import { Later, Refused } from '../../../src/errors.ts';
import { bytes, endpointFor, toolsFor } from '../stand-ins.ts';
import { rostelecomCase } from './rostelecom.ts';

const channel = telephony as unknown as Channel;
const endpointWith = (settings = {}) => endpointFor(channel, { ...rostelecomCase.settings, ...settings }) as never;
const signal = AbortSignal.timeout(10_000);
const API = 'https://api.cloudpbx.rt.ru';

interface Asked {
  readonly url: string;
  readonly method: string | undefined;
  readonly headers: Headers;
  readonly body: string;
}

/** Answers in turn. */
function answering(...answers: Response[]) {
  const asked: Asked[] = [];
  const fetch = (async (url: string, init: RequestInit = {}) => {
    asked.push({ url, method: init.method, headers: new Headers(init.headers), body: String(init.body ?? '') });
    return answers.shift() ?? Promise.reject(new Error('asked too often'));
  }) as typeof globalThis.fetch;
  return { asked, tools: toolsFor({ fetch, now: () => new Date('2025-02-03T09:00:00Z') }) };
}
const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });

it('signs as in the worked example of the guide, and as computed by ourselves', () => {
  const body = '{"request_number": "+74951234567","from_sipuri": "test_user@cloudpbx.rt.ru"}';
  const published = 'fc95a524342dc68df90f7488e6d821c5a8a3b667d585490b50ebf939f1202c36';
  expect(sign('000003C405E6525C64C184258C44EC99', body, '00000716ABDA6D4DFF10F82BCBBFC532')).toBe(published);
  const own = '979db9cbe2d1e36a4ec4f1cef2cc939b4457f7e46d8022b7c5a0ca03a67029a9';
  expect(sign('client', '{"session_id":"S1"}', 'key')).toBe(own);
  expect(sign('client', bytes('{"session_id":"S1"}'), 'key')).toBe(own);
});

describe('click-to-call', () => {
  const CALL: Dial = { idempotencyKey: 'b2c7', from: { extension: 'anna' }, to: '+79990001122' };

  it('asks for the employee first, signed', async () => {
    const { asked, tools } = answering(json({ result: 0, resultMessage: 'ok' }));
    const endpoint = endpointWith({ rostelecomDomain: 'example.20.rt.ru' });
    expect(await rostelecom.dial!(CALL, endpoint, tools, signal)).toEqual({});
    const body = '{"request_number":"+79990001122","from_sipuri":"anna@example.20.rt.ru"}';
    expect(asked[0]).toMatchObject({ url: `${API}/call_back`, method: 'POST', body });
    expect(asked[0]?.headers.get('x-client-id')).toBe('example-client-id');
    expect(asked[0]?.headers.get('x-client-sign')).toBe(sign('example-client-id', body, 'example-signing-key'));
  });

  it('takes an address as it is, and refuses a name without a domain', async () => {
    const { asked, tools } = answering(json({ resultMessage: 'OK' }));
    const from = { extension: '101', dial: 'sip:boris@other.20.rt.ru' };
    await rostelecom.dial!({ ...CALL, from }, endpointWith(), tools, signal);
    expect(asked[0]?.body).toContain('"from_sipuri":"boris@other.20.rt.ru"');
    await expect(rostelecom.dial!(CALL, endpointWith(), tools, signal)).rejects.toBeInstanceOf(Refused);
    expect(asked).toHaveLength(1);
  });

  it('says what was refused, and does not know the rest', async () => {
    const endpoint = endpointWith({ rostelecomDomain: 'example.20.rt.ru' });
    const of = (answer: Response) => rostelecom.dial!(CALL, endpoint, answering(answer).tools, signal);
    await expect(of(json({ result: -1, resultMessage: 'no such user' }))).rejects.toBeInstanceOf(Refused);
    await expect(of(json({ resultMessage: 'bad signature' }, 403))).rejects.toThrow(/bad signature/);
    const unknown = await of(json({}, 502)).catch((error: unknown) => error);
    expect(unknown).not.toBeInstanceOf(Refused);
  });
});

describe('recordings', () => {
  const fileAt = (at: string): RemoteFile => ({
    name: 'S1.mp3',
    ref: { session: 'S1', at: new Date(at).getTime() },
  });
  const file = fileAt('2025-02-03T08:59:00Z');

  it('are a link that is asked for, then a download without our keys in it', async () => {
    const url = `${API}/get_record_file?one-time=1`;
    const { asked, tools } = answering(json({ result: '0', url }), new Response('ID3'));
    const found = await rostelecom.fetch!(file, endpointWith(), tools, signal);
    expect(Buffer.from(found).toString()).toBe('ID3');
    expect(asked.map((one) => one.url)).toEqual([`${API}/get_record`, url]);
    expect(asked[0]?.body).toBe('{"session_id":"S1"}');
    expect(asked[0]?.headers.get('x-client-sign')).toBe(
      sign('example-client-id', '{"session_id":"S1"}', 'example-signing-key'),
    );
    expect(asked[1]?.headers.get('x-client-sign')).toBeNull();
  });

  it('come later, or not at all', async () => {
    const of = (one: RemoteFile, ...answers: Response[]) =>
      rostelecom.fetch!(one, endpointWith(), answering(...answers).tools, signal);
    await expect(of(file, json({ result: 1, resultMessage: 'not ready' }))).rejects.toBeInstanceOf(Later);
    await expect(of(fileAt('2025-02-02T09:00:00Z'), json({ result: 1 }))).rejects.toBeInstanceOf(Refused);
    await expect(of(file, json({}, 403))).rejects.toBeInstanceOf(Refused);
    await expect(of(file, json({ url: 'https://evil.example.com/x' }))).rejects.toBeInstanceOf(Refused);
    await expect(of(file, json({ url: `${API}/x` }), new Response('', { status: 500 }))).rejects.toBeInstanceOf(Later);
  });

  it('keep to an address of the API that the admin chose', async () => {
    const { asked, tools } = answering(json({ result: 1 }));
    const endpoint = endpointWith({ rostelecomApi: 'https://api.example.com' });
    await rostelecom.fetch!(file, endpoint, tools, signal).catch(() => undefined);
    expect(asked[0]?.url).toBe('https://api.example.com/get_record');
    for (const bad of ['http://api.example.com', 'https://api.example.com/path', 'file:///etc'])
      expect(channel.settings.safeParse({ ...rostelecomCase.settings, rostelecomApi: bad }).success).toBe(false);
  });
});
