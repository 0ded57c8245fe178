/** Polling against a Bot API server that gives every update until it is confirmed. */
import type { Update } from 'grammy/types';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { telegram } from '../../../channels/telegram/index.ts';
import { webhookSecret } from '../../../channels/telegram/webhook-secret.ts';
import type { Channel, Heard } from '../../../src/channel.ts';
import { bytes, type ListenStandIn, requestFor, toolsFor, until } from '../stand-ins.ts';
import { BotApi, TOKEN } from './bot-api.ts';
import { ME, scripted, silence, telegramEndpoint, watched } from './scripted.ts';

let api: BotApi;
beforeEach(async () => {
  api = await new BotApi().open();
});
afterEach(() => api.close());

const textOf = ({ body }: Heard): string =>
  (JSON.parse(new TextDecoder().decode(body)) as Update).message?.text ?? 'no text';

const message = (updateId: number, chatId: number, text: string): Update => ({
  update_id: updateId,
  message: {
    message_id: updateId,
    from: { id: chatId, is_bot: false, first_name: 'Ivan' },
    chat: { id: chatId, type: 'private', first_name: 'Ivan' },
    date: 1_767_225_600,
    text,
  },
});

function start(accept?: ListenStandIn['accept'], before?: ListenStandIn, settings: Record<string, unknown> = {}) {
  const { tools, reports } = watched(fetch, accept, before);
  const abort = new AbortController();
  const endpoint = telegramEndpoint(telegram, { apiRoot: api.apiRoot, ...settings });
  const ended = telegram.listen!(endpoint, tools, abort.signal).then(
    () => undefined,
    (error: unknown) => error,
  );
  const stop = async (): Promise<unknown> => {
    abort.abort();
    return ended;
  };
  return { tools, reports, ended, stop };
}

const offsets = (): unknown[] => api.called('getUpdates').map(({ payload }) => payload.offset);

it('confirms a batch only after each of its updates is committed', async () => {
  const gates = new Map<string, () => void>();
  const listener = start(async (heard) => {
    await new Promise<void>((resolve) => gates.set(textOf(heard), resolve));
    return { duplicate: false };
  });
  await until(() => listener.tools.health?.state === 'connected');
  for (const update of [message(1, 11, 'a'), message(2, 22, 'b'), message(3, 33, 'c')]) api.queue.push(update);
  api.push(message(4, 44, 'd'));
  await until(() => gates.size === 4);
  for (const text of ['a', 'b', 'd']) gates.get(text)!();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(api.queue).toHaveLength(4);
  expect(offsets().every((offset) => offset === undefined)).toBe(true);
  gates.get('c')!();
  await until(() => api.queue.length === 0);
  expect(offsets().at(-1)).toBe(5);
  await listener.stop();
});

it('confirms nothing when one of many cannot be committed, and has each once in the end', async () => {
  let down = true;
  const failing = async (heard: Heard) => {
    if (down && textOf(heard) === 'b') throw new Error('the database is away');
    return undefined as never;
  };
  const first = start(failing);
  await until(() => first.tools.health?.state === 'connected');
  for (const update of [message(1, 11, 'a'), message(2, 22, 'b')]) api.queue.push(update);
  api.push(message(3, 11, 'c'));
  expect(await first.ended).toMatchObject({ message: 'the database is away' });
  expect(api.queue).toHaveLength(3);
  expect(offsets().every((offset) => offset === undefined)).toBe(true);
  down = false;
  const second = start(failing, first.tools);
  await until(() => api.queue.length === 0);
  await second.stop();
  expect(second.tools.asked.filter(({ heard }) => textOf(heard) === 'a').length).toBe(2);
  expect(second.tools.accepted.map(({ heard }) => textOf(heard)).sort()).toEqual(['a', 'b', 'c']);
});

it('keeps the order of each chat, also behind a failure, and lets chats overtake each other', async () => {
  const order: string[] = [];
  const listener = start(async (heard) => {
    const text = textOf(heard);
    order.push(`${text} begins`);
    if (text.startsWith('slow')) await new Promise((resolve) => setTimeout(resolve, 100));
    order.push(`${text} ends`);
    if (text === 'slow 2') throw new Error('the database is away');
    return { duplicate: false };
  });
  await until(() => listener.tools.health?.state === 'connected');
  for (const [id, chat, text] of [
    [1, 11, 'slow 1'],
    [2, 11, 'slow 2'],
    [3, 11, 'slow 3'],
  ] as const)
    api.queue.push(message(id, chat, text));
  api.push(message(4, 22, 'quick'));
  await listener.ended;
  expect(order).toEqual([
    'slow 1 begins',
    'quick begins',
    'quick ends',
    'slow 1 ends',
    'slow 2 begins',
    'slow 2 ends',
  ]);
});

