/** Telnyx Call Control: docs/providers/telnyx.md */
import type { Genuine, InboundRequest, Tools } from '../../../../src/channel.ts';
import { Malformed } from '../../../../src/errors.ts';
import type { Adapter, Endpoint } from '../../adapter.ts';
import { fetchRecording } from '../../download.ts';
import { parse } from './parse.ts';
import { type Event, readEvent } from './read-event.ts';
import { isQuestion, questionOf } from './steer.ts';
import { verifySignature } from './verify.ts';

/** Where Telnyx keeps recordings; the addresses are signed by themselves and need no key. */
const RECORDING_HOSTS = [
  'telnyx.com',
  'telephony-recorder-prod.s3.amazonaws.com',
  'telephony-recorder-prod.s3.us-east-1.amazonaws.com',
];

async function verify(request: InboundRequest, endpoint: Endpoint, tools: Tools): Promise<Genuine> {
  await verifySignature(request, endpoint, tools);
  let event: Event;
  try {
    event = readEvent(request.body);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return {};
  }
  return {
    ...(event.id === '' ? {} : { repeatKey: `telnyx:${event.id.slice(0, 200)}` }),
    ...(isQuestion(event, endpoint) ? { asks: questionOf(event, endpoint, tools) } : {}),
  };
}

/** No `test`: only Telnyx has the private key that its events are signed with. */
export const telnyx: Adapter = {
  id: 'telnyx',
  trust: 'signed-fresh',
  verify,
  parse,
  fetch: (file, endpoint, tools, signal) => fetchRecording(file, endpoint, tools, signal, { hosts: RECORDING_HOSTS }),
};
