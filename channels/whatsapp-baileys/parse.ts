import {
  cleanLine,
  type EndpointContext,
  type InboundEvent,
  type InboundRequest,
  type Nothing,
  type ParsedEvent,
  type Receipt,
} from '../../src/channel.ts';
import { Malformed } from '../../src/errors.ts';
import { readContent, readSource } from './content.ts';
import { readJid } from './jid.ts';
import { eventIdOf, identitiesOf, isMe, type Me, type Party, readMe, readParty } from './party.ts';
import { isNone, isOneOf, type Json, pick, readObject, readString, readTime } from './read.ts';
import type { BaileysSettings } from './settings.ts';
import { unwrap } from './unwrap.ts';
import { wordsFor } from './words.ts';

type Endpoint = EndpointContext<BaileysSettings>;
type Found = readonly ParsedEvent[] | Nothing;

interface Scene {
  readonly endpoint: Endpoint;
  readonly me: Me;
  readonly key: Json;
  readonly party: Party;
}

/** One event of the library as the listener wrote it down: plain JSON, see `heard.ts`. */
export function parse(request: InboundRequest, endpoint: Endpoint): Found {
  const body = readBody(request.body);
  if (body.tooLarge === true) throw new Malformed('The message is larger than this channel reads.');
  if (body.type === 'mapping') return parseMapping(body);
  const message = body.type === 'message' ? readObject(body.message) : undefined;
  const key = readObject(body.type === 'message' ? message?.key : body.key);
  if (key === undefined) throw new Malformed('This is no event of WhatsApp: it has no message key.');
  const me = readMe(body.me);
  const party = readParty(key, me, body.known);
  if (party === undefined) throw new Malformed('The message key names no chat.');
  const ignored = whyIgnored(party, me, endpoint.settings);
  if (ignored !== undefined) return { ignored };
  // In a group nobody in particular is written to; what becomes of an answer there still counts.
  if (message !== undefined && party.chat.kind === 'group' && party.fromMe)
    return { ignored: 'our own message in a group' };
  const scene = { endpoint, me, key, party };
  if (message !== undefined) return parseMessage(scene, message, readString(body.requestId) !== '');
  if (body.type === 'update') return parseUpdate(scene, readObject(body.update) ?? {});
  if (body.type === 'receipt') return parseGroupReceipt(scene, readObject(body.receipt) ?? {});
  throw new Malformed('This is no event of WhatsApp: its type is not known.');
}

function readBody(bytes: Uint8Array): Json {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new Malformed('The event is not JSON.', { cause: error });
  }
  const body = readObject(value);
  if (body === undefined) throw new Malformed('The event is not a JSON object.');
  return body;
}

function whyIgnored({ chat }: Party, me: Me, settings: BaileysSettings): string | undefined {
  if (chat.kind === 'status') return 'a status';
  if (chat.kind === 'newsletter') return 'a channel of WhatsApp';
  if (chat.kind === 'broadcast') return 'a broadcast list';
  if (chat.kind === 'other') return 'an announcement or an assistant of WhatsApp';
  if (isMe(chat, me)) return 'a note to oneself';
  return chat.kind === 'group' && settings.groups === 'ignore' ? 'a group chat' : undefined;
}

function parseMapping(body: Json): Found {
  const lid = readJid(body.lid);
  const pn = readJid(body.pn);
  if (lid?.kind !== 'lid' || pn?.kind !== 'pn')
    return { ignored: 'a pair of addresses that are not a LID and a number' };
  return [{ kind: 'acquaintance', identities: identitiesOf({ lid: lid.text, phone: `+${pn.user}` }) }];
}

