/** Vonage's requests as facts of a call. */
import type { CallFact, CallOutcome, InboundRequest, Nothing } from '../../../../src/channel.ts';
import { Malformed } from '../../../../src/errors.ts';
import type { Endpoint, HeardCall } from '../../adapter.ts';
import { recordingFrom } from '../../download.ts';
import { isoTime, number } from '../../loose.ts';
import { withPlus } from '../../numbers.ts';
import { callIdOf, isQuestion, readRequest, type Said } from './read-request.ts';

type Some = { [name in keyof CallFact]?: CallFact[name] | undefined };

/** `incoming`: the client's leg of their call; `outgoing`: of a call that other software makes. */
type Whose = 'phone' | 'caller' | 'client' | 'incoming' | 'outgoing' | 'unknown';

/** How a leg that nobody answered ended. */
const UNANSWERED: ReadonlyMap<string, CallOutcome> = new Map([
  ['busy', 'busy'],
  ['cancelled', 'cancelled'],
  ['unanswered', 'missed'],
  ['timeout', 'missed'],
  ['rejected', 'declined'],
  ['failed', 'failed'],
]);

/** Vonage asks what to do next in these, where our people did not answer; `cancelled` is the caller's doing. */
export const asksForMore = (said: Said): boolean =>
  said.leg === 'phone' && said.of('status') !== 'cancelled' && UNANSWERED.has(said.of('status'));

export function parse(request: InboundRequest, endpoint: Endpoint): readonly HeardCall[] | Nothing {
  const said = readRequest(request);
  const callId = callIdOf(said);
  if (callId === '') {
    if (said.has('reason')) return { ignored: 'an error of the account, about no call' };
    throw new Malformed('"conversation_uuid" is missing.');
  }
  const at = isoTime(said.of('timestamp'));
  if (said.has('recording_url')) return recorded(said, callId);
  const quiet = (cause: string): HeardCall[] => [
    { callId, fact: { happened: 'noted', ...(at ? { at } : {}), cause } },
  ];
  // A leg has been moved by the API; whoever moved it knows where to.
  if (said.has('conversation_uuid_to')) return quiet(`moved to ${said.of('conversation_uuid_to')}`);
  if (said.has('dtmf') || said.has('speech')) return { ignored: 'input of the caller' };
  const whose = whoseLeg(said);
  if (isQuestion(said)) return [heard(said, 'incoming', { happened: 'ringing' })];
  if (said.has('status')) return [heard(said, whose, factOf(said, whose, endpoint))];
  if (said.has('reason')) return quiet(said.of('reason'));
  throw new Malformed('"status" is missing.');
}

/** The address is not signed, so what the event itself says of its direction comes first. */
function whoseLeg(said: Said): Whose {
  const direction = said.of('direction');
  if (direction === 'inbound') return 'incoming';
  if (said.leg !== undefined) return said.leg;
  return direction === 'outbound' ? 'outgoing' : 'unknown';
}

function heard(said: Said, whose: Whose, fact: Some): HeardCall {
  const { client, ...sides } = sidesOf(said, whose);
  return {
    callId: callIdOf(said),
    ...(client === undefined ? {} : { client, international: true }),
    fact: { at: isoTime(said.of('timestamp')), ...sides, ...fact } as CallFact,
  };
}

interface Sides {
  readonly client?: string;
  readonly direction?: 'inbound' | 'outbound';
  readonly line?: string;
  readonly extension?: string;
}

function sidesOf(said: Said, whose: Whose): Sides {
  const [from, to] = [said.of('from'), said.of('to')];
  switch (whose) {
    case 'incoming':
      return { client: from, direction: 'inbound', line: withPlus(to) };
    case 'phone':
      return { direction: 'inbound', extension: said.extension || to };
    case 'caller':
      return { direction: 'outbound', line: withPlus(from), extension: said.extension || to };
    case 'client':
      return { client: to, direction: 'outbound', line: withPlus(from), extension: said.extension };
    case 'outgoing':
      return { client: to, direction: 'outbound', line: withPlus(from) };
    case 'unknown':
      return {};
  }
}

function factOf(said: Said, whose: Whose, { settings }: Endpoint): Some {
  const status = said.of('status');
  if (status === 'started' || status === 'ringing') return { happened: 'ringing' };
  if (status === 'answered') return answered(said, whose);
  if (status === 'completed') return completed(said, whose);
  const outcome = UNANSWERED.get(status);
  const detail = said.of('detail') || said.of('reason');
  const cause = detail === '' ? status : `${status} (${detail})`;
  if (outcome === undefined) return { happened: 'noted', cause };
  if (whose === 'phone') {
    // The default may still ring; only where nobody comes after this one does it say how the call went.
    const isOver = outcome === 'cancelled' || said.isLast || settings.fallbackTarget.trim() === '';
    return { happened: 'leg-ended', ...(isOver ? { outcome } : {}), cause };
  }
  const refused = outcome === 'declined' && (detail === 'invalid_number' || detail === 'restricted');
  const how = refused ? 'failed' : outcome;
  if (whose === 'client') return { happened: 'leg-ended', outcome: how, cause };
  // Our own person did not pick up: the client was never called.
  const never = whose === 'caller' && how !== 'failed' ? 'cancelled' : how;
  return { happened: 'ended', outcome: never, talkSeconds: 0, cause };
}

/** Vonage itself answers the client's call to run our NCCO; and in a call of ours our own person is first. */
function answered(said: Said, whose: Whose): Some {
  const nobodyYet = whose === 'incoming' || whose === 'caller' || whose === 'unknown';
  return nobodyYet ? { happened: 'noted' } : { happened: 'answered', answeredAt: isoTime(said.of('timestamp')) };
}

function completed(said: Said, whose: Whose): Some {
  const [startedAt, endedAt] = [isoTime(said.of('start_time')), isoTime(said.of('end_time'))];
  const talkSeconds = number(said.of('duration'));
  const talk: Some = (talkSeconds ?? 0) > 0 ? { outcome: 'answered', talkSeconds } : {};
  if (whose === 'phone' || whose === 'client') return { happened: 'leg-ended', ...talk };
  // The other legs count from when Vonage answered, not from when somebody talked.
  return { happened: 'ended', startedAt, endedAt, ...(whose === 'outgoing' ? talk : {}) };
}

function recorded(said: Said, callId: string): readonly HeardCall[] | Nothing {
  const found = recordingFrom(said.of('recording_url'), said.of('recording_uuid') || 'recording');
  if (found === undefined) return { ignored: 'a recording without an address' };
  const at = isoTime(said.of('timestamp'));
  return [{ callId, fact: { happened: 'recorded', ...(at ? { at } : {}) }, recordings: [found] }];
}
