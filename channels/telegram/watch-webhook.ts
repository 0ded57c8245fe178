/** Sets the webhook once, then asks every five minutes how Telegram gets on with it. */
import type { Health } from '../../src/channel.ts';
import { asCount, asObject, asText, asTime, type Json } from './loose.ts';
import type { Step, Stepped } from './persist.ts';
import { type Parts, whoAmI } from './poll.ts';
import { webhookSecret } from './webhook-secret.ts';
import { fill } from './words.ts';

const TIMEOUT_MS = 20_000;
const CHECK_MS = 5 * 60_000;
/** Telegram names its last error for ever; an old one is no trouble of today's. */
const RECENT_MS = 15 * 60_000;
/** Connections at once, Telegram's own default of 1 to 100. */
const MAX_CONNECTIONS = 40;

export function watchWebhook(address: string, parts: Parts): Step {
  const { api, kinds, signal, tools } = parts;
  let as: string | undefined;

  const open = async (): Promise<string> => {
    const name = await whoAmI(parts);
    const webhook = {
      url: address,
      secret_token: webhookSecret(tools),
      allowed_updates: kinds,
      max_connections: MAX_CONNECTIONS,
      drop_pending_updates: false,
    };
    await api.call('setWebhook', webhook, { signal, timeoutMs: TIMEOUT_MS });
    return name;
  };

  return async (): Promise<Stepped> => {
    // Only when we start: if somebody else sets theirs after us, a person decides whose bot it is.
    as ??= await open();
    const info = asObject(await api.call('getWebhookInfo', {}, { signal, timeoutMs: TIMEOUT_MS })) ?? {};
    return { health: { as, ...judge(info, address, parts) }, proves: true, pauseMs: CHECK_MS };
  };
}

function judge(info: Json, address: string, { say, tools }: Parts): Health {
  if (info.url !== address) return { state: 'needs-human', detail: say.webhookMoved };
  const waiting = asCount(info.pending_update_count) ?? 0;
  const failedAt = asTime(info.last_error_date)?.getTime() ?? 0;
  const isRecent = tools.now().getTime() - failedAt < RECENT_MS;
  if (waiting > 0 && isRecent) {
    const why = asText(info.last_error_message).slice(0, 200);
    return { state: 'waiting', detail: fill(say.webhookError, why, waiting) };
  }
  return { state: 'connected', ...(waiting === 0 ? {} : { detail: fill(say.webhookWaiting, '', waiting) }) };
}