function parseMessage(scene: Scene, message: Json, requested: boolean): Found {
  const { party, key } = scene;
  const content = readObject(message.message);
  const at = readTime(message.messageTimestamp, 1000);
  if (content === undefined) return parseStub(scene, message, at);
  const { content: inner, edited } = unwrap(content);
  const notice = readObject(inner.protocolMessage);
  if (notice !== undefined) return parseNotice(scene, notice, message, at);
  const base = compose(scene, message, inner, at);
  if ('ignored' in base) return base;
  const revision = edited ? 'edit' : requested ? 'completion' : undefined;
  const events: ParsedEvent[] = [revision === undefined ? base : { ...base, revision }];
  // The library's buffer folds a later receipt into the message itself.
  const receipt = party.fromMe ? toReceipt(scene, key.id, message, at) : undefined;
  return receipt === undefined || receipt.state === 'sent' ? events : [...events, receipt];
}

/** A message without content: it may follow, or it never will. */
function parseStub(scene: Scene, message: Json, at: Date | undefined): Found {
  const type = message.messageStubType;
  const isVoiceCall = isOneOf(type, 40, 'CALL_MISSED_VOICE');
  const isCall = isVoiceCall || isOneOf(type, 41, 'CALL_MISSED_VIDEO');
  // 2: could not be decrypted (yet). A view-once message is shown on the phone alone.
  const isPlaceholder = isOneOf(type, 2, 'CIPHERTEXT') || scene.key.isViewOnce === true;
  if (!isCall && !isPlaceholder) {
    if (isOneOf(type, 1, 'REVOKE')) return { ignored: 'taken back before it was read' };
    return { ignored: isNone(type) || isOneOf(type, 0, 'UNKNOWN') ? 'carries no content' : 'a notice in the chat' };
  }
  const shell = compose(scene, message, undefined, at);
  if ('ignored' in shell) return shell;
  if (!isCall) return [{ ...shell, incomplete: true }];
  const words = wordsFor(scene.endpoint.language);
  return [{ ...shell, kind: 'call', text: isVoiceCall ? words.voiceCall : words.videoCall }];
}

/** Taken back or edited. Anything else between devices is none of ours. */
function parseNotice(scene: Scene, notice: Json, message: Json, at: Date | undefined): Found {
  const target = readObject(notice.key);
  const of = eventIdOf(scene.party, target?.id);
  if (
    isOneOf(notice.type, 0, 'REVOKE') ||
    (isNone(notice.type) && isNone(notice.editedMessage) && target !== undefined)
  ) {
    if (of === undefined) throw new Malformed('The message that was taken back has no usable id.');
    return [{ kind: 'deletion', of, ...(at === undefined ? {} : { at }) }];
  }
  const edited = readObject(notice.editedMessage);
  if (!isOneOf(notice.type, 14, 'MESSAGE_EDIT') || edited === undefined)
    return { ignored: 'a notice between devices' };
  if (of === undefined) throw new Malformed('The message that was edited has no usable id.');
  const editedAt = readTime(notice.timestampMs, 1) ?? at;
  const original = { ...scene, key: { ...scene.key, id: target?.id } };
  const event = compose(original, message, unwrap(edited).content, editedAt);
  return 'ignored' in event ? event : [{ ...event, revision: 'edit' }];
}

/** Content that follows, or what became of a message of ours. */
function parseUpdate(scene: Scene, update: Json): Found {
  const at = readTime(update.messageTimestamp, 1000);
  const content = readObject(update.message);
  if (content !== undefined) {
    const { content: inner, edited } = unwrap(content);
    const event = compose(scene, { ...update, key: scene.key }, inner, at);
    return 'ignored' in event ? event : [{ ...event, revision: edited ? 'edit' : 'completion' }];
  }
  if (isOneOf(update.messageStubType, 1, 'REVOKE')) {
    const of = eventIdOf(scene.party, scene.key.id);
    return of === undefined ? { ignored: 'a message without an id' } : [{ kind: 'deletion', of }];
  }
  if (!scene.party.fromMe) return { ignored: 'what became of a message to us' };
  const receipt = toReceipt(scene, scene.key.id, update, at);
  return receipt === undefined ? { ignored: 'no news of the message' } : [receipt];
}

const REASONS: Readonly<Record<string, string>> = {
  463: 'WhatsApp does not let this number write to people who have not written first.',
  479: 'WhatsApp rejected the message. Try again, or write from the phone.',
};

