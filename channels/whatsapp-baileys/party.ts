import type { ClaimedIdentity } from '../../src/channel.ts';
import { type Jid, readJid } from './jid.ts';
import { type Json, readObject, readString } from './read.ts';

/** Who a message is from or to, as far as its key tells. */
export interface Party {
  readonly chat: Jid;
  /** `...@lid` */
  readonly lid?: string;
  /** `+` and digits */
  readonly phone?: string;
  readonly fromMe: boolean;
}

/** Own addresses, which the listener writes beside each event: without them nobody can tell them from a client's. */
export interface Me {
  readonly pn?: string;
  readonly lid?: string;
}

export function readMe(value: unknown): Me {
  const me = readObject(value);
  const pn = readJid(me?.id);
  const lid = readJid(me?.lid);
  return { ...(pn === undefined ? {} : { pn: pn.text }), ...(lid === undefined ? {} : { lid: lid.text }) };
}

export const isMe = (jid: Jid | undefined, me: Me): boolean =>
  jid !== undefined && (jid.text === me.pn || jid.text === me.lid);

/**
 * The client behind a message key. LID and phone come from the address itself, from its alternate, and from what the
 * listener's store knew about the pair when the event came (`known`).
 *
 * The alternate is a trap in what we wrote on the phone: Baileys 7.0.0-rc14 fills `remoteJidAlt` from the *sender's*
 * attributes (`extractAddressingContext`), so it can be our own number. Taken for the client's, it would make one
 * person of all clients.
 */
export function readParty(key: Json, me: Me, known: unknown): Party | undefined {
  const chat = readJid(key.remoteJid);
  if (chat === undefined) return undefined;
  const fromMe = key.fromMe === true;
  const inGroup = chat.kind === 'group';
  const main = inGroup ? readJid(key.participant) : chat;
  const alt = readJid(inGroup ? key.participantAlt : key.remoteJidAlt);
  const pair = readObject(known);
  const found = [main, alt, readJid(pair?.lid), readJid(pair?.pn)].filter((jid) => main === jid || !isMe(jid, me));
  const lid = found.find((jid) => jid?.kind === 'lid');
  const pn = found.find((jid) => jid?.kind === 'pn');
  return {
    chat,
    fromMe,
    ...(lid === undefined ? {} : { lid: lid.text }),
    ...(pn === undefined ? {} : { phone: `+${pn.user}` }),
  };
}

export const identitiesOf = ({ lid, phone }: Pick<Party, 'lid' | 'phone'>): ClaimedIdentity[] => [
  ...(phone === undefined ? [] : [{ kind: 'phone', value: phone, trust: 'attested' } as const]),
  ...(lid === undefined ? [] : [{ kind: 'whatsapp-lid', value: lid, trust: 'attested' } as const]),
];

/**
 * The id by which receipts, edits, deletions, quotes and `send` name a message.
 *
 * - Ours: `1:<id>`. Such ids are made by our own devices; nobody else can write one. Without the chat, because the
 *   receipts of one message come under the client's LID as well as under their number.
 * - A client's: `0:<sender>:<id>`. The sender's software chooses the id, so it counts only together with who sent it:
 *   another client with the same id can neither shadow, edit nor take back the message. The sender is the LID where
 *   it is known, else the number: WhatsApp moves to LIDs and leaves the number out, never the other way round. The
 *   listener adds the LID that its store knows, so a stub under one address and its content under the other agree.
 *   What remains is a sender whose LID becomes known between a message and its edit: then the edit is a message of its
 *   own, which is shown twice rather than lost.
 */
export function eventIdOf(party: Pick<Party, 'lid' | 'phone' | 'fromMe'>, id: unknown): string | undefined {
  const text = readString(id);
  if (!/^[\x21-\x7e]{1,128}$/.test(text)) return undefined;
  if (party.fromMe) return `1:${text}`;
  const sender = party.lid ?? party.phone;
  return sender === undefined ? undefined : `0:${sender}:${text}`;
}

/** The way back from an event id to what a quotation needs. */
export function readEventId(eventId: string): { readonly fromMe: boolean; readonly id: string } | undefined {
  const match = /^(?:1|0:[^:]+):([\x21-\x7e]{1,128})$/.exec(eventId);
  return match === null ? undefined : { fromMe: eventId.startsWith('1:'), id: match[1]! };
}
