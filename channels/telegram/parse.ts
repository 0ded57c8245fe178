import type { Update } from 'grammy/types';
import type { Deletion, EndpointContext, InboundRequest, Nothing, ParsedEvent } from '../../src/channel.ts';
import { Malformed } from '../../src/errors.ts';
import { eventIdFrom } from './event-id.ts';
import { asId, asKey, asList, asObject, asText, asTime, asWord, type Json } from './loose.ts';
import { readCallback } from './read-callback.ts';
import { readMessage } from './read-message.ts';
import { readUpdate } from './read-update.ts';
import { telegramIdentity } from './sender.ts';
import type { TelegramSettings } from './settings.ts';

type Endpoint = EndpointContext<TelegramSettings>;
type Kind = Exclude<keyof Update, 'update_id'>;
type Read = (part: Json, endpoint: Endpoint) => readonly ParsedEvent[] | Nothing;

/** One update is at most one message, or news about some. */
export function parse(request: InboundRequest, endpoint: Endpoint): readonly ParsedEvent[] | Nothing {
  const update = readUpdate(request.body);
  if (update === undefined) throw new Malformed('The body is not an update: a JSON object with an update_id.');
  for (const [kind, read] of READERS) {
    if (update[kind] === undefined) continue;
    const part = asObject(update[kind]);
    if (part === undefined) throw new Malformed(`The ${kind} of this update is not an object.`);
    return read(part, endpoint);
  }
  const kind = Object.keys(update).find((key) => key !== 'update_id');
  return { ignored: kind === undefined ? 'empty update' : `update of the kind ${asWord(kind)}` };
}

/** Whatever is not here (channel posts, reactions, polls, and what Telegram invents next) is ignored by its name. */
const READERS: readonly (readonly [Kind, Read])[] = [
  ['message', (message, endpoint) => readMessage(message, endpoint, { edited: false, business: false })],
  ['edited_message', (message, endpoint) => readMessage(message, endpoint, { edited: true, business: false })],
  ['business_message', (message, endpoint) => readMessage(message, endpoint, { edited: false, business: true })],
  ['edited_business_message', (message, endpoint) => readMessage(message, endpoint, { edited: true, business: true })],
  ['deleted_business_messages', readDeletions],
  ['business_connection', readConnection],
  ['my_chat_member', readMembership],
  ['callback_query', readCallback],
];

function readDeletions(deleted: Json, { settings }: Endpoint): readonly Deletion[] | Nothing {
  if (!settings.business) return { ignored: 'Telegram Business is switched off' };
  const chatId = asId(asObject(deleted.chat)?.id);
  const scope = asKey(deleted.business_connection_id);
  if (chatId === undefined || scope === undefined)
    throw new Malformed('The deletion names no chat or no business connection.');
  const ids = asList(deleted.message_ids).flatMap((id) => asId(id) ?? []);
  if (ids.length === 0) return { ignored: 'deletion of nothing' };
  return ids.map((id) => ({ kind: 'deletion', of: eventIdFrom(scope, chatId, id) }));
}

/** Nothing depends on a connection here: who is the client is told by each chat, and `send` hears what it may do. */
function readConnection(connection: Json): Nothing {
  return { ignored: `business connection ${connection.is_enabled === false ? 'disabled' : 'enabled or changed'}` };
}

/** In a private chat this comes only when the client blocks the bot or lets it write again. */
function readMembership(member: Json): readonly ParsedEvent[] | Nothing {
  const chat = asObject(member.chat);
  if (asText(chat?.type) !== 'private') return { ignored: "the bot's membership of a group or channel" };
  const id = asId(chat?.id);
  if (id === undefined) throw new Malformed('The chat of this change has no id.');
  const status = asText(asObject(member.new_chat_member)?.status);
  if (status !== 'kicked' && status !== 'member') return { ignored: `membership ${asWord(status)}` };
  const at = asTime(member.date);
  return [
    {
      kind: 'reachability',
      identities: [telegramIdentity(id)],
      reachable: status === 'member',
      ...(at === undefined ? {} : { at }),
    },
  ];
}
