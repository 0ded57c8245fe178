/** MCN Telecom: docs/providers/mcn.md */
import type { CallFact, Genuine, InboundRequest, Nothing } from '../../../../src/channel.ts';
import { Malformed, Rejected } from '../../../../src/errors.ts';
import type { Adapter, Endpoint, HeardCall, TestCall, TestRequest } from '../../adapter.ts';
import { jsonObject, type Loose, lookUp, optional, string, textOf } from '../../loose.ts';
import { isHidden } from '../../numbers.ts';
import { russianNumber } from '../../russian-number.ts';
import { anySecret, sameText } from '../../secrets.ts';

type Meaning = Pick<CallFact, 'happened' | 'direction' | 'outcome'>;

/**
 * Events come for each extension. A missed one ends the call, since nothing else would; should somebody answer it after
 * that, the house takes the answer, whichever came first.
 */
const EVENTS: Readonly<Record<string, Meaning>> = {
  onInCallingStart: { happened: 'ringing', direction: 'inbound' },
  onInCallingAnswered: { happened: 'answered', direction: 'inbound' },
  onInCallingEnd: { happened: 'ended', direction: 'inbound' },
  onInCallingMissed: { happened: 'ended', direction: 'inbound', outcome: 'missed' },
  onCloseIncomingNotice: { happened: 'leg-ended', direction: 'inbound' },
  onOutCallingStart: { happened: 'ringing', direction: 'outbound' },
  onOutCallingAnswered: { happened: 'answered', direction: 'outbound' },
  onOutCallingEnd: { happened: 'ended', direction: 'outbound' },
  onOutCallingMissed: { happened: 'ended', direction: 'outbound', outcome: 'missed' },
  InboundCallStart: { happened: 'ringing', direction: 'inbound' },
  InboundCallEnd: { happened: 'ended', direction: 'inbound' },
};

function verify(request: InboundRequest, endpoint: Endpoint): Genuine {
  if (request.method !== 'POST') throw new Rejected(405, 'Events are posted.');
  const given = string(eventOf(request).secret);
  if (given === '') throw new Rejected(401, 'The field "secret" is missing.');
  if (!anySecret(endpoint.settings.mcnSecret, endpoint, (secret) => sameText(given, secret)))
    throw new Rejected(401, 'The field "secret" does not match.');
  return {};
}

/** @throws Rejected: what cannot be read has no secret in it */
function eventOf(request: InboundRequest): Loose {
  try {
    return jsonObject(textOf(request.body));
  } catch (error) {
    if (error instanceof Malformed) throw new Rejected(400, error.message);
    throw error;
  }
}

function parse(request: InboundRequest): readonly HeardCall[] | Nothing {
  const event = jsonObject(textOf(request.body));
  const type = string(event.event_type);
  const meaning = lookUp(EVENTS, type);
  if (meaning === undefined) return { ignored: 'an event of a kind that is not known' };
  const callId = string(event.call_id);
  if (callId === '') throw new Malformed('"call_id" is missing.');
  const line = optional(event.did_mcn);
  const extension = optional(event.abon);
  return [
    {
      callId,
      ...(event.did === undefined || event.did === null ? {} : { client: russianNumber(string(event.did)) }),
      international: true,
      fact: {
        ...meaning,
        ...(line === undefined || isHidden(line) ? {} : { line: russianNumber(line) }),
        ...(extension === undefined ? {} : { extension }),
      },
    },
  ];
}

function test(endpoint: Endpoint, { callId, client }: TestCall): readonly TestRequest[] {
  return ['onInCallingStart', 'onInCallingMissed'].map((event_type) => {
    const secret = endpoint.settings.mcnSecret ?? '';
    const body = JSON.stringify({ event_type, call_id: callId, abon: '101', did: client, secret });
    return { method: 'POST', path: '', headers: { 'content-type': 'application/json' }, body };
  });
}

export const mcn: Adapter = { id: 'mcn', trust: 'secret', verify, parse, test };
