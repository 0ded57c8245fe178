/**
 * `<scope>:<chat>:<message>`: what names a message on this endpoint, in events, receipts, quotes and `providerId`.
 *
 * The scope is the business connection: a chat of a business account is another one than the bot's own chat with the
 * same id. The same holds for the chat in which a guest query was asked.
 */
import { asId, asKey, asObject, type Json } from './loose.ts';

export function scopeOf(message: Json): string {
  const guest = asKey(message.guest_query_id);
  return asKey(message.business_connection_id) ?? (guest === undefined ? '' : `guest-${guest}`);
}

export function eventIdFrom(scope: string, chatId: number, messageId: number | string): string {
  return `${scope}:${chatId}:${messageId}`;
}

/**
 * `message_id` is 0 for ephemeral messages, whose own id is used again after they are gone (so the date belongs to it),
 * and for messages that the server has only scheduled: those have no id yet.
 */
export function eventIdOf(message: Json): string | undefined {
  const chatId = asId(asObject(message.chat)?.id);
  const messageId = asId(message.message_id);
  if (chatId === undefined || messageId === undefined) return undefined;
  if (messageId > 0) return eventIdFrom(scopeOf(message), chatId, messageId);
  const ephemeral = asKey(String(message.ephemeral_message_id ?? ''), 100);
  if (ephemeral === undefined) return undefined;
  return eventIdFrom(scopeOf(message), chatId, `e${ephemeral}.${asId(message.date) ?? 0}`);
}

/** The message to quote, if it stands in that chat. */
export function messageIdIn(eventId: string, scope: string, chatId: number): number | undefined {
  const start = `${scope}:${chatId}:`;
  const rest = eventId.startsWith(start) ? eventId.slice(start.length) : '';
  return /^[1-9]\d{0,15}$/.test(rest) ? asId(Number(rest)) : undefined;
}
