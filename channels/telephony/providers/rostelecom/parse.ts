import type { CallFact, InboundRequest, Nothing, RemoteFile } from '../../../../src/channel.ts';
import { Malformed } from '../../../../src/errors.ts';
import type { Endpoint, HeardCall } from '../../adapter.ts';
import { factFrom } from '../../fact-from.ts';
import { jsonObject, type Loose, localTime, optional, pathAfterKey, string, textOf } from '../../loose.ts';
import { bareNumber, isHidden, isInternal } from '../../numbers.ts';
import { russianNumber } from '../../russian-number.ts';

/**
 * `disconnected`: somebody hung up; a call that is handed on may have several. `end`: the session is over. None of them
 * says how it went: the call was missed where nobody was `connected`.
 */
const STATES: ReadonlyMap<string, CallFact['happened']> = new Map(
  Object.entries({
    new: 'ringing',
    calling: 'ringing',
    connected: 'answered',
    disconnected: 'leg-ended',
    end: 'ended',
  }),
);

const DIRECTIONS: ReadonlyMap<string, NonNullable<CallFact['direction']>> = new Map(
  Object.entries({
    incoming: 'inbound',
    inbound: 'inbound',
    outbound: 'outbound',
    outgoing: 'outbound',
    internal: 'internal',
  }),
);

/** "Who is this, and who should get them?", asked while it rings; its path is the method's name. */
export const isQuestion = (request: InboundRequest, event: Loose): boolean =>
  pathAfterKey(request.url).endsWith('/get_number_info') ||
  (event.state === undefined && event.from_number !== undefined);

export function parse(request: InboundRequest, { settings }: Endpoint): readonly HeardCall[] | Nothing {
  const event = jsonObject(textOf(request.body));
  const asked = isQuestion(request, event);
  const state = string(event.state).toLowerCase();
  const happened = asked ? 'ringing' : STATES.get(state);
  if (happened === undefined) return { ignored: whyIgnored(event, state) };
  const callId = string(event.session_id);
  if (callId === '') {
    if (asked) return { ignored: 'a question without a session; the call itself comes with its events' };
    throw new Malformed('"session_id" is missing.');
  }
  const direction = DIRECTIONS.get(string(event.type).toLowerCase()) ?? (asked ? 'inbound' : undefined);
  const at = localTime(event.timestamp, settings.timeZone);
  const people = peopleOf(event, direction, settings.internalDigits);
  const isRecorded = happened === 'ended' && /^(?:true|1)$/i.test(String(event.is_record));
  return [
    {
      callId,
      ...(people.client === undefined ? {} : { client: people.client }),
      international: true,
      fact: factFrom({ happened, at, direction, line: people.line, extension: people.extension }),
      ...(isRecorded ? { recordings: [recordingOf(callId, at)] } : {}),
    },
  ];
}

function whyIgnored(event: Loose, state: string): string {
  if (state === 'analytics') return 'the speech analysis of a call';
  if (event.order_id !== undefined) return 'a list of calls is ready';
  return 'an event of a kind that is not known';
}

interface People {
  readonly client: string | undefined;
  readonly line: string | undefined;
  readonly extension: string | undefined;
}

/** `from_number` calls `request_number`: each a number, or the SIP login of one of ours. */
export function peopleOf(event: Loose, direction: CallFact['direction'], digits: number): People {
  const [from, to] = [optional(event.from_number), optional(event.request_number)];
  const isOutgoing = direction === 'outbound' || direction === 'internal';
  const [client, ours] = isOutgoing ? [to, from] : [from, to];
  const pin = optional(isOutgoing ? event.from_pin : (event.request_pin ?? event.to_pin));
  const login = ours !== undefined && !isHidden(ours) && isInternal(ours, digits) ? bareNumber(ours) : undefined;
  return {
    client: direction === 'internal' || client === undefined ? undefined : russianNumber(client),
    line: ours === undefined || login !== undefined || isHidden(ours) ? undefined : russianNumber(ours),
    extension: pin ?? login,
  };
}

/** Only the session: the link to the file is asked for, and works once. */
const recordingOf = (session: string, at: Date | undefined): RemoteFile => ({
  name: `${session.replaceAll(/[^\w.-]/g, '_').slice(0, 80)}.mp3`,
  mediaType: 'audio/mpeg',
  ref: { session: session.slice(0, 200).toWellFormed(), ...(at === undefined ? {} : { at: at.getTime() }) },
});
