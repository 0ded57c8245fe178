/**
 * Long polling, without grammY's: `bot.start()` moves the offset before its handler has run, and the runner as soon as
 * a batch is fetched, so that a kill loses up to a hundred updates. Here `getUpdates` names an offset, which is what
 * confirms a batch at Telegram, only after each update of that batch is committed.
 */
import type { ListenTools } from '../../src/channel.ts';
import { type Api, NoAnswer } from './call-api.ts';
import { asId, asKey, asObject, type Json } from './loose.ts';
import type { Step, Stepped } from './persist.ts';
import { repeatKeyOf } from './read-update.ts';
import type { Words } from './words.ts';

export interface Parts {
  readonly api: Api;
  readonly kinds: readonly string[];
  readonly tools: ListenTools;
  readonly signal: AbortSignal;
  readonly say: Words;
}

const LIMIT = 100;
/** Telegram holds the call open for so long when there is nothing new. Some proxies cut off at a minute. */
const HOLD_SECONDS = 30;
const TIMEOUT_MS = 20_000;

export function poll(parts: Parts): Step {
  const { api, kinds, signal } = parts;
  let as: string | undefined;
  let offset: number | undefined;
  let holdSeconds = 0;

  const open = async (): Promise<void> => {
    if (as !== undefined) return;
    const name = await whoAmI(parts);
    // Once, when we start, and never again by ourselves: another program that sets its webhook anew must not be drawn
    // into a fight. What Telegram holds for us stays (no `drop_pending_updates`).
    await api.call('deleteWebhook', { drop_pending_updates: false }, { signal, timeoutMs: TIMEOUT_MS });
    as = name;
  };

  const step = async (): Promise<Stepped> => {
    await open();
    const updates = readUpdates(
      await api.call(
        'getUpdates',
        { limit: LIMIT, timeout: holdSeconds, allowed_updates: kinds, ...(offset === undefined ? {} : { offset }) },
        { signal, timeoutMs: TIMEOUT_MS + holdSeconds * 1000 },
      ),
    );
    // That call has confirmed the batch before. From here on "the earliest unconfirmed" is right again: an offset that
    // is kept would swallow updates when, after a week of silence, Telegram goes on with a lower random id.
    offset = undefined;
    await acceptAll(updates, parts);
    if (updates.length > 0) offset = Math.max(...updates.map(({ id }) => id)) + 1;
    const proves = holdSeconds > 0 || updates.length > 0;
    // The first call does not wait, so that a wrong token or another receiver is seen at once.
    holdSeconds = HOLD_SECONDS;
    return { health: { state: 'connected', ...(as === undefined ? {} : { as }) }, proves, pauseMs: 0 };
  };

  return () =>
    step().catch((error: unknown) => {
      holdSeconds = 0;
      throw error;
    });
}

/** `@inlet_bot`. */
export async function whoAmI({ api, signal }: Parts): Promise<string> {
  const me = asObject(await api.call('getMe', {}, { signal, timeoutMs: TIMEOUT_MS }));
  return `@${asKey(me?.username, 64) ?? asId(me?.id) ?? '?'}`;
}

interface Update {
  readonly id: number;
  readonly body: Json;
}

function readUpdates(result: unknown): Update[] {
  const updates = (Array.isArray(result) ? result : [undefined]).map((item: unknown) => {
    const body = asObject(item);
    return { body, id: asId(body?.update_id) };
  });
  return updates.map(({ body, id }) => {
    // Without an id it could never be confirmed. No Telegram sends that; something else answers at this address.
    if (body === undefined || id === undefined) throw new NoAnswer('getUpdates was answered with no updates', false);
    return { body, id };
  });
}

/**
 * Each chat in its order, all chats at once: the house commits concurrent deliveries together. Rejects after the last
 * one has settled if any was not committed; what was is then brought again, and its key makes the repeat harmless.
 */
async function acceptAll(updates: readonly Update[], { api, tools, signal }: Parts): Promise<void> {
  if (updates.length === 0) return;
  const startedMs = Date.now();
  const chats = Map.groupBy(updates, ({ body }) => chatOf(body));
  const settled = await Promise.allSettled([...chats.values()].map((chat) => acceptInOrder(chat, tools)));
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  tools.log('polled', { updates: updates.length, chats: chats.size, ms: Date.now() - startedMs });
  for (const { body } of updates) {
    const id = asKey(asObject(body.callback_query)?.id, 64);
    // Until its query is answered a pressed button spins. Too late or refused: nothing is lost, nobody waits for it.
    if (id !== undefined)
      void api
        .call('answerCallbackQuery', { callback_query_id: id }, { signal, timeoutMs: TIMEOUT_MS })
        .catch(() => {});
  }
}

async function acceptInOrder(updates: readonly Update[], tools: ListenTools): Promise<void> {
  for (const { body } of updates)
    await tools.accept({ body: new TextEncoder().encode(JSON.stringify(body)) }, repeatKeyOf(body));
}

/** Most updates are one object with a chat in it, or with a message that has one. */
function chatOf(update: Json): string {
  for (const part of Object.values(update)) {
    const chat = asObject(asObject(part)?.chat) ?? asObject(asObject(asObject(part)?.message)?.chat);
    if (chat !== undefined) return String(asObject(part)?.business_connection_id ?? '') + String(chat.id);
  }
  return 'no chat';
}
