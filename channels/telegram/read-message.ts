import {
  cleanLine,
  cleanText,
  type EndpointContext,
  type Flag,
  type InboundEvent,
  type Nothing,
} from '../../src/channel.ts';
import { Malformed } from '../../src/errors.ts';
import { describe, isOwn, readPhone } from './describe.ts';
import { eventIdFrom, eventIdOf, scopeOf } from './event-id.ts';
import { readFiles } from './files.ts';
import { asId, asKey, asObject, asText, asTime, type Json } from './loose.ts';
import { isBot, readPerson } from './sender.ts';
import type { TelegramSettings } from './settings.ts';
import { readStart } from './start.ts';
import { unreadKind } from './unread-kind.ts';
import { fill, wordsFor } from './words.ts';

type Endpoint = EndpointContext<TelegramSettings>;

export interface How {
  readonly edited: boolean;
  readonly business: boolean;
}

export function readMessage(message: Json, endpoint: Endpoint, how: How): readonly InboundEvent[] | Nothing {
  const chat = asObject(message.chat);
  const chatId = asId(chat?.id);
  if (chat === undefined || chatId === undefined) throw new Malformed('The message names no chat.');
  if (asId(message.message_id) === undefined) throw new Malformed('The message has no id.');
  const nothing = whyNot(message, chat, endpoint, how);
  if (nothing !== undefined) return { ignored: nothing };
  const direction = how.business && asId(asObject(message.from)?.id) !== chatId ? 'outbound' : 'inbound';
  const sender = readSender(message, chat, direction);
  if (sender === undefined) throw new Malformed('The message names no sender.');
  const content = readContent(message, endpoint);
  if ('ignored' in content) return content;
  const at = asTime(how.edited ? (message.edit_date ?? message.date) : message.date);
  const eventId = eventIdOf(message);
  const flags = readFlags(message);
  const quotes = readQuote(message, chatId);
  return [
    {
      ...(eventId === undefined ? {} : { eventId }),
      kind: 'text',
      direction,
      ...(how.edited ? { revision: 'edit' as const } : {}),
      ...(at === undefined ? {} : { at }),
      sender,
      ...content,
      reach: readReach(message, chatId),
      ...(quotes === undefined ? {} : { quotes }),
      ...(flags.length === 0 ? {} : { flags }),
      ...(how.edited || direction === 'outbound' || chat.type !== 'private' ? {} : readStart(message)),
      ...(mayAsk(message, chat, endpoint, how) ? askPhone(endpoint) : {}),
    },
  ];
}

/** Why this message is nothing for us. */
function whyNot(message: Json, chat: Json, { settings }: Endpoint, how: How): string | undefined {
  if (how.business && !settings.business) return 'Telegram Business is switched off';
  if (how.business && message.sender_business_bot !== undefined) return undefined;
  if (isBot(message.from)) return 'written by a bot';
  // A location that is shared live comes as an edit every few seconds, and says nothing new.
  if (how.edited && message.location !== undefined) return 'a live location that moved';
  if (chat.type === 'private') return undefined;
  if (chat.type !== 'group' && chat.type !== 'supergroup') return 'not a chat with a person';
  if (settings.groups === 'ignore') return 'groups are switched off';
  // An anonymous administrator or a linked channel: `from` is then a stand-in of Telegram's.
  if (message.sender_chat !== undefined) return 'written on behalf of a chat';
  return message.from === undefined ? 'written by nobody in particular' : undefined;
}

/**
 * A private chat has the client's own id. In a chat of a business account, what anybody else writes there is the
 * employee's, so that no connection needs to be remembered to tell the two sides apart. Only what the client sent says
 * something about the client: a card that an employee passes on does not.
 */
function readSender(
  message: Json,
  chat: Json,
  direction: InboundEvent['direction'],
): InboundEvent['sender'] | undefined {
  const from = asObject(message.from);
  if (direction === 'outbound' || from === undefined) return readPerson(chat);
  const contact = asObject(message.contact);
  const phone = contact !== undefined && isOwn(contact, message) ? readPhone(contact) : undefined;
  return readPerson(from, phone === undefined ? [] : [{ kind: 'phone', value: phone, trust: 'attested' }]);
}

type Content = Pick<InboundEvent, 'text' | 'files' | 'location'>;

function readContent(message: Json, endpoint: Endpoint): Content | Nothing {
  const say = wordsFor(endpoint.language);
  const files = readFiles(message);
  const location = readLocation(message);
  const written = cleanText(asText(message.text) || asText(message.caption));
  const unread = unreadKind(message);
  let text = [describe(message, say), written].filter(Boolean).join('\n');
  if (text === '' && files.length === 0 && location === undefined) {
    if (unread === undefined) return { ignored: 'empty message' };
    if (unread.service) return { ignored: `service message ${unread.kind}` };
    // A kind that Telegram added after this was written: somebody did write to us, and a manager can look there.
    text = fill(say.unknown, unread.kind);
  }
  return {
    ...(text === '' ? {} : { text: cleanText(text) }),
    ...(files.length === 0 ? {} : { files }),
    ...(location === undefined ? {} : { location }),
  };
}

function readLocation(message: Json): InboundEvent['location'] | undefined {
  const venue = asObject(message.venue);
  const place = asObject(venue?.location) ?? asObject(message.location);
  const latitude = place?.latitude;
  const longitude = place?.longitude;
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return undefined;
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return undefined;
  const title = cleanLine([venue?.title, venue?.address].map(asText).filter(Boolean).join(', '), 300);
  return { latitude, longitude, ...(title === '' ? {} : { title }) };
}

function readFlags(message: Json): Flag[] {
  const flags: Flag[] = [];
  // A greeting, an away message or one that was scheduled: nobody sat there and wrote it.
  if (message.is_from_offline === true) flags.push('automatic');
  if (message.forward_origin !== undefined) flags.push('forwarded');
  return flags;
}

/** Each message of a topic "answers" the note that opened it: that is no quote. */
function readQuote(message: Json, chatId: number): string | undefined {
  const answered = asObject(message.reply_to_message);
  if (answered === undefined || answered.forum_topic_created !== undefined) return undefined;
  const id = asId(answered.message_id);
  return id === undefined || id <= 0 ? undefined : eventIdFrom(scopeOf(message), chatId, id);
}

/** Where an answer goes. A thread is only named for a topic: other threads cannot be written into by their id. */
export function readReach(message: Json, chatId: number): Record<string, string | number> {
  const business = asKey(message.business_connection_id);
  const thread = message.is_topic_message === true ? asId(message.message_thread_id) : undefined;
  const direct = asId(asObject(message.direct_messages_topic)?.topic_id);
  return {
    chatId,
    ...(business === undefined ? {} : { businessConnectionId: business }),
    ...(thread === undefined ? {} : { messageThreadId: thread }),
    ...(direct === undefined ? {} : { directMessagesTopicId: direct }),
  };
}

/** The button that shares a phone is there in private chats alone, and not where a business account speaks. */
function mayAsk(message: Json, chat: Json, { settings }: Endpoint, how: How): boolean {
  const contact = asObject(message.contact);
  const shared = contact !== undefined && isOwn(contact, message);
  return settings.askPhone && chat.type === 'private' && !how.edited && !how.business && !shared;
}

export function askPhone({ settings, language }: Endpoint): { askPhone: string } {
  return { askPhone: cleanText(settings.askPhoneText) || wordsFor(language).askPhone };
}
