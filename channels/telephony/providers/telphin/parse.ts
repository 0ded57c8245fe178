/** Telphin's events: each is sent by one extension, and `CallID` is the same in all legs of a call. */
import type { CallFact, CallOutcome, InboundRequest, Nothing, RemoteFile } from '../../../../src/channel.ts';
import { Malformed } from '../../../../src/errors.ts';
import type { HeardCall } from '../../adapter.ts';
import { formFields, lookUp, number, optional, string, unixSeconds } from '../../loose.ts';
import { russianNumber } from '../../russian-number.ts';

type Fields = Readonly<Record<string, string>>;

const MICROSECONDS = 1_000_000;

const EVENTS: Readonly<Record<string, CallFact['happened']>> = {
  'dial-in': 'ringing',
  'dial-out': 'ringing',
  answer: 'answered',
  hangup: 'ended',
};

const OUTCOMES: Readonly<Record<string, CallOutcome>> = {
  ANSWER: 'answered',
  BUSY: 'busy',
  NOANSWER: 'missed',
  CANCEL: 'cancelled',
  CONGESTION: 'failed',
  CHANUNAVAIL: 'failed',
};

/** Posted, or in the query of a GET: the cabinet lets one choose. */
export const fieldsOf = ({ url, body }: InboundRequest): Fields => formFields(url, body);

export function parse(request: InboundRequest): readonly HeardCall[] | Nothing {
  const fields = fieldsOf(request);
  const event = string(fields.EventType).toLowerCase();
  const happened = lookUp(EVENTS, event);
  if (event === '') throw new Malformed('"EventType" is missing.');
  if (happened === undefined) return { ignored: `no call: ${event.slice(0, 60)}` };
  const callId = string(fields.CallID) || string(fields.SubCallID);
  if (callId === '') throw new Malformed('"CallID" is missing.');
  const recordings = recordingOf(fields);
  return [
    {
      callId,
      ...clientOf(fields),
      fact: factOf(fields, happened),
      ...(recordings.length === 0 ? {} : { recordings }),
    },
  ];
}

const isYes = (value: string | undefined): boolean => string(value).toLowerCase() === 'yes';
/** Only a menu or a queue says this: whether a person answered anywhere, and so it speaks for the whole call. */
const isWhole = (fields: Fields): boolean => string(fields.Bridged) !== '';

/** A call that is passed on to an outside number shows as an outgoing one, with a client of another leg. */
function directionOf(fields: Fields): CallFact['direction'] {
  if (isWhole(fields)) return 'inbound';
  if (isYes(fields.Transfered)) return undefined;
  const flow = string(fields.CallFlow).toLowerCase() || string(fields.EventType).toLowerCase().replace('dial-', '');
  return flow === 'in' ? 'inbound' : flow === 'out' ? 'outbound' : undefined;
}

function clientOf(fields: Fields): Pick<HeardCall, 'client' | 'name'> {
  const direction = directionOf(fields);
  if (direction === undefined) return {};
  // After a transfer between our own people the outside number stands here.
  const other = string(fields.RemoteNumber) || (direction === 'inbound' ? fields.CallerIDNum : fields.CalledNumber);
  if (other === undefined) return {};
  const name = direction === 'inbound' ? optional(fields.CallerIDName) : undefined;
  return { client: russianNumber(string(other)), ...(name === undefined ? {} : { name }) };
}

function factOf(fields: Fields, happened: CallFact['happened']): CallFact {
  const direction = directionOf(fields);
  const at = unixSeconds((number(fields.EventTime) ?? 0) / MICROSECONDS);
  const ended = happened === 'ended';
  const ours = direction === 'inbound' ? fields.CalledExtension : fields.CallerExtension;
  const fact = {
    happened: ended && isOnlyLeg(fields) ? 'leg-ended' : happened,
    at,
    direction,
    line: optional(fields.CalledDID),
    // `453*101@sipproxy.telphin.ru`
    extension: isWhole(fields) ? undefined : optional(string(ours).replace(/@.*$/s, '')),
    ...(ended ? endOf(fields, at) : {}),
  };
  return fact as CallFact;
}

/** A phone that a menu or a queue rang in vain: the menu or the queue says what became of the call. */
function isOnlyLeg(fields: Fields): boolean {
  if (isWhole(fields) || string(fields.CallStatus).toUpperCase() === 'ANSWER') return false;
  if (isYes(fields.Transfered)) return true;
  return directionOf(fields) === 'inbound' && string(fields.CallerExtension) !== '';
}

function endOf(fields: Fields, endedAt: Date | undefined): Partial<CallFact> {
  const status = string(fields.CallStatus).toUpperCase();
  const said = lookUp(OUTCOMES, status);
  if (isOnlyLeg(fields)) return status === '' ? {} : { cause: status };
  const outcome = isWhole(fields) ? wholeOutcome(fields, said) : said;
  const length = number(fields.BridgedDuration) ?? (isWhole(fields) ? undefined : number(fields.Duration));
  const found = {
    outcome,
    endedAt,
    talkSeconds: outcome === 'answered' ? length && length / MICROSECONDS : outcome && 0,
    // A menu that picked up says ANSWER even where nobody else did.
    cause: outcome === 'answered' || status === 'ANSWER' ? undefined : status || undefined,
  };
  return found as Partial<CallFact>;
}

/** A menu always answers; whether a person did, only `Bridged` says. */
function wholeOutcome(fields: Fields, said: CallOutcome | undefined): CallOutcome {
  if (isYes(fields.Bridged)) return 'answered';
  return said === undefined || said === 'answered' ? 'missed' : said;
}

function recordingOf(fields: Fields): readonly RemoteFile[] {
  const id = string(fields.RecID);
  if (!/^[\w-]{1,200}$/.test(id)) return [];
  return [{ name: `${id.slice(0, 80)}.mp3`, mediaType: 'audio/mpeg', ref: { recording: id } }];
}
