import { createHash } from 'node:crypto';
import type { BaileysEventMap, WAMessageKey } from '@whiskeysockets/baileys';
import type { Baileys } from './connect.ts';
import { type Jid, readJid } from './jid.ts';
import { isNone } from './read.ts';

/** One event on its way to the house: what `parse` reads. */
export interface Item {
  /** Plain JSON, copied when the event came: the library goes on changing its objects. */
  readonly envelope: Readonly<Record<string, unknown>>;
  readonly repeatKey: string;
  /** Of a message: its content was written down until the house has it (`journal.ts`). */
  readonly written?: { readonly chat: string; readonly id: string };
  /** An address whose other half the store may know. */
  readonly lookUp?: string;
}

/** Any event of Baileys, as it is emitted. */
export type Emitted = {
  [Name in keyof BaileysEventMap]: { name: Name; data: BaileysEventMap[Name] };
}[keyof BaileysEventMap];

export interface Hearing {
  readonly library: Baileys;
  /** Own addresses. */
  readonly me: () => { id?: string | undefined; lid?: string | undefined } | undefined;
  readonly takeHistory: boolean;
}

/** History may hold hundreds of thousands; the newest of them are what a desk still answers. */
const MAX_HISTORY = 5000;

type Event<Name extends keyof BaileysEventMap> = BaileysEventMap[Name];

const readUpsert = ({ messages, type, requestId }: Event<'messages.upsert'>, hearing: Hearing): Item[] =>
  messages.map((message) =>
    itemOf(hearing, message.key, messageKind(message.message), {
      type: 'message',
      upsert: type,
      ...(requestId === undefined ? {} : { requestId }),
      message,
    }),
  );

const readHistory = ({ messages }: Event<'messaging-history.set'>, hearing: Hearing): Item[] =>
  (hearing.takeHistory ? messages.slice(0, MAX_HISTORY) : []).map((message) =>
    itemOf(hearing, message.key, messageKind(message.message), { type: 'message', upsert: 'history', message }),
  );

const readUpdates = (updates: Event<'messages.update'>, hearing: Hearing): Item[] =>
  updates
    .filter(({ update }) => !isNone(update.status) || isCompletion(update))
    .map(({ key, update }) => itemOf(hearing, key, undefined, { type: 'update', key, update }));

const readReceipts = (receipts: Event<'message-receipt.update'>, hearing: Hearing): Item[] =>
  receipts.map(({ key, receipt }) => itemOf(hearing, key, undefined, { type: 'receipt', key, receipt }));

const readMapping = ({ lid, pn }: Event<'lid-mapping.update'>): Item[] => [
  { envelope: { type: 'mapping', lid, pn }, repeatKey: `l:${lid}:${pn}` },
];

/** What in an event is for the house. Everything else (presence, chats, contacts) is dropped. */
export function toItems({ name, data }: Emitted, hearing: Hearing): Item[] {
  if (name === 'messages.upsert') return readUpsert(data, hearing);
  if (name === 'messages.update') return readUpdates(data, hearing);
  if (name === 'message-receipt.update') return readReceipts(data, hearing);
  if (name === 'messaging-history.set') return readHistory(data, hearing);
  return name === 'lid-mapping.update' ? readMapping(data) : [];
}

/** A stub and its content come under one id and are two deliveries; repeats of either are one. */
const messageKind = (content: object | null | undefined): string => (isNone(content) ? 'stub' : 'content');

/**
 * Edits and deletions come twice: as the notice itself in `messages.upsert`, which is taken, and as an update that the
 * library derives from it. A stub whose resend was asked for is an update without news.
 */
function isCompletion(update: { message?: object | null }): boolean {
  return !isNone(update.message) && !('editedMessage' in update.message && !isNone(update.message.editedMessage));
}

function itemOf(
  { library, me }: Hearing,
  key: WAMessageKey,
  kind: string | undefined,
  event: Readonly<Record<string, unknown>>,
): Item {
  const text = JSON.stringify({ ...event, me: me() }, library.BufferJSON.replacer);
  const envelope = JSON.parse(text) as Record<string, unknown>;
  const parts = [key.remoteJid, key.participant, key.fromMe === true ? 1 : 0, key.id, kind ?? digest(text)];
  const repeatKey = `${kind === undefined ? 'u' : 'm'}:${parts.map((part) => part ?? '').join(':')}`;
  const missing = halfOf(key);
  return {
    envelope,
    repeatKey: repeatKey.length > 200 ? digest(repeatKey) : repeatKey,
    ...(kind === undefined || isNone(key.id) || isNone(key.remoteJid)
      ? {}
      : { written: { chat: key.remoteJid, id: key.id } }),
    ...(missing === undefined ? {} : { lookUp: missing.text }),
  };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 32);

/** The client's address, when the key names only one of its two forms. */
function halfOf(key: WAMessageKey): Jid | undefined {
  const chat = readJid(key.remoteJid);
  const [main, alt] =
    chat?.kind === 'group' ? [readJid(key.participant), key.participantAlt] : [chat, key.remoteJidAlt];
  if (main?.kind !== 'pn' && main?.kind !== 'lid') return undefined;
  // What is from us names our own other half there, if any.
  return isNone(alt) || key.fromMe === true ? main : undefined;
}

export type Pair = { readonly lid: string; readonly pn: string };

/** The other half from the library's own store of pairs; never asks the network. */
export async function lookUpPair(
  get: (ids: string[]) => Promise<Readonly<Record<string, unknown>>>,
  address: string,
): Promise<Pair | undefined> {
  const jid = readJid(address);
  if (jid === undefined) return undefined;
  const id = jid.kind === 'lid' ? `${jid.user}_reverse` : jid.user;
  const other = (await get([id]))[id];
  if (typeof other !== 'string') return undefined;
  return jid.kind === 'lid' ? { lid: jid.text, pn: `${other}@s.whatsapp.net` } : { lid: `${other}@lid`, pn: jid.text };
}
