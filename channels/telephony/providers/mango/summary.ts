/** The last word on a call: `/events/summary`. */
import type { CallFact, CallOutcome } from '../../../../src/channel.ts';
import type { HeardCall } from '../../adapter.ts';
import { type Loose, lookUp, number, optional, part, string, unixSeconds } from '../../loose.ts';

const DIRECTIONS: Readonly<Record<string, CallFact['direction']>> = { 0: 'internal', 1: 'inbound', 2: 'outbound' };

/** Reasons of a call in which nobody talked; where only the class is here, the whole class means it. */
const REASONS: readonly (readonly [start: string, outcome: CallOutcome])[] = [
  ['1110', 'cancelled'],
  ['1111', 'missed'],
  ['1120', 'declined'],
  ['1121', 'busy'],
  ['1122', 'declined'],
  // Do not disturb.
  ['1123', 'busy'],
  // A number that cannot be reached, or is none.
  ['113', 'failed'],
  ['1151', 'blocked'],
  // No money, an error of ours, something impossible, an error of the platform.
  ['2', 'failed'],
  ['3', 'failed'],
  ['4', 'failed'],
  ['5', 'failed'],
];

export function summaryOf(callId: string, event: Loose): HeardCall {
  const from = part(event, 'from');
  const to = part(event, 'to');
  const direction = lookUp(DIRECTIONS, string(event.call_direction));
  const client = direction === 'inbound' ? from.number : direction === 'internal' ? to.extension : to.number;
  const fact = {
    happened: 'ended',
    at: unixSeconds(event.end_time),
    direction,
    line: optional(event.line_number),
    extension: optional(direction === 'inbound' ? to.extension : from.extension),
    ...resultOf(event),
  };
  return {
    callId,
    ...(client === undefined || direction === undefined ? {} : { client: string(client) }),
    ...(direction === 'internal' ? {} : { international: true }),
    fact: fact as CallFact,
  };
}

/** `entry_result` says 1 for a caller who hung up in the menu; only `talk_time` tells whether anybody talked. */
function resultOf(event: Loose): Partial<CallFact> {
  const created = number(event.create_time);
  const talked = number(event.talk_time) ?? 0;
  const ended = number(event.end_time);
  const answered = talked > 0;
  const until = answered ? talked : ended;
  const reason = string(event.disconnect_reason);
  const found = {
    outcome: answered ? 'answered' : (REASONS.find(([start]) => reason.startsWith(start))?.[1] ?? 'missed'),
    startedAt: unixSeconds(created),
    answeredAt: answered ? unixSeconds(talked) : undefined,
    endedAt: unixSeconds(ended),
    waitSeconds: created === undefined || until === undefined ? undefined : until - created,
    talkSeconds: !answered ? 0 : ended === undefined ? undefined : ended - talked,
    cause: answered ? undefined : reason || undefined,
  };
  return found as Partial<CallFact>;
}
