import { cleanLine, type EndpointContext, type InboundEvent, type Nothing } from '../../src/channel.ts';
import { Malformed } from '../../src/errors.ts';
import { eventIdOf } from './event-id.ts';
import { asId, asKey, asList, asObject, asObjects, asText, type Json } from './loose.ts';
import { askPhone, readReach } from './read-message.ts';
import { isBot, readPerson } from './sender.ts';
import type { TelegramSettings } from './settings.ts';

/**
 * A pressed button is an answer in one word. In a group anybody may press it, so only those of a private chat count,
 * and of those the client's own. The message may be too old to be shown ("inaccessible", date 0) or not be named at
 * all; a chat it always has.
 */
export function readCallback(
  query: Json,
  endpoint: EndpointContext<TelegramSettings>,
): readonly InboundEvent[] | Nothing {
  const message = asObject(query.message);
  const chat = asObject(message?.chat);
  if (message === undefined || chat === undefined) return { ignored: 'button of a message that is not named' };
  if (chat.type !== 'private') return { ignored: 'button outside a private chat' };
  const from = asObject(query.from);
  const chatId = asId(chat.id);
  const sender = from === undefined ? undefined : readPerson(from);
  const id = asKey(query.id, 64);
  if (from === undefined || sender === undefined || chatId === undefined || id === undefined)
    throw new Malformed('The pressed button names no person, no chat or no id.');
  if (isBot(from) || asId(from.id) !== chatId) return { ignored: 'button pressed by somebody else than the client' };
  const business = asKey(message.business_connection_id) !== undefined;
  if (business && !endpoint.settings.business) return { ignored: 'Telegram Business is switched off' };
  const text = cleanLine(buttonText(message, asText(query.data)), 500);
  if (text === '') return { ignored: 'button that carries no data' };
  const quotes = eventIdOf(message);
  return [
    {
      eventId: `callback:${id}`,
      kind: 'text',
      direction: 'inbound',
      sender,
      text,
      reach: readReach(message, chatId),
      ...(quotes === undefined ? {} : { quotes }),
      ...(endpoint.settings.askPhone && !business ? askPhone(endpoint) : {}),
    },
  ];
}

/** What the client read on it. The message may have got other buttons since: then the data itself. */
function buttonText(message: Json, data: string): string {
  if (data === '') return '';
  const rows = asList(asObject(message.reply_markup)?.inline_keyboard);
  const button = rows.flatMap(asObjects).find((one) => one.callback_data === data);
  return asText(button?.text).trim() === '' ? data : asText(button?.text);
}
