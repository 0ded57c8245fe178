/** Twilio Programmable Voice: docs/providers/twilio.md */
import { createHash } from 'node:crypto';
import type {
  Answer,
  Dial,
  Dialled,
  Genuine,
  InboundRequest,
  RoutingQuestion,
  Tools,
} from '../../../../src/channel.ts';
import { Malformed, Refused, Rejected } from '../../../../src/errors.ts';
import type { Adapter, Endpoint, TestCall, TestRequest } from '../../adapter.ts';
import { answered } from '../../api-answer.ts';
import { sourceOf } from '../../call-event.ts';
import { fetchRecording } from '../../download.ts';
import { string, textOf } from '../../loose.ts';
import { bareNumber, isHidden, isInternal, withPlus } from '../../numbers.ts';
import { anySecret, sameText } from '../../secrets.ts';
import { callIdOf, goesOn, hasHungUp, parse } from './parse.ts';
import { queryOf, readRequest, type Said } from './read-request.ts';
import { isSigned, signatureOf } from './signature.ts';
import {
  addressOf,
  answerWith,
  callbackUrl,
  connect,
  connectClient,
  connectDefault,
  sayNobody,
  twiml,
} from './twiml.ts';

function verify(request: InboundRequest, endpoint: Endpoint): Genuine {
  const { method, url, headers, body } = request;
  if (method !== 'POST' && method !== 'GET') throw new Rejected(405, 'Twilio posts or gets.');
  const given = headers['x-twilio-signature'] ?? '';
  if (given === '') throw new Rejected(401, 'The header X-Twilio-Signature is missing.');
  const address = new URL(endpoint.address).origin + url;
  const hash = queryOf(url).get('bodySHA256');
  const fields = method === 'GET' || hash !== null ? [] : [...new URLSearchParams(textOf(body))];
  const genuine = anySecret(endpoint.settings.twilioAuthToken, endpoint, (token) =>
    isSigned(token, given, address, fields),
  );
  const whole = hash === null || sameText(hash.toLowerCase(), createHash('sha256').update(body).digest('hex'));
  if (!genuine || !whole) throw new Rejected(403, 'The signature does not match this address and the Auth Token.');
  return answering(request, endpoint);
}

/** Every address gets TwiML: where Twilio only tells us something, it does nothing with it. */
function answering(request: InboundRequest, endpoint: Endpoint): Genuine {
  let said: Said;
  try {
    said = readRequest(request);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { answer: answerWith('') };
  }
  if (said.leg === 'dial' || said.leg === 'last') return { answer: afterDialling(said, endpoint) };
  return isQuestion(said) ? { asks: questionOf(said, endpoint) } : { answer: answerWith('') };
}

function afterDialling(said: Said, endpoint: Endpoint): Answer {
  if (goesOn(said, endpoint)) return answerWith(connectDefault(endpoint, callIdOf(said)));
  const talked = ['completed', 'answered'].includes(said.of('DialCallStatus'));
  return answerWith(talked || hasHungUp(said) ? '' : sayNobody(endpoint));
}

/** A call that begins here, or that another flow hands over; not one of the many notices of the same address. */
function isQuestion(said: Said): boolean {
  const notices = ['CallbackSource', 'SequenceNumber', 'RecordingStatus', 'ParentCallSid', 'DialCallStatus'];
  return (
    said.leg === undefined &&
    said.of('CallSid') !== '' &&
    ['ringing', 'in-progress'].includes(said.of('CallStatus')) &&
    ['inbound', 'trunking-originating', ''].includes(said.of('Direction')) &&
    notices.every((name) => said.of(name) === '')
  );
}

function questionOf(said: Said, endpoint: Endpoint): RoutingQuestion {
  const callId = callIdOf(said);
  const caller = said.of('From');
  const unknown = isHidden(caller) || isInternal(caller, endpoint.settings.internalDigits);
  const line = bareNumber(said.of('To'));
  const source = sourceOf(line, endpoint);
  return {
    callId,
    ...(unknown ? {} : { caller: { kind: 'phone', value: withPlus(bareNumber(caller)), trust: 'observed' } }),
    ...(line === '' ? {} : { line }),
    ...(source === undefined ? {} : { source }),
    withinMs: 1500,
    reply: (route) =>
      answerWith(
        route === undefined ? connectDefault(endpoint, callId) : connect(route.targets, endpoint, callId, 'dial'),
      ),
  };
}

const basic = ({ settings }: Endpoint): string =>
  `Basic ${Buffer.from(`${settings.twilioAccountSid}:${settings.twilioAuthToken}`).toString('base64')}`;

/** Twilio calls only from numbers of the account, written with plus. */
function numberToShow({ settings }: Endpoint): string | undefined {
  const number = settings.twilioNumber ?? (settings.lines[0]?.number ?? '').replaceAll(/[\s().-]/g, '');
  return number.startsWith('+') ? number : undefined;
}

async function dial(call: Dial, endpoint: Endpoint, tools: Tools, signal: AbortSignal): Promise<Dialled> {
  const { settings } = endpoint;
  const line = numberToShow(endpoint);
  if (line === undefined)
    throw new Refused('Set "Number to call from" first: Twilio calls only from a number of yours.');
  const { extension } = call.from;
  const { noun, address } = addressOf(call.from, endpoint);
  const form = new URLSearchParams({
    To: noun === 'Client' ? `client:${address}` : address,
    From: line,
    Timeout: String(settings.ringSeconds),
    Twiml: twiml(connectClient(call.to, line, extension, endpoint)),
    StatusCallback: callbackUrl(endpoint, 'caller', { ext: extension }),
    StatusCallbackMethod: 'POST',
  });
  for (const one of ['ringing', 'answered', 'completed']) form.append('StatusCallbackEvent', one);
  const response = await tools.fetch(
    `${settings.twilioApiRoot}/2010-04-01/Accounts/${settings.twilioAccountSid}/Calls.json`,
    {
      method: 'POST',
      headers: { authorization: basic(endpoint), 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      redirect: 'manual',
      signal,
    },
  );
  const callId = string((await answered('Twilio', response, (said) => string(said.message))).sid);
  return callId === '' ? {} : { callId };
}

function test(endpoint: Endpoint, { callId, client, at }: TestCall): readonly TestRequest[] {
  const fields = new URLSearchParams({
    CallSid: callId,
    AccountSid: endpoint.settings.twilioAccountSid ?? '',
    From: client,
    To: numberToShow(endpoint) ?? '+12025550199',
    CallStatus: 'no-answer',
    Direction: 'inbound',
    CallbackSource: 'call-progress-events',
    Timestamp: at.toUTCString().replace('GMT', '+0000'),
  });
  const signature = signatureOf(endpoint.settings.twilioAuthToken ?? '', endpoint.address, [...fields]);
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature };
  return [{ method: 'POST', path: '', headers, body: fields.toString() }];
}

export const twilio: Adapter = {
  id: 'twilio',
  trust: 'signed',
  verify,
  parse,
  fetch: (file, endpoint, tools, signal) =>
    fetchRecording(file, endpoint, tools, signal, {
      hosts: ['api.twilio.com', new URL(endpoint.settings.twilioApiRoot).hostname],
      headers: { authorization: basic(endpoint) },
    }),
  dial,
  test,
};
