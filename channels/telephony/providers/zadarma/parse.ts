import type { CallFact, CallOutcome, InboundRequest, Nothing, RemoteFile } from '../../../../src/channel.ts';
import { Malformed } from '../../../../src/errors.ts';
import type { Endpoint, HeardCall } from '../../adapter.ts';
import { localTime, lookUp, number, optional, string } from '../../loose.ts';
import { postedFields } from './verify.ts';

type Fields = Readonly<Record<string, string>>;

const EVENTS: Readonly<Record<string, CallFact['happened']>> = {
  NOTIFY_START: 'ringing',
  NOTIFY_INTERNAL: 'ringing',
  NOTIFY_ANSWER: 'answered',
  NOTIFY_END: 'ended',
  NOTIFY_OUT_START: 'ringing',
  NOTIFY_OUT_END: 'ended',
  NOTIFY_IVR: 'noted',
  NOTIFY_RECORD: 'recorded',
};

/** Every other disposition (no money, a limit, a number that is not allocated) is a call that could not be made. */
const OUTCOMES: Readonly<Record<string, CallOutcome>> = {
  answered: 'answered',
  busy: 'busy',
  cancel: 'cancelled',
  'no answer': 'missed',
};

export function parse(request: InboundRequest, endpoint: Endpoint): readonly HeardCall[] | Nothing {
  const fields = postedFields(request.body);
  const event = string(fields.event);
  const happened = lookUp(EVENTS, event);
  if (event === '') throw new Malformed('"event" is missing.');
  if (happened === undefined) return { ignored: `no call: ${event.slice(0, 60)}` };
  const callId = string(fields.pbx_call_id);
  if (callId === '') throw new Malformed('"pbx_call_id" is missing.');
  const recordings = happened === 'recorded' || fields.is_recorded === '1' ? recordingOf(fields) : [];
  return [
    {
      callId,
      ...(happened === 'recorded' ? {} : clientOf(fields, isOutbound(fields))),
      fact: factOf(fields, happened, endpoint),
      ...(recordings.length === 0 ? {} : { recordings }),
    },
  ];
}

/** The prefix of the id tells; `internal` does not, it is there in both directions. */
function isOutbound({ pbx_call_id: id = '', event = '' }: Fields): boolean {
  if (id.startsWith('out_')) return true;
  return !id.startsWith('in_') && event.startsWith('NOTIFY_OUT_');
}

function clientOf(fields: Fields, outbound: boolean): Pick<HeardCall, 'client' | 'international'> {
  const client = outbound ? fields.destination : fields.caller_id;
  if (client === undefined) return {};
  // What our own people dial may be written as at home: 8 999 000-11-22.
  return { client: string(client), ...(outbound && /^8\d{10}$/.test(client) ? {} : { international: true }) };
}

function factOf(fields: Fields, happened: CallFact['happened'], { settings }: Endpoint): CallFact {
  const outbound = isOutbound(fields);
  const startedAt = localTime(fields.call_start, settings.timeZone);
  const begins = fields.event === 'NOTIFY_START' || fields.event === 'NOTIFY_OUT_START';
  const fact = {
    happened,
    at: begins ? startedAt : undefined,
    direction: outbound ? 'outbound' : 'inbound',
    line: optional(outbound ? fields.caller_id : fields.called_did),
    extension: extensionOf(fields, happened),
    // Whether the time of NOTIFY_ANSWER is that of the call or of the answer is not documented.
    startedAt: happened === 'answered' ? undefined : startedAt,
    ...(happened === 'ended' ? endOf(fields) : {}),
  };
  return fact as CallFact;
}

/** NOTIFY_ANSWER may name only `destination`: an extension, or the outside number of a forwarding. */
function extensionOf(fields: Fields, happened: CallFact['happened']): string | undefined {
  const named = optional(fields.internal) ?? optional(fields.last_internal);
  return named ?? (happened === 'answered' && !isOutbound(fields) ? optional(fields.destination) : undefined);
}

function endOf(fields: Fields): Partial<CallFact> {
  const disposition = string(fields.disposition).toLowerCase();
  if (disposition === '') return {};
  const outcome = Object.hasOwn(OUTCOMES, disposition) ? OUTCOMES[disposition]! : 'failed';
  if (outcome === 'answered') {
    const talkSeconds = number(fields.duration);
    return { outcome, ...(talkSeconds === undefined ? {} : { talkSeconds }) };
  }
  const code = string(fields.status_code);
  return { outcome, talkSeconds: 0, cause: code === '' ? disposition : `${disposition}, Q.931 ${code}` };
}

/** The end of the call and the notice of its recording name the same file. */
function recordingOf(fields: Fields): readonly RemoteFile[] {
  const id = string(fields.call_id_with_rec);
  const name = `${id.replaceAll(/[^\w.-]/g, '_').slice(0, 80)}.mp3`;
  return id === '' ? [] : [{ name, mediaType: 'audio/mpeg', ref: { recording: id } }];
}
