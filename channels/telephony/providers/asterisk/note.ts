/** What an event changes in the book of calls, and what has to be written beside it. */
import type { CallOutcome } from '../../../../src/channel.ts';
import { type Loose, part, string } from '../../loose.ts';
import {
  type Book,
  becomeInbound,
  byChannel,
  type Call,
  callOf,
  end,
  join,
  leave,
  type Noted,
  noted,
  OUR_PREFIX,
  remember,
} from './book.ts';
import { dialled, idOf, isFarHalf, isMachinery, lineIn, localPair, phoneOf } from './read-channel.ts';

/** The kinds of events that `note` knows; the others are not asked for. */
export const NOTED_TYPES = [
  'ChannelCreated',
  'ChannelStateChange',
  'Dial',
  'ChannelHangupRequest',
  'ChannelDestroyed',
  'ChannelEnteredBridge',
  'ChannelHold',
  'BridgeBlindTransfer',
  'BridgeAttendedTransfer',
  'RecordingFinished',
] as const;

/** `undefined`: nothing that anybody has to know. */
export function note(book: Book, event: Loose): Noted | undefined {
  const channel = part(event, 'channel');
  const call = byChannel(book, idOf(channel));
  switch (string(event.type)) {
    case 'ChannelCreated':
    case 'ChannelStateChange':
      return created(book, channel);
    case 'Dial':
      return dial(book, event);
    case 'ChannelHangupRequest':
      // By the time the channel is gone the dialplan has moved on to its clean-up.
      if (call?.id === idOf(channel) && /^VoiceMail$/i.test(string(part(channel, 'dialplan').app_name)))
        call.voicemail = true;
      return undefined;
    case 'ChannelDestroyed':
      return destroyed(book, idOf(channel));
    case 'ChannelEnteredBridge':
      bridged(book, call, idOf(part(event, 'bridge')));
      return undefined;
    case 'ChannelHold':
    case 'BridgeBlindTransfer':
      return call?.direction === undefined ? undefined : noted(call);
    case 'BridgeAttendedTransfer':
      return attended(book, event);
    case 'RecordingFinished':
      return recorded(book, string(part(event, 'recording').target_uri));
    default:
      return undefined;
  }
}

function created(book: Book, channel: Loose): Noted | undefined {
  // "Ring": this channel calls us. Channels that we call are Down and then Ringing; their Dial tells more.
  if (string(channel.state) !== 'Ring' || idOf(channel) === '' || isMachinery(channel)) return undefined;
  if (phoneOf(channel, book.digits) !== undefined || byChannel(book, idOf(channel)) !== undefined) return undefined;
  const call = callOf(book, channel);
  join(book, call, idOf(channel));
  becomeInbound(book, call, channel);
  return noted(call);
}

function dial(book: Book, event: Loose): Noted | undefined {
  const peer = part(event, 'peer');
  const caller = string(part(event, 'caller').id) === '' ? undefined : part(event, 'caller');
  if (idOf(peer) === '') return undefined;
  const call = callOf(book, caller ?? peer);
  for (const one of [caller, peer]) if (one !== undefined) join(book, call, idOf(one));
  const pair = localPair(peer);
  if (pair !== undefined) book.pairs.set(pair, call.id);
  if (pair !== undefined && caller === undefined) call.ownPair = pair;
  if (isMachinery(peer)) return undefined;
  const status = string(event.dialstatus);
  const to = book.dialled.get(idOf(peer)) ?? dialled(event, book.digits);
  book.dialled.set(idOf(peer), to);
  if (isOwnLeg(call, caller)) {
    if (to.extension !== undefined) call.own = to.extension;
    // Originated by some other program: what for, only the next Dial will tell.
    if (!call.id.startsWith(OUR_PREFIX)) return undefined;
    call.direction = 'outbound';
    return status === '' ? { ...noted(call), to } : undefined;
  }
  if (call.direction === undefined || (call.direction === 'outbound' && call.client === undefined))
    learn(book, call, event, caller, to.number);
  if (call.direction === undefined || /^(?:RINGING|PROGRESS|PROCEEDING)$/.test(status)) return undefined;
  if (status === 'ANSWER') call.answered = true;
  else if (status !== '') call.lastTry = status;
  return { ...noted(call), to };
}

