import type { CallFact, CallOutcome, InboundRequest, Nothing } from '../../../../src/channel.ts';
import { Malformed } from '../../../../src/errors.ts';
import type { HeardCall } from '../../adapter.ts';
import { recordingFrom } from '../../download.ts';
import { factFrom } from '../../fact-from.ts';
import { formFields, jsonObject, type Loose, lookUp, number, optional, string, textOf } from '../../loose.ts';
import { russianNumber } from '../../russian-number.ts';

const EVENTS: Readonly<Record<string, CallFact['happened']>> = {
  INCOMING: 'ringing',
  OUTGOING: 'ringing',
  ACCEPTED: 'answered',
  // One phone hung up; whether the call goes on (a transfer) only its history says.
  COMPLETED: 'leg-ended',
  // Comes for every phone of a group when somebody else of it has answered.
  CANCELLED: 'leg-ended',
  TRANSFERRED: 'transferred',
};

const OUTCOMES: Readonly<Record<string, CallOutcome>> = {
  success: 'answered',
  missed: 'missed',
  cancel: 'cancelled',
  busy: 'busy',
  notavailable: 'failed',
  notallowed: 'failed',
  notfound: 'failed',
};

/** The fields of a form; some of the family post JSON. @throws Malformed */
export function fieldsOf({ headers, body }: InboundRequest): Loose {
  const text = textOf(body);
  const isJson = /json/i.test(headers['content-type'] ?? '') || /^\s*\{/.test(text);
  return isJson ? jsonObject(text) : formFields('', body);
}

export function parse(request: InboundRequest): readonly HeardCall[] | Nothing {
  const fields = fieldsOf(request);
  const command = string(fields.cmd).toLowerCase();
  if (command === 'rating') return { ignored: 'the rating of a call' };
  if (command !== 'event' && command !== 'history' && command !== 'contact')
    return { ignored: 'a command of the PBX that says nothing about a call' };
  const callId = string(fields.callid);
  if (callId === '') throw new Malformed('"callid" is missing.');
  const fact =
    command === 'event' ? eventFact(fields) : command === 'history' ? historyFact(fields) : askedFact(fields);
  if (fact === undefined) return { ignored: 'an event of a kind that is not known' };
  const link = command === 'history' ? recordingFrom(fields.link, callId) : undefined;
  return [
    {
      callId,
      ...(fields.phone === undefined ? {} : { client: russianNumber(string(fields.phone)) }),
      international: true,
      fact,
      ...(link === undefined ? {} : { recordings: [link] }),
    },
  ];
}

/** The login: what `responsible` and `makecall` take. */
const extensionOf = (fields: Loose): string | undefined => optional(fields.user) ?? optional(fields.ext);

const directionOf = (value: unknown): CallFact['direction'] => {
  const text = string(value).toLowerCase();
  return text === 'in' ? 'inbound' : text === 'out' ? 'outbound' : undefined;
};

function eventFact(fields: Loose): CallFact | undefined {
  const type = string(fields.type).toUpperCase();
  const happened = lookUp(EVENTS, type);
  if (happened === undefined) return undefined;
  const implied = type === 'INCOMING' ? 'inbound' : type === 'OUTGOING' ? 'outbound' : undefined;
  return factFrom({
    happened,
    direction: directionOf(fields.direction) ?? implied,
    line: optional(fields.diversion),
    extension: extensionOf(fields),
  });
}

function historyFact(fields: Loose): CallFact {
  const status = string(fields.status).toLowerCase();
  const outcome = lookUp(OUTCOMES, status);
  const startedAt = compactTime(fields.start);
  const seconds = number(fields.duration);
  const endedAt =
    startedAt === undefined || seconds === undefined ? undefined : new Date(startedAt.getTime() + seconds * 1000);
  return factFrom({
    happened: 'ended',
    at: endedAt,
    direction: directionOf(fields.type),
    line: optional(fields.diversion),
    extension: extensionOf(fields),
    outcome,
    startedAt,
    endedAt,
    // Of an answered call only the whole length is told, with the waiting in it.
    talkSeconds: outcome === undefined || outcome === 'answered' ? undefined : 0,
    cause: status === 'success' ? undefined : optional(fields.status),
  });
}

/** The question comes while the call rings, before anybody's phone does. */
const askedFact = (fields: Loose): CallFact =>
  factFrom({ happened: 'ringing', direction: 'inbound', line: optional(fields.diversion) });

/** `20250203T090000Z`. */
function compactTime(value: unknown): Date | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(string(value));
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second] = found;
  return new Date(Date.UTC(+year!, +month! - 1, +day!, +hour!, +minute!, +second!));
}
