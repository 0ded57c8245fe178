/** MegaFon's cloud PBX and those that speak as it does: docs/providers/megafon.md */
import type { Answer, CallRoute, Genuine, InboundRequest, RoutingQuestion } from '../../../../src/channel.ts';
import { Malformed, Rejected } from '../../../../src/errors.ts';
import type { Adapter, Endpoint, TestCall, TestRequest } from '../../adapter.ts';
import { sourceOf } from '../../call-event.ts';
import { fetchRecording } from '../../download.ts';
import { type Loose, optional, string } from '../../loose.ts';
import { isHidden, isInternal } from '../../numbers.ts';
import { dialledDigits, russianNumber } from '../../russian-number.ts';
import { anySecret, sameText } from '../../secrets.ts';
import { dial } from './dial.ts';
import { fieldsOf, parse } from './parse.ts';

/** Records are at records.megapbx.ru; those of the others of the family at hosts that the admin names. */
const RECORD_HOSTS = ['megapbx.ru'];

const json = (value: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(value),
});

function verify(request: InboundRequest, endpoint: Endpoint): Genuine {
  if (request.method !== 'POST') throw new Rejected(405, 'Events are posted.');
  const fields = readable(request);
  const token = string(fields.crm_token);
  if (token === '') throw new Rejected(401, 'The field "crm_token" is missing.');
  if (!anySecret(endpoint.settings.megafonCrmToken, endpoint, (secret) => sameText(token, secret)))
    throw new Rejected(401, 'The CRM token does not match.');
  const callId = string(fields.callid);
  if (string(fields.cmd).toLowerCase() !== 'contact' || callId === '') return { answer: json({}) };
  return { asks: questionOf(fields, callId, endpoint) };
}

/** What cannot be read has no token in it. */
function readable(request: InboundRequest): Loose {
  try {
    return fieldsOf(request);
  } catch (error) {
    if (error instanceof Malformed) throw new Rejected(401, 'The field "crm_token" is missing.');
    throw error;
  }
}

function questionOf(fields: Loose, callId: string, endpoint: Endpoint): RoutingQuestion {
  const phone = russianNumber(string(fields.phone));
  const line = optional(fields.diversion);
  const source = sourceOf(line, endpoint);
  return {
    callId,
    ...(isHidden(phone) || isInternal(phone, endpoint.settings.internalDigits)
      ? {}
      : { caller: { kind: 'phone', value: phone, trust: 'observed' } }),
    ...(line === undefined ? {} : { line }),
    ...(source === undefined ? {} : { source }),
    withinMs: 1500,
    reply: (route) => replyTo(route, endpoint),
  };
}

/**
 * `responsible` is a login or a short number, never an outside one. The client's name stays with us: the PBX would show
 * it to whoever's phone rings.
 */
function replyTo(route: CallRoute | undefined, { settings }: Endpoint): Answer {
  const responsible = route?.targets[0]?.extension ?? settings.fallbackTarget;
  return json(responsible === '' ? {} : { responsible });
}

function test(endpoint: Endpoint, { callId, client, at }: TestCall): readonly TestRequest[] {
  const body = new URLSearchParams({
    cmd: 'history',
    type: 'in',
    user: 'test',
    phone: dialledDigits(client),
    start: at.toISOString().replace(/[-:]|\.\d+/g, ''),
    duration: '20',
    callid: callId,
    status: 'Missed',
    crm_token: endpoint.settings.megafonCrmToken ?? '',
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return [{ method: 'POST', path: '', headers, body: body.toString() }];
}

export const megafon: Adapter = {
  id: 'megafon',
  trust: 'secret',
  verify,
  parse,
  fetch: (file, endpoint, tools, signal) => {
    const root = endpoint.settings.megafonApiRoot;
    const hosts = root === undefined ? RECORD_HOSTS : [...RECORD_HOSTS, new URL(root).hostname];
    return fetchRecording(file, endpoint, tools, signal, { hosts });
  },
  dial,
  test,
};