function toReceipt({ party }: Scene, id: unknown, from: Json, at: Date | undefined): Receipt | undefined {
  const of = eventIdOf(party, id);
  const { status } = from;
  if (of === undefined || isNone(status)) return undefined;
  const receipt = { kind: 'receipt', of, ...(at === undefined ? {} : { at }) } as const;
  if (isOneOf(status, 2, 'SERVER_ACK')) return { ...receipt, state: 'sent' };
  if (isOneOf(status, 3, 'DELIVERY_ACK')) return { ...receipt, state: 'delivered' };
  if (isOneOf(status, 4, 5, 'READ', 'PLAYED')) return { ...receipt, state: 'read' };
  if (!isOneOf(status, 0, 'ERROR')) return undefined;
  const code = Array.isArray(from.messageStubParameters) ? readString(from.messageStubParameters[0]) : '';
  const known = pick(REASONS, code) ?? 'WhatsApp did not take the message.';
  return { ...receipt, state: 'failed', reason: known };
}

/** In groups the library tells each member's receipt by itself. */
function parseGroupReceipt(scene: Scene, receipt: Json): Found {
  const of = eventIdOf(scene.party, scene.key.id);
  if (of === undefined || !scene.party.fromMe) return { ignored: 'what became of a message to us' };
  const readAt = readTime(receipt.readTimestamp, 1000) ?? readTime(receipt.playedTimestamp, 1000);
  const at = readAt ?? readTime(receipt.receiptTimestamp, 1000);
  if (at === undefined) return { ignored: 'no news of the message' };
  return [{ kind: 'receipt', of, state: readAt === undefined ? 'delivered' : 'read', at }];
}

function compose(scene: Scene, message: Json, inner: Json | undefined, at: Date | undefined): InboundEvent | Nothing {
  const { endpoint, key, party } = scene;
  const { downloadMedia } = endpoint.settings;
  const words = wordsFor(endpoint.language);
  const read = inner === undefined ? undefined : readContent(inner, { words, downloadMedia, key });
  if (read?.is === 'nothing') return { ignored: read.why };
  const identities = identitiesOf(party);
  const eventId = eventIdOf(party, key.id);
  if (identities.length === 0) throw new Malformed('The message does not say who it is from.');
  if (eventId === undefined) throw new Malformed('The message has no usable id.');
  const context = read?.is === 'message' ? read.context : undefined;
  const name = party.fromMe ? '' : cleanLine(readString(message.pushName) || readString(message.verifiedBizName), 200);
  const quotes = readQuote(scene, context);
  const source = party.fromMe ? undefined : readSource(context);
  return {
    eventId,
    kind: 'text',
    direction: party.fromMe ? 'outbound' : 'inbound',
    ...(read?.is === 'placeholder' ? { incomplete: true } : {}),
    ...(at === undefined ? {} : { at }),
    sender: { ...(name === '' ? {} : { name }), identities },
    ...(read?.is === 'message' ? read.parts : {}),
    reach: { jid: party.chat.text },
    ...(quotes === undefined ? {} : { quotes }),
    ...(context?.isForwarded === true ? { flags: ['forwarded'] } : {}),
    ...(source === undefined ? {} : { source }),
  };
}

/** Ids of a chat's two sides differ in form, so the quoted message needs its author: the client, or we. */
function readQuote({ party, me }: Scene, context: Json | undefined): string | undefined {
  const id = readString(context?.stanzaId);
  if (id === '' || context === undefined) return undefined;
  const author = readJid(context.participant);
  if (author === undefined) return undefined;
  if (isMe(author, me)) return eventIdOf({ fromMe: true }, id);
  const isClient = author.kind === 'lid' ? author.text === party.lid : `+${author.user}` === party.phone;
  // Two people are in a chat: who is not us is the client, also under an address that the key does not name.
  const isOther = party.chat.kind !== 'group' && me.pn !== undefined && me.lid !== undefined;
  return isClient || isOther ? eventIdOf({ ...party, fromMe: false }, id) : undefined;
}
