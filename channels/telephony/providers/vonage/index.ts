/** Vonage Voice API: docs/providers/vonage.md */
import type { Answer, Genuine, InboundRequest, RoutingQuestion, Tools } from '../../../../src/channel.ts';
import { Malformed } from '../../../../src/errors.ts';
import type { Adapter, Endpoint, TestCall, TestRequest } from '../../adapter.ts';
import { sourceOf } from '../../call-event.ts';
import { string } from '../../loose.ts';
import { bareNumber, isHidden, isInternal, withPlus } from '../../numbers.ts';
import { dial, download } from './api.ts';
import { answerWith, connect, connectDefault, numberToShow, recording, sayNobody } from './ncco.ts';
import { asksForMore, parse } from './parse.ts';
import { callIdOf, isQuestion, readRequest, type Said } from './read-request.ts';
import { tokenFor, verifiedClaims } from './verify.ts';

/** Vonage takes no other status for a success. */
const TAKEN: Answer = { status: 200 };

function verify(request: InboundRequest, endpoint: Endpoint, tools: Tools): Genuine {
  const jti = string(verifiedClaims(request, endpoint, tools).jti);
  return {
    // The token's own id: an overheard token with another query is the delivery that we have.
    ...(jti === '' ? {} : { repeatKey: `vonage:${jti.slice(0, 200)}` }),
    ...answering(request, endpoint),
  };
}

function answering(request: InboundRequest, endpoint: Endpoint): Pick<Genuine, 'answer' | 'asks'> {
  let said: Said;
  try {
    said = readRequest(request);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { answer: TAKEN };
  }
  if (isQuestion(said)) return { asks: questionOf(said, endpoint) };
  if (!asksForMore(said)) return { answer: TAKEN };
  const line = numberToShow(endpoint, said.of('from'));
  return { answer: answerWith([said.isLast ? sayNobody(endpoint) : connectDefault(endpoint, line)]) };
}

function questionOf(said: Said, endpoint: Endpoint): RoutingQuestion {
  const caller = said.of('from');
  const unknown = isHidden(caller) || isInternal(caller, endpoint.settings.internalDigits);
  const line = withPlus(bareNumber(said.of('to')));
  const source = sourceOf(line, endpoint);
  const shown = numberToShow(endpoint, line);
  return {
    callId: callIdOf(said),
    ...(unknown ? {} : { caller: { kind: 'phone', value: withPlus(bareNumber(caller)), trust: 'observed' } }),
    line,
    ...(source === undefined ? {} : { source }),
    withinMs: 1500,
    // One at a time: an NCCO connects to a single endpoint.
    reply: (route) => {
      const target = route?.targets.find((one) => (one.dial ?? one.extension).trim() !== '');
      const action = target === undefined ? connectDefault(endpoint, shown) : connect(target, endpoint, shown, false);
      return answerWith(action.action === 'talk' ? [action] : [...recording(endpoint), action]);
    },
  };
}

function test(endpoint: Endpoint, { callId, client, at }: TestCall): readonly TestRequest[] {
  const { vonageSignatureSecret: secret = '', vonageApplicationId } = endpoint.settings;
  const body = JSON.stringify({
    from: client.replace(/^\+/, ''),
    to: numberToShow(endpoint) ?? '12025550199',
    uuid: callId,
    conversation_uuid: callId,
    status: 'unanswered',
    detail: 'timeout',
    direction: 'inbound',
    timestamp: at.toISOString(),
  });
  const more = vonageApplicationId === undefined ? {} : { application_id: vonageApplicationId };
  const token = tokenFor(secret, body, at, { jti: callId, ...more });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  return [{ method: 'POST', path: '', headers, body }];
}

export const vonage: Adapter = {
  id: 'vonage',
  trust: 'signed-fresh',
  verify,
  parse,
  fetch: download,
  dial,
  test,
};
