import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../channels/telephony/adapter.ts';
import { telephony } from '../../../channels/telephony/index.ts';
import { novofon } from '../../../channels/telephony/providers/novofon/index.ts';
import { zadarma } from '../../../channels/telephony/providers/zadarma/index.ts';
import { authorization, signaturesOf, sortedQuery } from '../../../channels/telephony/providers/zadarma/signature.ts';
import type { Channel, InboundRequest, RoutingQuestion, Tools } from '../../../src/channel.ts';
import { Later, Refused } from '../../../src/errors.ts';
import { bytes, endpointFor, requestFor, toolsFor } from '../stand-ins.ts';

const channel = telephony as unknown as Channel;
const endpointWith = (settings: Record<string, unknown> = {}): Endpoint =>
  endpointFor(channel, {
    provider: 'zadarma',
    zadarmaKey: 'example-key',
    zadarmaSecret: 'secret',
    ...settings,
  }) as unknown as Endpoint;
const { signal } = new AbortController();
const FILE = { name: 'r.mp3', ref: { recording: '1714979289.100001' } };
const CALL = { idempotencyKey: 'a', from: { extension: '101' }, to: '+79990001122' };

/** Answers in turn, and what was asked. */
function world(...answers: Response[]): Tools & { readonly asked: [string, RequestInit | undefined][] } {
  const asked: [string, RequestInit | undefined][] = [];
  const fetch = async (url: unknown, init?: RequestInit): Promise<Response> => {
    asked.push([String(url), init]);
    return answers.shift() ?? Promise.reject(new Error('nobody answers'));
  };
  return { ...toolsFor({ fetch: fetch as typeof globalThis.fetch }), asked };
}

const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });

describe('the signatures', () => {
  it('are those of the two vectors, in both encodings', () => {
    expect(signaturesOf('secret', 'in_8a5ce1b1714979289.100001')).toEqual([
      'NzFjYmFiOTQyZDgxMzJjMTQwMjRiY2Q3NzQ2ZGU2NzJhNGFjOWQ5YQ==',
      'ccurlC2BMsFAJLzXdG3mcqSsnZo=',
    ]);
    expect(signaturesOf('secret', '499300000044420376918802024-05-06 07:08:09')).toEqual([
      'Y2M0YWIyOGUyMzA3MjJlOTI2ODZiYWI4MTg0NGJiOWEwZGJlMmMwNQ==',
      'zEqyjiMHIukmhrq4GES7mg2+LAU=',
    ]);
  });

  it('write a query as PHP does, sorted by name', () => {
    expect(sortedQuery({ to: 'a b', from: "x*y~z'()!", format: 'json' })).toBe(
      'format=json&from=x%2Ay%7Ez%27%28%29%21&to=a+b',
    );
    expect(authorization('key', 'secret', '/v1/info/balance/', 'format=json')).toBe(
      `key:${signaturesOf('secret', '/v1/info/balance/format=json0cce6c99b4e629aa977d00c2fece8a23')[0]}`,
    );
  });
});

