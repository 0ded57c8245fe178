import type { CallFact, CallOutcome, InboundRequest, Nothing } from '../../../../src/channel.ts';
import { Malformed } from '../../../../src/errors.ts';
import type { HeardCall } from '../../adapter.ts';
import { recordingFrom } from '../../download.ts';
import { type Found, factFrom } from '../../fact-from.ts';
import { formFields, type Loose, lookUp, optional, string, unixSeconds } from '../../loose.ts';
import { bareNumber } from '../../numbers.ts';
import { russianNumber } from '../../russian-number.ts';

const OUTCOMES: Readonly<Record<string, CallOutcome>> = {
  ANSWER: 'answered',
  BUSY: 'busy',
  NOANSWER: 'missed',
  CANCEL: 'cancelled',
  CONGESTION: 'failed',
  CHANUNAVAIL: 'failed',
};

const OUTSIDE = '1';
const INSIDE = '2';

/** Query and form. Where the address has a query of its own, a second `?` may have been put before the rest. */
export function fieldsOf({ url, body }: InboundRequest): Loose {
  const at = url.indexOf('?');
  const query = at < 0 ? '' : url.slice(at + 1).replaceAll('?', '&');
  return formFields(`?${query}`, body);
}

/** Asked by a call scheme: no event, only who calls whom. */
export const isQuestion = (fields: Loose): boolean =>
  fields.event === undefined && (fields.fromnum !== undefined || fields.tonum !== undefined);

export function parse(request: InboundRequest): readonly HeardCall[] | Nothing {
  const fields = fieldsOf(request);
  if (isQuestion(fields)) return { ignored: 'a question of a call scheme; the call itself comes with its events' };
  const event = string(fields.event);
  const callId = string(fields.call_id);
  if (event === '') throw new Malformed('"event" is missing.');
  const fact = factOf(event, fields);
  if (fact === undefined) return { ignored: 'an event of a kind that is not known' };
  if (callId === '') throw new Malformed('"call_id" is missing.');
  const client = clientOf(fields);
  const recording = fact.outcome === 'answered' ? recordingFrom(linkOf(fields), callId) : undefined;
  return [
    {
      callId,
      ...(client === undefined ? {} : { client: russianNumber(client) }),
      international: true,
      fact,
      ...(recording === undefined ? {} : { recordings: [recording] }),
    },
  ];
}

function factOf(event: string, fields: Loose): CallFact | undefined {
  const known = { at: unixSeconds(fields.timestamp), direction: directionOf(fields), line: lineOf(fields) };
  const extension = extensionOf(fields);
  if (event === '1') return factFrom({ ...known, happened: 'ringing', extension });
  if (event === '3') return factFrom({ ...known, happened: 'answered', extension });
  if (event === '2') return endOf(fields, { ...known, happened: 'ended', extension: lastCalled(fields) ?? extension });
  if (event === '4') return secondaryEnd(fields, { ...known, happened: 'leg-ended' });
  return undefined;
}

function endOf(fields: Loose, known: Found): CallFact {
  const status = string(fields.status).toUpperCase();
  const outcome = lookUp(OUTCOMES, status);
  const startedAt = unixSeconds(fields.call_start_timestamp);
  const endedAt = unixSeconds(fields.timestamp);
  const answer = outcome === 'answered' ? unixSeconds(fields.call_answer_timestamp) : undefined;
  // For calls that Sipuni sets up itself the time of the answer has been seen at, or before, the start: no time at all.
  const answeredAt = answer !== undefined && startedAt !== undefined && answer <= startedAt ? undefined : answer;
  const talked = outcome === 'answered' ? secondsBetween(answeredAt, endedAt) : 0;
  return factFrom({
    ...known,
    outcome,
    startedAt,
    answeredAt,
    endedAt,
    waitSeconds: secondsBetween(startedAt, outcome === 'answered' ? answeredAt : endedAt),
    talkSeconds: outcome === undefined ? undefined : talked,
    cause: status === 'ANSWER' ? undefined : status || undefined,
  });
}

/** The second leg of a handed-over call has ended. It tells the only thing that is known about the hand-over. */
function secondaryEnd(fields: Loose, known: Found): CallFact {
  const from = withoutCabinet(fields.transfer_from, fields);
  const to = extensionOf(fields) ?? lastCalled(fields);
  if (from === undefined || string(fields.status).toUpperCase() !== 'ANSWER')
    return factFrom({ ...known, extension: to });
  const at = unixSeconds(fields.call_answer_timestamp) ?? known.at;
  return factFrom({ ...known, happened: 'transferred', at, extension: from, toExtension: to });
}

function directionOf(fields: Loose): CallFact['direction'] {
  const from = string(fields.src_type);
  const to = string(fields.dst_type);
  if (from === OUTSIDE) return 'inbound';
  if (from === INSIDE && to === OUTSIDE) return 'outbound';
  return from === INSIDE && to === INSIDE ? 'internal' : undefined;
}

/** `undefined`: this event does not say. */
function clientOf(fields: Loose): string | undefined {
  const direction = directionOf(fields);
  if (direction === 'inbound') return fields.src_num === undefined ? undefined : bareNumber(string(fields.src_num));
  if (direction !== 'outbound') return undefined;
  const called = optional(fields.dst_num) ?? optional(fields.pbxdstnum);
  return called === undefined ? undefined : bareNumber(called);
}

/** Of an outgoing call `pbxdstnum` is the client's number, and ours is not told. */
function lineOf(fields: Loose): string | undefined {
  if (directionOf(fields) !== 'inbound') return undefined;
  return optional(fields.pbxdstnum) ?? (string(fields.dst_type) === OUTSIDE ? optional(fields.dst_num) : undefined);
}

function extensionOf(fields: Loose): string | undefined {
  if (string(fields.dst_type) === INSIDE)
    return optional(fields.short_dst_num) ?? withoutCabinet(fields.dst_num, fields);
  if (string(fields.src_type) === INSIDE)
    return optional(fields.short_src_num) ?? withoutCabinet(fields.src_num, fields);
  return undefined;
}

const lastCalled = (fields: Loose): string | undefined => withoutCabinet(fields.last_called, fields);

/** `018315201`: the cabinet 018315, extension 201. */
function withoutCabinet(value: unknown, fields: Loose): string | undefined {
  const number = bareNumber(string(value));
  const cabinet = optional(fields.user_id) ?? (/^0\d{8}$/.test(number) ? number.slice(0, 6) : undefined);
  const short = cabinet !== undefined && number.startsWith(cabinet) ? number.slice(cabinet.length) : number;
  return short || undefined;
}

/** Has been seen escaped once more than the form itself does it. */
function linkOf(fields: Loose): string {
  const link = string(fields.call_record_link);
  if (!/^https?%3A/i.test(link)) return link;
  try {
    return decodeURIComponent(link);
  } catch {
    return '';
  }
}

const secondsBetween = (from: Date | undefined, to: Date | undefined): number | undefined =>
  from === undefined || to === undefined || to < from ? undefined : (to.getTime() - from.getTime()) / 1000;
