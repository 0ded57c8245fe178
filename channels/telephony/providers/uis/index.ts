/** UIS, and the same cabinet under the names CoMagic, Novofon 2.0 and CallGear: docs/providers/uis.md */
import type { Answer, CallRoute, Genuine, InboundRequest, RoutingQuestion } from '../../../../src/channel.ts';
import { Malformed, Rejected } from '../../../../src/errors.ts';
import type { Adapter, Endpoint, TestCall, TestRequest } from '../../adapter.ts';
import { sourceOf } from '../../call-event.ts';
import { fetchRecording } from '../../download.ts';
import { formFields, type Loose } from '../../loose.ts';
import { isHidden, isInternal, withPlus } from '../../numbers.ts';
import { dialledDigits } from '../../russian-number.ts';
import { anySecret, sameText } from '../../secrets.ts';
import { dial } from './dial.ts';
import { bare, fieldsOf } from './fields.ts';
import { isQuestion, parse } from './parse.ts';

const RECORD_HOSTS = ['uiscom.ru', 'comagic.ru', 'novofon.ru', 'novofon.com', 'callgear.com'];
const MOST_PHONES = 10;

const json = (value: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(value),
});

function verify(request: InboundRequest, endpoint: Endpoint): Genuine {
  if (request.method !== 'POST' && request.method !== 'GET') throw new Rejected(405, 'Notifications are posted.');
  const query = formFields(request.url, new Uint8Array());
  const fields = readable(request);
  const given = [query.secret, fields.secret, fields.integration_key].map(bare).filter((text) => text !== '');
  if (given.length === 0) throw new Rejected(401, 'The field "secret" is missing in the template.');
  const genuine = given.map((text) =>
    anySecret(endpoint.settings.uisSecret, endpoint, (secret) => sameText(text, secret)),
  );
  if (!genuine.includes(true)) throw new Rejected(401, 'The secret does not match.');
  return isQuestion(fields) ? { asks: questionOf(fields, endpoint) } : { answer: json({}) };
}

/** With the secret in the address even what cannot be read is kept: a person can see what is wrong in the template. */
function readable(request: InboundRequest): Loose {
  try {
    return fieldsOf(request);
  } catch (error) {
    if (error instanceof Malformed) return {};
    throw error;
  }
}

function questionOf(fields: Loose, endpoint: Endpoint): RoutingQuestion {
  const caller = withPlus(bare(fields.numa));
  const line = bare(fields.numb) || undefined;
  const source = sourceOf(line, endpoint);
  const isClient = !isHidden(caller) && !isInternal(caller, endpoint.settings.internalDigits);
  return {
    callId: bare(fields.call_session_id) || bare(fields.cdr_id) || `asked-${bare(fields.start_time)}-${caller}`,
    ...(isClient ? { caller: { kind: 'phone', value: caller, trust: 'observed' } } : {}),
    ...(line === undefined ? {} : { line }),
    ...(source === undefined ? {} : { source }),
    withinMs: 1500,
    reply: (route) => replyTo(route, endpoint),
  };
}

/**
 * `phones` are numbers to ring. An employee's id is none, so only those count for whom a number is known. Branch 1 of
 * the scheme is for all other cases.
 */
function replyTo(route: CallRoute | undefined, { settings }: Endpoint): Answer {
  const named = (route?.targets ?? []).flatMap(({ dial: number }) => number ?? []);
  const phones = [...named, ...(named.length === 0 ? [settings.fallbackTarget] : [])]
    .map((number) => (/^\+?[\d\s().-]+$/.test(number) ? dialledDigits(number) : number))
    .filter((number) => number !== '');
  return json(phones.length === 0 ? { returned_code: 1 } : { phones: phones.slice(0, MOST_PHONES) });
}

function test(endpoint: Endpoint, { callId, client }: TestCall): readonly TestRequest[] {
  const body = {
    secret: endpoint.settings.uisSecret,
    event: 'lost',
    notification_name: 'Потерянный звонок',
    call_session_id: callId,
    contact_phone_number: dialledDigits(client),
    wait_time_duration: 20,
  };
  return [{ method: 'POST', path: '', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }];
}

export const uis: Adapter = {
  id: 'uis',
  trust: 'secret',
  verify,
  parse,
  fetch: (file, endpoint, tools, signal) => fetchRecording(file, endpoint, tools, signal, { hosts: RECORD_HOSTS }),
  dial,
  test,
};
