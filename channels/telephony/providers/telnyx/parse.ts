/** Telnyx's events as facts of a call. */
import type { CallFact, CallOutcome, InboundRequest, Nothing, RemoteFile } from '../../../../src/channel.ts';
import { Malformed } from '../../../../src/errors.ts';
import type { Endpoint, HeardCall } from '../../adapter.ts';
import { recordingFrom } from '../../download.ts';
import { isoTime, part, string } from '../../loose.ts';
import { callIdOf, type Event, type Leg, legOf, readEvent } from './read-event.ts';

type Some = { [name in keyof CallFact]?: CallFact[name] | undefined };

/** Causes that say how the call went even where nobody answered; a normal clearing may follow a talk or none. */
const OUTCOMES: ReadonlyMap<string, CallOutcome> = new Map([
  ['originator_cancel', 'cancelled'],
  ['no_answer', 'missed'],
  ['timeout', 'missed'],
  ['user_busy', 'busy'],
  ['call_rejected', 'declined'],
  ['not_found', 'failed'],
]);

export function parse(request: InboundRequest, endpoint: Endpoint): readonly HeardCall[] | Nothing {
  const event = readEvent(request.body);
  if (!event.type.startsWith('call.')) {
    if (event.type === '') throw new Malformed('"data.event_type" is missing.');
    return { ignored: `${event.type.slice(0, 60)} is about no call` };
  }
  if (callIdOf(event) === '') throw new Malformed('"call_session_id" is missing.');
  const { leg, extension } = legOf(event, endpoint);
  if (event.type === 'call.recording.saved') return recorded(event);
  const fact = factOf(event, leg);
  if (fact === undefined) return { ignored: `${event.type.slice(0, 60)} does not change a call` };
  const { client, name, ...sides } = sidesOf(event, leg);
  return [
    {
      callId: callIdOf(event),
      ...(client === undefined ? {} : { client, international: true }),
      ...(name === undefined ? {} : { name }),
      fact: { at: isoTime(event.occurredAt), ...sides, extension, ...fact } as CallFact,
    },
  ];
}

function sidesOf(
  { payload }: Event,
  leg: Leg,
): { client?: string; name?: string; direction?: 'inbound' | 'outbound'; line?: string } {
  const name = string(payload.caller_id_name);
  switch (leg) {
    case 'incoming':
      return {
        client: string(payload.from),
        ...(name === '' ? {} : { name }),
        direction: 'inbound',
        line: string(payload.to),
      };
    case 'outgoing':
      return { client: string(payload.to), direction: 'outbound', line: string(payload.from) };
    case 'phone':
      return { direction: 'inbound' };
    case 'unknown':
      return {};
  }
}

function factOf(event: Event, leg: Leg): Some | undefined {
  switch (event.type) {
    case 'call.initiated':
      return { happened: 'ringing', ...(leg === 'phone' ? {} : { startedAt: isoTime(event.payload.start_time) }) };
    case 'call.answered':
      // The client's own leg is answered by software, before anybody talks.
      if (leg === 'incoming' || leg === 'unknown') return { happened: 'noted' };
      return { happened: 'answered', answeredAt: isoTime(event.occurredAt) };
    case 'call.bridged':
      return { happened: 'answered', answeredAt: isoTime(event.occurredAt) };
    case 'call.hangup':
      return hungUp(event, leg);
    default:
      return undefined;
  }
}

function hungUp({ payload }: Event, leg: Leg): Some {
  const cause = string(payload.hangup_cause);
  const code = string(payload.sip_hangup_cause);
  const why = { cause: code === '' ? cause : `${cause} (${code})` };
  // Nobody is rung after this one, though the caller may go on waiting.
  if (leg === 'phone') return { happened: 'leg-ended', outcome: OUTCOMES.get(cause), ...why };
  const times = { startedAt: isoTime(payload.start_time), endedAt: isoTime(payload.end_time) };
  return { happened: 'ended', outcome: OUTCOMES.get(cause), ...times, ...why };
}

/** The addresses of private recordings work for ten minutes, public ones for as long as the file exists. */
function recorded(event: Event): readonly HeardCall[] | Nothing {
  const [open, signed] = [part(event.payload, 'public_recording_urls'), part(event.payload, 'recording_urls')];
  const id = string(event.payload.call_leg_id) || 'recording';
  const wav = [open.wav, signed.wav].map((url) => recordingFrom(url, id)).find((one) => one !== undefined);
  const mp3 = [open.mp3, signed.mp3].map((url) => recordingFrom(url, id)).find((one) => one !== undefined);
  const found: RemoteFile | undefined = mp3 ?? (wav === undefined ? undefined : { ...wav, mediaType: 'audio/wav' });
  if (found === undefined) return { ignored: 'a recording without an address' };
  const at = isoTime(event.occurredAt);
  return [
    {
      callId: callIdOf(event),
      fact: { happened: 'recorded', ...(at === undefined ? {} : { at }) },
      recordings: [found],
    },
  ];
}
