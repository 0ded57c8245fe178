/** Twilio's requests as facts of a call. */
import type { CallFact, CallOutcome, InboundRequest, Nothing } from '../../../../src/channel.ts';
import { Malformed } from '../../../../src/errors.ts';
import type { Endpoint, HeardCall } from '../../adapter.ts';
import { recordingFrom } from '../../download.ts';
import { isoTime, number } from '../../loose.ts';
import { sameDigits } from '../../numbers.ts';
import { readRequest, type Said } from './read-request.ts';

type Some = { [name in keyof CallFact]?: CallFact[name] | undefined };

/** How a leg that nobody answered ended. */
const UNANSWERED: ReadonlyMap<string, CallOutcome> = new Map([
  ['busy', 'busy'],
  ['no-answer', 'missed'],
  ['canceled', 'cancelled'],
  ['failed', 'failed'],
]);
const RINGING = new Set(['queued', 'initiated', 'ringing']);
const TALKED = new Set(['completed', 'answered']);

export function parse(request: InboundRequest, endpoint: Endpoint): readonly HeardCall[] | Nothing {
  const said = readRequest(request);
  if (said.of('RecordingStatus') !== '') return recorded(said);
  if (callIdOf(said) === '') throw new Malformed('"CallSid" is missing.');
  switch (said.leg) {
    case 'phone':
      return [heard(said, inbound(said), phoneOfOurs(said))];
    case 'dial':
    case 'last':
      return [heard(said, inbound(said), dialEnded(said, endpoint))];
    case 'caller':
      return [heard(said, { direction: 'outbound', line: said.of('From') }, callerOfOurs(said))];
    case 'client':
      return [heard(said, outbound(said), phoneOfClient(said))];
    case 'called':
      return [heard(said, { direction: 'outbound', line: said.of('From') }, clientCalled(said))];
    case 'recording':
      return { ignored: 'a recording without a status' };
    case undefined:
      return [unmarked(said, endpoint)];
  }
}

/** All legs name their parent; the parent names itself. */
export const callIdOf = (said: Said): string =>
  (said.leg === 'recording' ? said.call : '') || said.of('ParentCallSid') || said.of('CallSid');

interface Sides {
  readonly client?: string;
  readonly direction?: 'inbound' | 'outbound';
  readonly line?: string;
}

const sipName = (address: string): string => address.replace(/^(?:sips?|client):/i, '').replace(/[@;?].*$/s, '');

/** A leg to a phone of ours names the caller as `From`, and as `To` the phone instead of the line. */
const inbound = (said: Said): Sides => ({
  client: said.of('From'),
  direction: 'inbound',
  ...(said.leg === 'phone' || said.of('ParentCallSid') !== '' ? {} : { line: said.of('To') }),
});

const outbound = (said: Said): Sides => ({
  client: said.of('To'),
  direction: 'outbound',
  line: said.of('From'),
});

function heard(said: Said, { client, ...sides }: Sides, fact: Some): HeardCall {
  const order = number(said.of('SequenceNumber'));
  const name = said.of('CallerName');
  return {
    callId: callIdOf(said),
    ...(client === undefined ? {} : { client }),
    ...(name === '' || sides.direction !== 'inbound' ? {} : { name }),
    international: true,
    // RFC 2822, with its zone.
    fact: { at: isoTime(said.of('Timestamp')), order, ...sides, ...fact } as CallFact,
  };
}

/** Why nobody talked, in Twilio's words. */
function causeOf(said: Said, status: string): string {
  const code = said.of('ErrorCode') || said.of('SipResponseCode');
  return code === '' ? status : `${status} (${code})`;
}

/** One of the phones that ring for a client: it alone does not decide how the call went, unless it was answered. */
function phoneOfOurs(said: Said): Some {
  const extension = said.extension || sipName(said.of('To'));
  const status = said.of('CallStatus');
  const at = isoTime(said.of('Timestamp'));
  if (status === 'ringing') return { happened: 'ringing', extension };
  if (status === 'in-progress' || status === 'answered') return { happened: 'answered', extension, answeredAt: at };
  if (status === 'completed')
    return { happened: 'leg-ended', extension, outcome: 'answered', talkSeconds: number(said.of('CallDuration')) };
  if (UNANSWERED.has(status)) return { happened: 'leg-ended', extension, cause: causeOf(said, status) };
  return { happened: 'noted', extension };
}

/** All phones have stopped ringing, or the talk is over. Where a default remains to be rung, so does the call. */
function dialEnded(said: Said, endpoint: Endpoint): Some {
  const status = said.of('DialCallStatus');
  if (TALKED.has(status))
    return { happened: 'ended', outcome: 'answered', talkSeconds: number(said.of('DialCallDuration')) };
  if (goesOn(said, endpoint)) return { happened: 'noted', cause: causeOf(said, status) };
  const outcome = UNANSWERED.get(status);
  if (outcome === undefined) return { happened: 'noted', cause: status };
  const gaveUp = outcome === 'missed' && hasHungUp(said);
  return { happened: 'ended', outcome: gaveUp ? 'cancelled' : outcome, talkSeconds: 0, cause: causeOf(said, status) };
}

