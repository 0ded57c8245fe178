import { createHash, timingSafeEqual } from 'node:crypto';
import type { Answer, EndpointContext, Genuine, InboundRequest, Tools } from '../../src/channel.ts';
import { Rejected } from '../../src/errors.ts';
import { asKey, asObject, type Json } from './loose.ts';
import { readUpdate, repeatKeyOf } from './read-update.ts';
import type { TelegramSettings } from './settings.ts';
import { webhookSecret } from './webhook-secret.ts';

/** Telegram repeats whatever is not answered with 2xx, and holds back the rest of that chat meanwhile. */
const TAKEN: Answer = { status: 200, body: '' };

/**
 * The secret that we gave to `setWebhook`, and nothing else: no call to Telegram before it is known to be Telegram.
 *
 * A body that cannot be read is taken all the same. With the right secret it is Telegram's, and any answer but 2xx
 * would bring it again and again; `parse` quarantines it.
 */
export function verify(request: InboundRequest, _endpoint: EndpointContext<TelegramSettings>, tools: Tools): Genuine {
  const given = request.headers['x-telegram-bot-api-secret-token'] ?? '';
  if (!isEqual(given, webhookSecret(tools)))
    throw new Rejected(401, 'The secret token is missing or wrong. Save the endpoint again to set the webhook anew.');
  const update = readUpdate(request.body);
  if (update === undefined) return { answer: TAKEN };
  const repeatKey = repeatKeyOf(update);
  return { ...(repeatKey === undefined ? {} : { repeatKey }), answer: answerTo(update) };
}

/** Digests of equal length: the time tells nothing, not even how long the secret is. */
function isEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * Until its query is answered, a pressed button spins in the client's hands. The answer to the webhook may carry that
 * one call, and the house gives it only after the delivery is committed.
 */
function answerTo(update: Json): Answer {
  const id = asKey(asObject(update.callback_query)?.id, 64);
  if (id === undefined) return TAKEN;
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ method: 'answerCallbackQuery', callback_query_id: id }),
  };
}
