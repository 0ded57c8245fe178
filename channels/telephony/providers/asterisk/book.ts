/**
 * Which channels are one call. ARI tells of channels only, so this is remembered while we listen. The id of a call is
 * the id of its first channel, which is also what Asterisk itself calls the linkedid: it is the same after a reconnect.
 */
import type { CallOutcome } from '../../../../src/channel.ts';
import { type Loose, part, string } from '../../loose.ts';
import { callerNumber, type Dialled, idOf, lineIn, linkedIn, localPair } from './read-channel.ts';

/** Channels that we originate: their ids begin with this. */
export const OUR_PREFIX = 'inlet-';
/** Recordings are announced after their channel has gone. */
const MOST_PAST = 2000;

/** What is written beside an event, so that it can be read alone. */
export interface Noted {
  readonly call: string;
  readonly direction?: 'inbound' | 'outbound' | 'internal';
  readonly client?: string;
  readonly name?: string;
  readonly line?: string;
  /** Our own person of a call that a program originated. */
  readonly own?: string;
  /** With a Dial: who was dialled when it began. */
  readonly to?: Dialled;
  /** Only with the last event of the call. */
  readonly ended?: true;
  readonly outcome?: CallOutcome;
}

export interface Call {
  readonly id: string;
  readonly channels: Set<string>;
  direction?: 'inbound' | 'outbound' | 'internal';
  client?: string;
  name?: string;
  line?: string;
  answered?: true;
  voicemail?: true;
  /** The Local channel that stands for our own person, where a program originated the call. */
  ownPair?: string;
  /** Their extension, once it was dialled. */
  own?: string;
  /** How the last phone that stopped ringing did so. */
  lastTry?: string;
}

export interface Book {
  /** The most digits of an extension. */
  readonly digits: number;
  readonly calls: Map<string, Call>;
  readonly members: Map<string, string>;
  /** By channel id. */
  readonly dialled: Map<string, Dialled>;
  readonly pairs: Map<string, string>;
  readonly bridges: Map<string, string>;
  /** By `channel:<id>` and `bridge:<id>`, as recordings name what they recorded. */
  readonly past: Map<string, Noted>;
}

export const openBook = (digits: number): Book => ({
  digits,
  calls: new Map(),
  members: new Map(),
  dialled: new Map(),
  pairs: new Map(),
  bridges: new Map(),
  past: new Map(),
});

export const byChannel = (book: Book, id: string): Call | undefined => book.calls.get(book.members.get(id) ?? '');

export function begin(book: Book, id: string): Call {
  const call = book.calls.get(id) ?? { id, channels: new Set<string>() };
  book.calls.set(id, call);
  return call;
}

/** The call that this channel belongs to, begun if it is new. */
export function callOf(book: Book, channel: Loose): Call {
  const known = byChannel(book, idOf(channel));
  if (known !== undefined) return known;
  return begin(book, book.pairs.get(localPair(channel) ?? '') ?? linkedIn(channel) ?? idOf(channel));
}

export function join(book: Book, call: Call, channelId: string): void {
  const before = byChannel(book, channelId);
  call.channels.add(channelId);
  book.members.set(channelId, call.id);
  if (before === undefined || before === call) return;
  before.channels.delete(channelId);
  // Nothing is left to tell of its end: the house closes it in time.
  if (before.channels.size === 0) end(book, before);
}

export function leave(book: Book, call: Call, channelId: string): void {
  call.channels.delete(channelId);
  book.members.delete(channelId);
  book.dialled.delete(channelId);
}

export function end(book: Book, call: Call): void {
  for (const id of call.channels) leave(book, call, id);
  for (const map of [book.pairs, book.bridges]) for (const [name, id] of map) if (id === call.id) map.delete(name);
  book.calls.delete(call.id);
}

export function remember(book: Book, name: string, noted: Noted): void {
  book.past.set(name, noted);
  if (book.past.size > MOST_PAST) book.past.delete(book.past.keys().next().value ?? '');
}

/** Somebody outside calls us on this channel. */
export function becomeInbound(book: Book, call: Call, channel: Loose): void {
  const name = string(part(channel, 'caller').name);
  const line = lineIn(part(channel, 'dialplan').exten, book.digits);
  call.direction = 'inbound';
  call.client = callerNumber(channel);
  if (name !== '') call.name = name;
  if (line !== undefined) call.line = line;
}

export function noted({ id, direction, client, name, line, own }: Call): Noted {
  return {
    call: id,
    ...(direction === undefined ? {} : { direction }),
    ...(client === undefined ? {} : { client }),
    ...(name === undefined ? {} : { name }),
    ...(line === undefined ? {} : { line }),
    ...(own === undefined ? {} : { own }),
  };
}