/** The caller's own leg is over. */
export const hasHungUp = (said: Said): boolean =>
  TALKED.has(said.of('CallStatus')) || UNANSWERED.has(said.of('CallStatus'));

/** Nobody answered, the caller is still there, and there is a default that has not been rung. */
export const goesOn = (said: Said, { settings }: Endpoint): boolean =>
  said.leg === 'dial' &&
  settings.fallbackTarget.trim() !== '' &&
  !TALKED.has(said.of('DialCallStatus')) &&
  !hasHungUp(said);

/** A call of ours: that our own person picked up is no talk yet, and that they did not is not the client's doing. */
function callerOfOurs(said: Said): Some {
  const { extension } = said;
  const status = said.of('CallStatus');
  if (RINGING.has(status)) return { happened: 'ringing', extension };
  if (status === 'completed') return { happened: 'ended', extension, endedAt: isoTime(said.of('Timestamp')) };
  if (!UNANSWERED.has(status)) return { happened: 'noted', extension };
  const outcome = status === 'failed' ? 'failed' : 'cancelled';
  return { happened: 'ended', extension, outcome, talkSeconds: 0, cause: causeOf(said, status) };
}

function phoneOfClient(said: Said): Some {
  const { extension } = said;
  const status = said.of('CallStatus');
  if (status === 'ringing') return { happened: 'ringing', extension };
  if (status === 'in-progress' || status === 'answered')
    return { happened: 'answered', extension, answeredAt: isoTime(said.of('Timestamp')) };
  if (status === 'completed') {
    const outcome = said.of('AnsweredBy').startsWith('machine') ? 'voicemail' : 'answered';
    return { happened: 'leg-ended', extension, outcome, talkSeconds: number(said.of('CallDuration')) };
  }
  const outcome = UNANSWERED.get(status);
  if (outcome === undefined) return { happened: 'noted', extension };
  return { happened: 'leg-ended', extension, outcome, cause: causeOf(said, status) };
}

function clientCalled(said: Said): Some {
  const { extension } = said;
  const status = said.of('DialCallStatus');
  if (TALKED.has(status))
    return { happened: 'ended', extension, outcome: 'answered', talkSeconds: number(said.of('DialCallDuration')) };
  const outcome = UNANSWERED.get(status);
  if (outcome === undefined) return { happened: 'noted', extension, cause: status };
  return { happened: 'ended', extension, outcome, talkSeconds: 0, cause: causeOf(said, status) };
}

/** The number's own address: a call that asks, its changes of status, and calls that other software makes. */
function unmarked(said: Said, { settings }: Endpoint): HeardCall {
  const ours = [settings.twilioNumber ?? '', ...settings.lines.map((one) => one.number)].map(sameDigits);
  const isLine = (given: string): boolean => sameDigits(given) !== '' && ours.includes(sameDigits(given));
  switch (said.of('Direction')) {
    case 'outbound-dial':
      return isLine(said.of('From'))
        ? heard(said, outbound(said), phoneOfClient(said))
        : heard(said, inbound(said), phoneOfOurs(said));
    case 'outbound-api':
    case 'trunking-terminating': {
      const fact = phoneOfClient(said);
      return withRecording(
        said,
        heard(said, outbound(said), fact.happened === 'leg-ended' ? { ...fact, happened: 'ended' } : fact),
      );
    }
    default:
      return withRecording(said, heard(said, inbound(said), callOfClient(said)));
  }
}

/** The caller's own leg. Twilio itself may have picked up: "completed" does not mean that anybody talked. */
function callOfClient(said: Said): Some {
  const status = said.of('CallStatus');
  const isCallback = said.of('CallbackSource') !== '' || said.of('SequenceNumber') !== '';
  if (status === 'in-progress') return { happened: isCallback ? 'noted' : 'ringing' };
  const endedAt = isoTime(said.of('Timestamp'));
  if (status === 'completed') return { happened: 'ended', endedAt };
  const outcome = UNANSWERED.get(status);
  if (outcome !== undefined)
    return { happened: 'ended', endedAt, outcome, talkSeconds: 0, cause: causeOf(said, status) };
  return { happened: RINGING.has(status) ? 'ringing' : 'noted' };
}

function recorded(said: Said): readonly HeardCall[] | Nothing {
  const status = said.of('RecordingStatus');
  if (status !== 'completed') return { ignored: `a recording that is ${status.slice(0, 40)}` };
  if (callIdOf(said) === '') throw new Malformed('"CallSid" is missing.');
  const call = withRecording(said, { callId: callIdOf(said), fact: { happened: 'recorded' } });
  return call.recordings === undefined ? { ignored: 'a recording without an address' } : [call];
}

/** Without an ending Twilio gives a WAV, ten times as large. */
function withRecording(said: Said, call: HeardCall): HeardCall {
  const url = said.of('RecordingUrl');
  const found = url === '' ? undefined : recordingFrom(`${url.replace(/\.(?:mp3|wav)$/, '')}.mp3`, 'recording');
  if (found === undefined) return call;
  return { ...call, recordings: [{ ...found, name: said.of('RecordingSid') || 'recording' }] };
}
