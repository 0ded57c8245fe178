/** How the listener waits: on a clock of the test's own, with a Bot API that answers as it is told. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { telegram } from '../../../channels/telegram/index.ts';
import type { Health } from '../../../src/channel.ts';
import { TOKEN } from './bot-api.ts';
import { ME, type ScriptedCall, scripted, silence, telegramEndpoint, watched } from './scripted.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

type Say = Parameters<typeof scripted>[0];

function start(say: Say, settings: Record<string, unknown> = {}, language = 'en', address?: string) {
  const { fetch: stand, calls } = scripted((call, nth) => (call.method === 'getMe' ? { result: ME } : say(call, nth)));
  const { tools, reports } = watched(stand);
  const abort = new AbortController();
  const endpoint = telegramEndpoint(telegram, settings, language);
  const ended = { value: false };
  void telegram.listen!(address === undefined ? endpoint : { ...endpoint, address }, tools, abort.signal).then(() => {
    ended.value = true;
  });
  return { calls, reports, abort, ended, named: (method: string) => calls.filter((call) => call.method === method) };
}

/** Each wait that was announced, in seconds, over so many minutes. */
async function waits(reports: readonly Health[], minutes: number): Promise<number[]> {
  const found: number[] = [];
  for (let second = 0; second < minutes * 60; second += 1) {
    const seen = reports.length;
    await vi.advanceTimersByTimeAsync(1000);
    for (const { retryAt } of reports.slice(seen))
      if (retryAt !== undefined) found.push((retryAt.getTime() - Date.now()) / 1000);
  }
  return found;
}

const unlessPolling =
  (say: Say): Say =>
  (call, nth) =>
    call.method === 'getUpdates' ? say(call, nth) : { result: true };

const CONFLICT = { code: 409, description: 'Conflict: terminated by other getUpdates request' };

it('409: comes back after 5, 10, 20, 40, then every 60 seconds, and never takes the webhook away again', async () => {
  const description = "Conflict: can't use getUpdates method while webhook is active";
  const { reports, abort, named } = start(unlessPolling(() => ({ code: 409, description })));
  await vi.advanceTimersByTimeAsync(0);
  expect(reports.at(-1)).toMatchObject({ state: 'waiting' });
  expect(reports.at(-1)?.detail).toContain('webhook');
  expect(reports.at(-1)!.retryAt!.getTime() - Date.now()).toBe(5000);
  const later = await waits(reports, 5);
  expect(later.slice(0, 5)).toEqual([10, 20, 40, 60, 60]);
  expect(named('deleteWebhook')).toHaveLength(1);
  abort.abort();
});

it('409: one call that got through between two fights is not called connected', async () => {
  const { reports, abort } = start(
    unlessPolling(({ payload }) => (payload.timeout === 0 ? { result: [] } : CONFLICT)),
  );
  await waits(reports, 3);
  abort.abort();
  expect(reports.filter(({ state }) => state === 'connected')).toHaveLength(1);
  const waiting = reports.filter(({ state }) => state === 'waiting').map(({ retryAt }) => retryAt!.getTime());
  expect(waiting.length).toBeGreaterThan(3);
  expect(waiting.length).toBeLessThan(8);
});

it('409: all is well again once a long poll went through', async () => {
  let fights = 2;
  const { reports, abort } = start(
    unlessPolling(({ payload }) => {
      if (payload.timeout === 0) return { result: [] };
      fights -= 1;
      return fights >= 0 ? CONFLICT : fights > -3 ? { result: [] } : silence();
    }),
  );
  await vi.advanceTimersByTimeAsync(60_000);
  abort.abort();
  expect(reports.at(-1)).toEqual({ state: 'connected', as: '@leads_bot' });
});

it('429: waits as long as Telegram asks', async () => {
  const { reports, abort, named } = start(
    unlessPolling((_, nth) =>
      nth === 1 ? { code: 429, description: 'Too Many Requests', parameters: { retry_after: 17 } } : silence(),
    ),
  );
  await vi.advanceTimersByTimeAsync(16_900);
  expect(reports.at(-1)).toMatchObject({ state: 'waiting', detail: 'Telegram asks us to wait.' });
  expect(named('getUpdates')).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(named('getUpdates')).toHaveLength(2);
  abort.abort();
});

it('no network: waits longer each time, spread out, at most a minute', async () => {
  const failed = new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }) });
  const spans: number[] = [];
  let lastMs = Date.now();
  const { abort, reports } = start(
    unlessPolling(() => {
      spans.push(Date.now() - lastMs);
      lastMs = Date.now();
      return failed;
    }),
  );
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  abort.abort();
  for (const [index, span] of spans.slice(1).entries()) {
    const most = Math.min(60_000, 1000 * 2 ** index);
    expect(span).toBeGreaterThanOrEqual(most / 2 - 1);
    expect(span).toBeLessThanOrEqual(most + 1);
  }
  expect(spans.length).toBeGreaterThan(10);
  expect(reports.at(-1)?.detail).toContain('24 hours');
});