describe('the handshake', () => {
  const look = (query: string): ReturnType<NonNullable<typeof zadarma.handshake>> =>
    zadarma.handshake?.({ url: `/in/telephony/k3y${query}` } as InboundRequest, endpointWith());

  it('echoes the word as text', () => {
    expect(look('?zd_echo=a1B2.c-d_e')).toMatchObject({ status: 200, body: 'a1B2.c-d_e' });
    expect(look('?zd_echo=x')?.headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8' });
  });

  it.each(['', '?zd_echo=', '?zd_echo=%3Cscript%3E', `?zd_echo=${'a'.repeat(201)}`])(
    'echoes nothing for %j',
    (query) => expect(look(query)).toBeUndefined(),
  );
});

describe('the way of a call', () => {
  const ask = (settings: Record<string, unknown> = {}): RoutingQuestion => {
    const [request] = zadarma.test!(endpointWith(), { callId: 'c', client: '+79990001122', at: new Date(0) });
    const { headers, body } = request!;
    const found = zadarma.verify!(
      requestFor(channel, { headers, body: bytes(body) }),
      endpointWith(settings),
      toolsFor(),
    );
    return (found as { asks: RoutingQuestion }).asks;
  };
  const bodyOf = (route: Parameters<RoutingQuestion['reply']>[0], settings?: Record<string, unknown>): unknown =>
    JSON.parse(ask(settings).reply(route).body as string);

  it('goes to the first of the targets that the PBX knows how to reach', () => {
    const targets = [{ extension: 'anna"}' }, { extension: '102' }, { extension: '101' }];
    expect(bodyOf({ targets })).toEqual({ redirect: '102', return_timeout: 25 });
    expect(bodyOf({ targets: [{ extension: '101', dial: '0-1' }] })).toEqual({ redirect: '0-1', return_timeout: 25 });
    expect(bodyOf({ targets: [{ extension: '101', dial: 'sip:a@example.com' }] })).toEqual({
      redirect: '101',
      return_timeout: 25,
    });
  });

  it('goes the default way when no target can be reached', () => {
    expect(bodyOf({ targets: [{ extension: 'anna' }] })).toEqual({});
    expect(bodyOf({ targets: [{ extension: 'anna' }] }, { fallbackTarget: '"100' })).toEqual({
      redirect: '"100',
      return_timeout: 25,
    });
  });
});

describe('a recording', () => {
  it('is asked for after the time that Zadarma needs to write it, and then fetched', async () => {
    const tools = world(
      json({ status: 'success', link: 'https://api.zadarma.com/v1/pbx/record/download/x/r.mp3' }),
      new Response('sound'),
    );
    const first = zadarma.fetch!(FILE, endpointWith(), tools, signal);
    await expect(first).rejects.toMatchObject({ name: 'Later', seconds: 45 });
    expect(tools.asked).toEqual([]);
    const sound = await zadarma.fetch!(FILE, endpointWith(), tools, signal);
    expect(new TextDecoder().decode(sound)).toBe('sound');
    const query = 'call_id=1714979289.100001&format=json&lifetime=1800';
    expect(tools.asked.map(([url]) => url)).toEqual([
      `https://api.zadarma.com/v1/pbx/record/request/?${query}`,
      'https://api.zadarma.com/v1/pbx/record/download/x/r.mp3',
    ]);
    expect(tools.asked[0]?.[1]?.headers).toEqual({
      authorization: authorization('example-key', 'secret', '/v1/pbx/record/request/', query),
    });
    expect(JSON.stringify(tools.asked[1]?.[1]?.headers)).not.toContain('example-key');
  });

  it.each([
    ['no link yet', json({ status: 'error', message: 'No record' }, 400), Later],
    ['too many questions', json({ status: 'error' }, 429), Later],
    ['no JSON', new Response('<html>'), Later],
    ['a wrong key', json({ status: 'error', message: 'Not authorized' }, 401), Refused],
    ['a link to elsewhere', json({ status: 'success', links: ['https://example.com/r.mp3'] }), Refused],
  ])('with %s', async (_name, answer, error) => {
    const tools = { ...world(answer), once: async () => false };
    await expect(zadarma.fetch!(FILE, endpointWith(), tools, signal)).rejects.toBeInstanceOf(error);
  });

  it('needs the key', async () => {
    const tools = { ...world(), once: async () => false };
    const endpoint = endpointWith({ zadarmaKey: undefined });
    await expect(zadarma.fetch!(FILE, endpoint, tools, signal)).rejects.toBeInstanceOf(Refused);
  });
});

describe('a call of ours', () => {
  it('rings our person first', async () => {
    const tools = world(json({ status: 'success', from: '101', to: '79990001122', time: 1714979289 }));
    expect(await zadarma.dial!(CALL, endpointWith(), tools, signal)).toEqual({});
    const query = 'format=json&from=101&to=79990001122';
    expect(tools.asked).toMatchObject([
      [
        `https://api.zadarma.com/v1/request/callback/?${query}`,
        { headers: { authorization: authorization('example-key', 'secret', '/v1/request/callback/', query) } },
      ],
    ]);
  });

  it('rings them elsewhere when they are elsewhere, at Novofon by its own host', async () => {
    const tools = world(json({ status: 'success' }));
    const settings = {
      provider: 'novofon',
      novofonKey: 'k3y-',
      novofonSecret: 's3cr3t',
      novofonApi: 'api.novofon.com',
    };
    const from = { extension: '101', dial: '+79990005566' };
    await novofon.dial!({ ...CALL, from }, endpointWith(settings), tools, signal);
    expect(tools.asked[0]?.[0]).toBe(
      'https://api.novofon.com/v1/request/callback/?format=json&from=79990005566&to=79990001122',
    );
  });

  it.each([
    ['refused', json({ status: 'error', message: 'Wrong number' }, 400), 'Refused'],
    ['refused with 200', json({ status: 'error', message: 'Wrong number' }), 'Refused'],
    ['lost', json({}, 502), 'Error'],
  ])('can be %s', async (_name, answer, name) => {
    await expect(zadarma.dial!(CALL, endpointWith(), world(answer), signal)).rejects.toMatchObject({ name });
  });
});
