import { asId, asObject, type Json } from './loose.ts';

/** `undefined`: not a JSON object with an `update_id`. Bytes that are no UTF-8 become U+FFFD: the raw body is kept. */
export function readUpdate(body: Uint8Array): Json | undefined {
  try {
    const update = asObject(JSON.parse(new TextDecoder().decode(body)));
    return typeof update?.update_id === 'number' ? update : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The same for webhook and polling, so that a change between them doubles nothing. An id is compared for equality
 * only: after a week of silence Telegram goes on with a random one, which may be lower (Bot API, `Update.update_id`).
 */
export function repeatKeyOf(update: Json): string | undefined {
  const id = asId(update.update_id);
  return id === undefined ? undefined : `update:${id}`;
}