it('stops at once in the middle of a long poll, and confirms nothing on the way out', async () => {
  const listener = start();
  await until(() => api.called('getUpdates').length >= 2);
  const before = api.calls.length;
  const at = Date.now();
  expect(await listener.stop()).toBeUndefined();
  expect(Date.now() - at).toBeLessThan(1000);
  expect(api.calls).toHaveLength(before);
});

it('has no webhook beside it, throws nothing away, and names what it wants', async () => {
  api.webhook = { url: 'https://elsewhere.example.com/hook', pending_update_count: 1 };
  api.queue.push(message(7, 11, 'came while the webhook was broken'));
  const listener = start(undefined, undefined, { business: false });
  await until(() => listener.tools.accepted.length === 1);
  await listener.stop();
  expect(api.called('deleteWebhook').map(({ payload }) => payload)).toEqual([{ drop_pending_updates: false }]);
  const kinds = api.called('getUpdates').map(({ payload }) => payload.allowed_updates);
  expect(kinds[0]).toEqual(['message', 'edited_message', 'my_chat_member', 'callback_query']);
  expect(listener.reports.at(-1)).toEqual({ state: 'connected', as: '@leads_bot' });
});

it('hands in what a webhook would bring, under the same key', async () => {
  const update = message(700_000_001, 11, 'Привет');
  const listener = start();
  api.push(update);
  await until(() => listener.tools.accepted.length === 1);
  await listener.stop();
  const [{ heard, repeatKey }] = listener.tools.accepted as [ListenStandIn['accepted'][number]];
  const request = requestFor(telegram as unknown as Channel, {
    body: bytes(JSON.stringify(update)),
    headers: { 'x-telegram-bot-api-secret-token': webhookSecret(toolsFor()) },
  });
  const genuine = await telegram.verify!(request, telegramEndpoint(telegram), toolsFor());
  expect(repeatKey).toBe('update:700000001');
  expect(genuine.repeatKey).toBe(repeatKey);
  expect(Buffer.from(heard.body).toString()).toBe(JSON.stringify(update));
});

it('forgets the offset once it has confirmed: a lower random id after a week of silence is heard', async () => {
  const answers: unknown[][] = [[], [message(900, 11, 'last of the old')], [], [message(5, 11, 'first of the new')]];
  const { fetch: stand, calls } = scripted(({ method }, nth) => {
    if (method === 'getMe') return { result: ME };
    if (method !== 'getUpdates') return { result: true };
    return nth <= answers.length ? { result: answers[nth - 1] } : silence();
  });
  const { tools } = watched(stand);
  const abort = new AbortController();
  void telegram.listen!(telegramEndpoint(telegram), tools, abort.signal);
  await until(() => calls.filter(({ method }) => method === 'getUpdates').length === 5);
  abort.abort();
  expect(tools.accepted.map(({ repeatKey }) => repeatKey)).toEqual(['update:900', 'update:5']);
  const named = calls.filter(({ method }) => method === 'getUpdates').map(({ payload }) => payload.offset);
  expect(named).toEqual([undefined, undefined, 901, undefined, 6]);
});

it('answers the query of a pressed button after it is committed, and does not mind a refusal', async () => {
  api.mischief.push({ method: 'answerCallbackQuery', code: 400, description: 'Bad Request: query is too old' });
  const listener = start();
  const from = { id: 11, is_bot: false, first_name: 'Ivan' };
  api.push({ update_id: 1, callback_query: { id: '477001', from, chat_instance: '1', data: 'x' } });
  await until(() => api.called('answerCallbackQuery').length === 1);
  api.push(message(2, 11, 'goes on'));
  await until(() => listener.tools.accepted.length === 2);
  await listener.stop();
  expect(api.called('answerCallbackQuery')[0]?.payload).toEqual({ callback_query_id: '477001' });
});

it('says what to do when the token is wrong, and stops', async () => {
  const listener = start(undefined, undefined, { botToken: TOKEN.replace('00001', '00002') });
  expect(await listener.ended).toBeUndefined();
  expect(listener.reports.map(({ state }) => state)).toEqual(['connecting', 'needs-human']);
  expect(listener.reports.at(-1)?.detail).toContain('@BotFather');
  expect(JSON.stringify(listener.reports)).not.toContain('loopback_token');
});

it('lets go when another program polls, and says so', async () => {
  const listener = start();
  await until(() => api.called('getUpdates').length >= 2);
  const stolen = await fetch(`${api.apiRoot}/bot${TOKEN}/getUpdates`, { method: 'POST', body: '{}' });
  expect(stolen.status).toBe(200);
  await until(() => listener.tools.health?.state === 'waiting');
  expect(listener.tools.health?.detail).toContain('Another program');
  expect(listener.tools.health!.retryAt!.getTime() - Date.now()).toBeGreaterThan(4000);
  const calls = api.calls.length;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(api.calls, 'no fight over the messages').toHaveLength(calls);
  await listener.stop();
});
