/** Telphin: docs/providers/telphin.md */
import type { Answer, Genuine, InboundRequest } from '../../../../src/channel.ts';
import { Rejected } from '../../../../src/errors.ts';
import type { Adapter, Endpoint, TestCall, TestRequest } from '../../adapter.ts';
import { string } from '../../loose.ts';
import { dial, fetchFile } from './ask.ts';
import { fieldsOf, parse } from './parse.ts';

const TAKEN: Answer = { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '' };

/** Nothing is signed: the random address is all there is. What is no event of Telphin's is not even kept. */
function verify(request: InboundRequest): Genuine {
  if (request.method !== 'POST' && request.method !== 'GET') throw new Rejected(405, 'Events are posted or fetched.');
  const fields = fieldsOf(request);
  if (string(fields.EventType) === '') throw new Rejected(400, 'The field EventType is missing.');
  return { answer: TAKEN };
}

/** Seen by the menu that took the call, which is what Telphin says of a call that nobody answered. */
function test({ settings }: Endpoint, { callId, client, at }: TestCall): readonly TestRequest[] {
  const call = {
    CallID: callId,
    SubCallID: `1-${callId}`,
    CallFlow: 'in',
    CallerIDNum: client,
    CalledDID: settings.lines[0]?.number ?? '',
    EventTime: String(at.getTime() * 1000),
  };
  return [
    { EventType: 'dial-in', CallStatus: 'CALLING', ...call },
    { EventType: 'hangup', CallStatus: 'NOANSWER', Bridged: 'no', Duration: '20000000', ...call },
  ].map((fields) => ({
    method: 'POST',
    path: '',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  }));
}

export const telphin: Adapter = { id: 'telphin', trust: 'address', verify, parse, fetch: fetchFile, dial, test };
