/** Rostelecom's virtual PBX: docs/providers/rostelecom.md */
import { createHash } from 'node:crypto';
import type {
  Answer,
  CallRoute,
  Dial,
  Dialled,
  Genuine,
  InboundRequest,
  RemoteFile,
  RoutingQuestion,
  Tools,
} from '../../../../src/channel.ts';
import { Later, Malformed, Refused, Rejected } from '../../../../src/errors.ts';
import type { Adapter, Endpoint, TestCall, TestRequest } from '../../adapter.ts';
import { answered } from '../../api-answer.ts';
import { sourceOf } from '../../call-event.ts';
import { fetchRecording } from '../../download.ts';
import { jsonObject, type Loose, number, string, textOf } from '../../loose.ts';
import { isHidden, isInternal } from '../../numbers.ts';
import { anySecret, sameText } from '../../secrets.ts';
import { isQuestion, parse, peopleOf } from './parse.ts';
import { sign } from './sign.ts';

const RETRY_SECONDS = 300;
/** After that a recording that is not there will not come. */
const GIVE_UP_SECONDS = 6 * 3600;

const json = (value: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(value),
});

/** The form of the answers of their own API; which one they want from us is not published. */
const TAKEN = { result: 0, resultMessage: 'ok' };

function verify(request: InboundRequest, endpoint: Endpoint): Genuine {
  if (request.method !== 'POST') throw new Rejected(405, 'Events are posted.');
  const given = (request.headers['x-client-sign'] ?? '').trim().toLowerCase();
  if (given === '') throw new Rejected(401, 'The header X-Client-Sign is missing.');
  const { rostelecomClientId: clientId = '', rostelecomSignKey } = endpoint.settings;
  const genuine = anySecret(rostelecomSignKey, endpoint, (key) => sameText(given, sign(clientId, request.body, key)));
  if (!genuine) throw new Rejected(401, 'The signature does not match.');
  const event = looseEvent(request);
  return isQuestion(request, event) ? { asks: questionOf(event, endpoint) } : { answer: json(TAKEN) };
}

/** What is no JSON is kept all the same, and quarantined with its reason: its signature is good. */
function looseEvent(request: InboundRequest): Loose {
  try {
    return jsonObject(textOf(request.body));
  } catch (error) {
    if (error instanceof Malformed) return { state: '' };
    throw error;
  }
}

function questionOf(event: Loose, endpoint: Endpoint): RoutingQuestion {
  const { internalDigits } = endpoint.settings;
  const { client, line } = peopleOf(event, 'inbound', internalDigits);
  const isClient = client !== undefined && !isHidden(client) && !isInternal(client, internalDigits);
  const source = sourceOf(line, endpoint);
  return {
    callId: string(event.session_id) || `asked-${digestOf(event)}`,
    ...(isClient ? { caller: { kind: 'phone', value: client, trust: 'observed' } } : {}),
    ...(line === undefined ? {} : { line }),
    ...(source === undefined ? {} : { source }),
    withinMs: 1500,
    reply: (route) => replyTo(route, endpoint),
  };
}

const digestOf = (event: Loose): string =>
  createHash('sha256').update(JSON.stringify(event)).digest('base64url').slice(0, 22);

/** One employee, by the PIN that is their short number; without one the PBX goes on with its own scheme. */
function replyTo(route: CallRoute | undefined, { settings }: Endpoint): Answer {
  const named = route?.targets.flatMap(({ extension, dial }) => [dial ?? extension, extension]) ?? [];
  const pin = [...named, settings.fallbackTarget].find((text) => /^\d{1,10}$/.test(text));
  return json(pin === undefined ? TAKEN : { ...TAKEN, PIN: pin });
}

/** One signed request to their API. */
function ask(method: string, body: Loose, { settings }: Endpoint, tools: Tools, signal: AbortSignal) {
  const { rostelecomApi, rostelecomClientId: clientId = '', rostelecomSignKey: key = '' } = settings;
  const text = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json',
    'x-client-id': clientId,
    'x-client-sign': sign(clientId, text, key),
  };
  return tools.fetch(`${rostelecomApi}/${method}`, {
    method: 'POST',
    redirect: 'manual',
    headers,
    body: text,
    signal,
  });
}

const succeeded = (said: Loose): boolean => number(said.result) === 0 || /^ok$/i.test(string(said.resultMessage));

async function fetchSession(file: RemoteFile, endpoint: Endpoint, tools: Tools, signal: AbortSignal) {
  const response = await ask('get_record', { session_id: string(file.ref.session) }, endpoint, tools, signal);
  const said = await answered('Rostelecom', response, (reason) => string(reason.resultMessage));
  const url = string(said.url);
  if (url !== '') return fetchRecording({ ...file, ref: { url } }, endpoint, tools, signal, { hosts: ['rt.ru'] });
  const endedAt = number(file.ref.at);
  if (endedAt !== undefined && tools.now().getTime() - endedAt > GIVE_UP_SECONDS * 1000)
    throw new Refused('Rostelecom has no recording of this call.');
  throw new Later(RETRY_SECONDS, 'Rostelecom has no recording of this call yet.');
}

async function dial(call: Dial, endpoint: Endpoint, tools: Tools, signal: AbortSignal): Promise<Dialled> {
  const target = call.from.dial ?? call.from.extension;
  const domain = endpoint.settings.rostelecomDomain;
  if (!target.includes('@') && domain === '')
    throw new Refused('Calls by a click need the domain of the PBX in the settings.');
  const from = target.includes('@') ? target.replace(/^sips?:/i, '') : `${target}@${domain}`;
  const response = await ask('call_back', { request_number: call.to, from_sipuri: from }, endpoint, tools, signal);
  const said = await answered('Rostelecom', response, (reason) => string(reason.resultMessage));
  if (!succeeded(said)) throw new Refused('Rostelecom did not make the call: is this employee a user of the PBX?');
  return {};
}

function test(endpoint: Endpoint, { callId, client, at }: TestCall): readonly TestRequest[] {
  const { rostelecomClientId: clientId = '', rostelecomSignKey: key = '', timeZone } = endpoint.settings;
  const timestamp = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(at);
  return ['new', 'end'].map((state) => {
    const body = JSON.stringify({ session_id: callId, type: 'incoming', state, timestamp, from_number: client });
    const headers = {
      'content-type': 'application/json',
      'x-client-id': clientId,
      'x-client-sign': sign(clientId, body, key),
    };
    return { method: 'POST', path: '/call_events', headers, body };
  });
}

export const rostelecom: Adapter = {
  id: 'rostelecom',
  trust: 'signed',
  verify,
  parse,
  fetch: fetchSession,
  dial,
  test,
};