it('a token taken back while we poll: a person is needed, and the listener ends', async () => {
  const { reports, ended } = start(
    unlessPolling((_, nth) => (nth === 1 ? { result: [] } : { code: 401, description: 'Unauthorized' })),
    {},
    'ru',
  );
  await vi.advanceTimersByTimeAsync(10);
  expect(ended.value).toBe(true);
  expect(reports.at(-1)).toEqual({
    state: 'needs-human',
    detail: 'Telegram не принимает токен бота. Получите новый у @BotFather и сохраните его здесь.',
  });
});

it('says nothing of the token, whatever the errors say', async () => {
  const url = `https://api.telegram.org/bot${TOKEN}/getUpdates`;
  const errors = [
    new TypeError(`Failed to parse URL from ${url}`, { cause: new Error(url) }),
    { code: 400, description: `Bad Request: ${url}` },
    { code: 502, description: `Bad Gateway ${url}` },
  ];
  const { reports, abort } = start(unlessPolling((_, nth) => errors[nth % errors.length]!));
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  abort.abort();
  expect(reports.length).toBeGreaterThan(5);
  expect(JSON.stringify(reports)).not.toContain(TOKEN.split(':')[1]);
});

const WEBHOOK = { mode: 'webhook' };
const ADDRESS = 'https://inlet.example.com/in/telegram/k3y';

it('webhook: needs https, and says so plainly', async () => {
  const { reports, ended, calls } = start(() => ({ result: true }), WEBHOOK, 'en', 'http://127.0.0.1:3000/in/t/k3y');
  await vi.advanceTimersByTimeAsync(0);
  expect(ended.value).toBe(true);
  expect(reports).toEqual([{ state: 'needs-human', detail: expect.stringContaining('https://') }]);
  expect(calls).toEqual([]);
});

const info = (over: Record<string, unknown> = {}) => ({ result: { url: ADDRESS, pending_update_count: 0, ...over } });
const onInfo =
  (say: (nth: number) => ReturnType<typeof info>): Say =>
  (call: ScriptedCall, nth) =>
    call.method === 'getWebhookInfo' ? say(nth) : { result: true };

it('webhook: is set once with a secret and without losing what waits, then watched every five minutes', async () => {
  const { reports, abort, named } = start(
    onInfo(() => info()),
    WEBHOOK,
  );
  await vi.advanceTimersByTimeAsync(16 * 60_000);
  abort.abort();
  expect(named('setWebhook').map(({ payload }) => payload)).toEqual([
    expect.objectContaining({
      url: ADDRESS,
      secret_token: expect.stringMatching(/^[0-9a-f]{64}$/),
      drop_pending_updates: false,
      allowed_updates: expect.arrayContaining(['business_message', 'message']),
    }),
  ]);
  expect(named('getWebhookInfo')).toHaveLength(4);
  expect(named('deleteWebhook')).toEqual([]);
  expect(reports).toEqual([{ state: 'connecting' }, { as: '@leads_bot', state: 'connected' }]);
});

it('webhook: tells what Telegram could not deliver, while that is news', async () => {
  const failedAt = Math.floor(Date.now() / 1000);
  const trouble = {
    pending_update_count: 3,
    last_error_date: failedAt,
    last_error_message: 'Wrong response from the webhook: 503 Service Unavailable',
  };
  const { reports, abort } = start(
    onInfo(() => info(trouble)),
    WEBHOOK,
  );
  await vi.advanceTimersByTimeAsync(0);
  expect(reports.at(-1)).toMatchObject({ state: 'waiting', detail: expect.stringContaining('503 Service') });
  await vi.advanceTimersByTimeAsync(20 * 60_000);
  expect(reports.at(-1)).toMatchObject({ state: 'connected', detail: 'Messages waiting at Telegram: 3.' });
  abort.abort();
});

it('webhook: another one in its place is for a person to decide, not for a fight', async () => {
  const { reports, abort, named } = start(
    onInfo((nth) => info(nth === 1 ? {} : { url: 'https://elsewhere.example.com/hook' })),
    WEBHOOK,
  );
  await vi.advanceTimersByTimeAsync(30 * 60_000);
  abort.abort();
  expect(reports.at(-1)).toMatchObject({ state: 'needs-human', detail: expect.stringContaining('another address') });
  expect(named('setWebhook')).toHaveLength(1);
});

it('webhook: an address that Telegram refuses is tried again each minute, with its reason on show', async () => {
  let refused = 2;
  const { reports, abort } = start((call) => {
    if (call.method === 'getWebhookInfo') return info();
    refused -= call.method === 'setWebhook' ? 1 : 0;
    return refused >= 0
      ? { code: 400, description: 'Bad Request: bad webhook: Failed to resolve host' }
      : { result: true };
  }, WEBHOOK);
  await vi.advanceTimersByTimeAsync(1000);
  expect(reports.at(-1)).toMatchObject({
    state: 'needs-human',
    detail: 'Telegram refused: Bad Request: bad webhook: Failed to resolve host',
  });
  await vi.advanceTimersByTimeAsync(3 * 60_000);
  abort.abort();
  expect(reports.at(-1)).toMatchObject({ state: 'connected' });
});
