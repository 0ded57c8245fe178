import { describe, expect, it } from 'vitest';
import { form } from '../../../channels/form/index.ts';
import type { Channel, Genuine, Tools } from '../../../src/channel.ts';
import { Rejected } from '../../../src/errors.ts';
import { bytes, endpointFor, requestFor, toolsFor } from '../stand-ins.ts';
import { askChallenge, encode, solve } from './altcha-answer.ts';

const channel = form as unknown as Channel;

async function send(
  settings: Record<string, unknown>,
  tools: Tools,
  fields: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<Genuine> {
  const request = requestFor(channel, {
    headers: { 'content-type': 'application/json', 'accept-language': 'en', ...headers },
    body: bytes(JSON.stringify({ phone: '+15550100199', ...fields })),
  });
  return channel.verify!(request, endpointFor(channel, settings), tools);
}

const statusOf = async (work: Promise<unknown>): Promise<number> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) return 200;
  expect(error).toBeInstanceOf(Rejected);
  return (error as Rejected).status;
};

describe('altcha', () => {
  const settings = { captcha: 'altcha', altchaCost: 100 };

  it('takes a solution once', async () => {
    const tools = toolsFor();
    const altcha = encode(await solve(await askChallenge(channel, endpointFor(channel, settings), tools)));
    expect(await statusOf(send(settings, tools, { altcha }))).toBe(200);
    expect(await statusOf(send(settings, tools, { altcha, name: 'Another' }))).toBe(403);
  });

  it('lets a retry through, and nobody else, when the challenge was bound to the Idempotency-Key', async () => {
    const tools = toolsFor();
    const challenge = await askChallenge(channel, endpointFor(channel, settings), tools, '&for=try-1');
    const altcha = encode(await solve(challenge));
    const retry = () => send(settings, tools, { altcha }, { 'idempotency-key': 'try-1' });
    expect(await retry()).toEqual({ repeatKey: 'idem:try-1' });
    expect(await retry()).toEqual({ repeatKey: 'idem:try-1' });
    expect(await statusOf(send(settings, tools, { altcha }, { 'idempotency-key': 'try-2' }))).toBe(403);
    expect(await statusOf(send(settings, tools, { altcha, _idem: 'try-1' }))).toBe(403);
  });

  it('does not use up a solution on a form that is refused for another reason', async () => {
    const tools = toolsFor();
    const altcha = encode(await solve(await askChallenge(channel, endpointFor(channel, settings), tools)));
    expect(await statusOf(send(settings, tools, { altcha, phone: '' }))).toBe(422);
    expect(await statusOf(send(settings, tools, { altcha }))).toBe(200);
  });

  it('refuses a solution of yesterday, of another endpoint, and none at all', async () => {
    const yesterday = toolsFor({ now: () => new Date(Date.now() - 86_400_000) });
    const old = encode(await solve(await askChallenge(channel, endpointFor(channel, settings), yesterday)));
    expect(await statusOf(send(settings, toolsFor(), { altcha: old }))).toBe(403);
    const other = toolsFor({ secret: () => new Uint8Array(32).fill(7) });
    const foreign = encode(await solve(await askChallenge(channel, endpointFor(channel, settings), other)));
    expect(await statusOf(send(settings, toolsFor(), { altcha: foreign }))).toBe(403);
    expect(await statusOf(send(settings, toolsFor(), {}))).toBe(403);
  });
});

const SECRET = 'a-secret-that-must-not-leak';
const asked = (provider: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  captcha: provider,
  captchaSiteKey: 'site-key',
  captchaSecret: SECRET,
  ...more,
});

function provider(answer: unknown, status = 200): { tools: Tools; calls: { url: string; body: URLSearchParams }[] } {
  const calls: { url: string; body: URLSearchParams }[] = [];
  const fetchStandIn = async (url: unknown, init?: { body?: unknown; signal?: AbortSignal | null }) => {
    calls.push({ url: String(url), body: init?.body as URLSearchParams });
    expect(init?.signal, 'has a timeout').toBeInstanceOf(AbortSignal);
    if (answer instanceof Error) throw answer;
    return new Response(typeof answer === 'string' ? answer : JSON.stringify(answer), { status });
  };
  return { tools: toolsFor({ fetch: fetchStandIn as typeof fetch }), calls };
}

const TOKENS: Record<string, string> = {
  turnstile: 'cf-turnstile-response',
  hcaptcha: 'h-captcha-response',
  recaptcha: 'g-recaptcha-response',
  smartcaptcha: 'smart-token',
};