/** Click-to-call rings our own person first: without a caller, or through the far half of a Local channel. */
const isOwnLeg = (call: Call, caller: Loose | undefined): boolean =>
  caller === undefined
    ? call.id.startsWith(OUR_PREFIX)
    : isFarHalf(caller) && call.ownPair !== undefined && localPair(caller) === call.ownPair;

/** The first Dial of a call whose beginning says nothing yet: a call of one of our phones, or one that we missed. */
function learn(book: Book, call: Call, event: Loose, caller: Loose | undefined, number: string | undefined): void {
  const isOutside = caller !== undefined && !isMachinery(caller) && phoneOf(caller, book.digits) === undefined;
  if (isOutside && !call.id.startsWith(OUR_PREFIX)) {
    becomeInbound(book, call, caller);
    return;
  }
  if (number === undefined) {
    // Without a caller some other program rings one of our phones; what for, only the next Dial will tell.
    if (caller !== undefined) call.direction ??= 'internal';
    return;
  }
  const line = lineIn(part(part(event, 'peer'), 'connected').number, book.digits);
  call.direction = 'outbound';
  call.client = number;
  if (line !== undefined) call.line = line;
}

function destroyed(book: Book, id: string): Noted | undefined {
  const call = byChannel(book, id);
  if (call === undefined) return undefined;
  remember(book, `channel:${id}`, noted(call));
  leave(book, call, id);
  // With the client's own channel an inbound call is over; an outbound one may have been handed to a colleague.
  const isOver = (call.direction === 'inbound' && id === call.id) || call.channels.size === 0;
  if (!isOver) return undefined;
  end(book, call);
  return call.direction === undefined ? undefined : { ...noted(call), ended: true, outcome: outcomeOf(call) };
}

/** The client's call takes over the one to whom it was handed; asking that colleague was a call of its own. */
function attended(book: Book, event: Loose): Noted | undefined {
  const legs = ['transferer_first_leg', 'transferer_second_leg'].map((leg) => byChannel(book, idOf(part(event, leg))));
  const call = legs.find((one) => one !== undefined && one.direction !== 'internal') ?? legs[0];
  if (call?.direction === undefined) return undefined;
  for (const name of ['transferee', 'transfer_target']) {
    const id = idOf(part(event, name));
    if (id !== '') join(book, call, id);
  }
  return noted(call);
}

function bridged(book: Book, call: Call | undefined, bridge: string): void {
  if (call === undefined || bridge === '') return;
  book.bridges.set(bridge, call.id);
  remember(book, `bridge:${bridge}`, noted(call));
}

function recorded(book: Book, target: string): Noted | undefined {
  const id = target.slice(target.indexOf(':') + 1);
  const call = target.startsWith('bridge:') ? book.calls.get(book.bridges.get(id) ?? '') : byChannel(book, id);
  return call === undefined ? book.past.get(target) : noted(call);
}

const TRIES: ReadonlyMap<string, CallOutcome> = new Map(
  Object.entries({
    NOANSWER: 'missed',
    BUSY: 'busy',
    CANCEL: 'cancelled',
    DONTCALL: 'declined',
    TORTURE: 'declined',
  }),
);

function outcomeOf(call: Call): CallOutcome {
  if (call.answered === true) return 'answered';
  if (call.voicemail === true) return 'voicemail';
  const outcome = TRIES.get(call.lastTry ?? '');
  if (call.direction !== 'inbound') return outcome ?? 'failed';
  // Nobody was even rung: they left the menu or the queue by themselves.
  if (call.lastTry === undefined) return 'cancelled';
  return outcome === 'cancelled' || outcome === 'busy' ? outcome : 'missed';
}