const judge = async (
  name: string,
  answer: unknown,
  more: Record<string, unknown> = {},
  status = 200,
): Promise<number> =>
  statusOf(send(asked(name, more), provider(answer, status).tools, { [TOKENS[name]!]: 'token-1' }));

describe.each(['turnstile', 'hcaptcha', 'recaptcha'])('%s', (name) => {
  it('passes, fails, and never asks without a token', async () => {
    const { tools, calls } = provider({ success: true, hostname: 'shop.example.com' });
    expect(await statusOf(send(asked(name), tools, { [TOKENS[name]!]: 'token-1' }))).toBe(200);
    expect(calls[0]!.url).toMatch(/^https:\/\//);
    expect(calls[0]!.body.get('secret')).toBe(SECRET);
    expect(calls[0]!.body.get('response')).toBe('token-1');
    expect(calls[0]!.body.get('remoteip')).toBe('192.0.2.10');
    expect(await statusOf(send(asked(name), tools, {}))).toBe(403);
    expect(await statusOf(send(asked(name), tools, { [TOKENS[name]!]: 'x'.repeat(9000) }))).toBe(403);
    expect(calls.length).toBe(1);
    expect(await judge(name, { success: false, 'error-codes': ['invalid-input-response'] })).toBe(403);
    expect(await judge(name, { success: 'true' })).toBe(403);
  });

  it('checks on which site it was solved', async () => {
    const only = { allowedOrigins: ['https://shop.example.com'] };
    expect(await judge(name, { success: true, hostname: 'shop.example.com' }, only)).toBe(200);
    expect(await judge(name, { success: true, hostname: 'inlet.example.com' }, only)).toBe(200);
    expect(await judge(name, { success: true, hostname: 'evil.example.org' }, only)).toBe(403);
  });

  it('does what the setting says when the provider is down or the secret is wrong', async () => {
    const down: [unknown, number][] = [
      [new Error('connect ETIMEDOUT'), 200],
      ['<html>', 200],
      [{}, 503],
      [{ success: false, 'error-codes': ['invalid-input-secret'] }, 200],
    ];
    for (const [answer, status] of down) {
      expect(await judge(name, answer, {}, status)).toBe(200);
      expect(await judge(name, answer, { captchaWhenDown: 'reject' }, status)).toBe(503);
    }
  });
});

describe('turnstile', () => {
  it('repeats the same check under the same key, and another under another', async () => {
    const { tools, calls } = provider({ success: true });
    for (const key of ['a', 'a', 'b'])
      await send(asked('turnstile'), tools, { 'cf-turnstile-response': 't' }, { 'idempotency-key': key });
    const keys = calls.map(({ body }) => body.get('idempotency_key'));
    expect(keys[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
  });
});

describe('recaptcha v3', () => {
  it('wants the score and the action', async () => {
    const v3 = { captchaScore: 0.5 };
    expect(await judge('recaptcha', { success: true, score: 0.9, action: 'lead' }, v3)).toBe(200);
    expect(await judge('recaptcha', { success: true, score: 0.4, action: 'lead' }, v3)).toBe(403);
    expect(await judge('recaptcha', { success: true, score: 0.9, action: 'login' }, v3)).toBe(403);
    expect(await judge('recaptcha', { success: true }, v3)).toBe(403);
  });
});

describe('smartcaptcha', () => {
  it('passes, fails, and treats "ok" without a host as no check', async () => {
    const reject = { captchaWhenDown: 'reject', allowedOrigins: ['https://shop.example.com'] };
    expect(await judge('smartcaptcha', { status: 'ok', host: 'shop.example.com:443' }, reject)).toBe(200);
    expect(await judge('smartcaptcha', { status: 'ok', host: 'evil.example.org' }, reject)).toBe(403);
    expect(await judge('smartcaptcha', { status: 'failed', message: 'Token invalid or expired.' }, reject)).toBe(403);
    expect(await judge('smartcaptcha', { status: 'ok', host: '' }, reject)).toBe(503);
    expect(await judge('smartcaptcha', { status: 'ok', host: '' })).toBe(200);
    const wrong = { status: 'failed', message: 'Authentication failed. Secret has not provided.' };
    expect(await judge('smartcaptcha', wrong, reject)).toBe(503);
    const { tools, calls } = provider({ status: 'ok', host: 'shop.example.com' });
    await send(asked('smartcaptcha'), tools, { 'smart-token': 't' });
    expect([...calls[0]!.body.keys()].sort()).toEqual(['ip', 'secret', 'token']);
  });
});

it('a captcha that asks a provider needs both keys', () => {
  expect(form.settings.safeParse({ captcha: 'turnstile' }).success).toBe(false);
  expect(form.settings.safeParse({ captcha: 'altcha' }).success).toBe(true);
});
