/** Sipuni: docs/providers/sipuni.md */
import { createHash } from 'node:crypto';
import type { Answer, CallRoute, Genuine, InboundRequest, RoutingQuestion } from '../../../../src/channel.ts';
import { Rejected } from '../../../../src/errors.ts';
import type { Adapter, Endpoint, TestCall, TestRequest } from '../../adapter.ts';
import { sourceOf } from '../../call-event.ts';
import { fetchRecording } from '../../download.ts';
import { type Loose, optional, pathAfterKey, string } from '../../loose.ts';
import { bareNumber, isHidden, isInternal } from '../../numbers.ts';
import { dialledDigits, russianNumber } from '../../russian-number.ts';
import { anySecret, sameText } from '../../secrets.ts';
import { dial } from './dial.ts';
import { fieldsOf, isQuestion, parse } from './parse.ts';

const json = (value: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(value),
});

/** Without exactly this answer Sipuni may stop sending. */
const TAKEN = json({ success: true });

function verify(request: InboundRequest, endpoint: Endpoint): Genuine {
  if (request.method !== 'POST' && request.method !== 'GET')
    throw new Rejected(405, 'Events are posted or asked for.');
  const fields = fieldsOf(request);
  const given = [string(fields.secret), pathAfterKey(request.url).slice(1)].filter((text) => text !== '');
  if (given.length === 0) throw new Rejected(401, 'The secret is missing in the address: ?secret=...');
  const genuine = given.map((text) =>
    anySecret(endpoint.settings.sipuniSecret, endpoint, (secret) => sameText(text, secret)),
  );
  if (!genuine.includes(true)) throw new Rejected(401, 'The secret in the address does not match.');
  return isQuestion(fields) ? { asks: questionOf(fields, endpoint) } : { answer: TAKEN };
}

function questionOf(fields: Loose, endpoint: Endpoint): RoutingQuestion {
  const phone = russianNumber(string(fields.fromnum));
  const line = optional(fields.tonum) === undefined ? undefined : bareNumber(string(fields.tonum));
  const source = sourceOf(line, endpoint);
  const isClient = !isHidden(phone) && !isInternal(phone, endpoint.settings.internalDigits);
  return {
    callId: questionId(fields),
    ...(isClient ? { caller: { kind: 'phone', value: phone, trust: 'observed' } } : {}),
    ...(line === undefined ? {} : { line }),
    ...(source === undefined ? {} : { source }),
    withinMs: 1500,
    reply: (route) => replyTo(route, endpoint),
  };
}

/** The question has not been seen with the id that the events have: it gets one of its own. */
const questionId = (fields: Loose): string =>
  optional(fields.call_id) ??
  `asked-${createHash('sha256')
    .update(JSON.stringify([fields.fromnum, fields.tonum, fields.time].map(string)))
    .digest('base64url')
    .slice(0, 22)}`;

/** A target stands for a branch of the scheme, by its number; 0 is the branch of those whom nobody was found for. */
function replyTo(route: CallRoute | undefined, { settings }: Endpoint): Answer {
  const named = route?.targets.map((target) => target.dial ?? target.extension) ?? [];
  const branch = [...named, settings.fallbackTarget].find((text) => /^\d{1,3}$/.test(text)) ?? '0';
  return json({ choice: Number(branch) });
}

function test(endpoint: Endpoint, { callId, client, at }: TestCall): readonly TestRequest[] {
  const seconds = Math.floor(at.getTime() / 1000);
  const query = new URLSearchParams({
    secret: endpoint.settings.sipuniSecret ?? '',
    event: '2',
    call_id: callId,
    src_type: '1',
    src_num: dialledDigits(client),
    dst_type: '1',
    status: 'NOANSWER',
    call_start_timestamp: String(seconds - 20),
    timestamp: String(seconds),
  });
  return [{ method: 'GET', path: `?${query}`, headers: {}, body: '' }];
}

export const sipuni: Adapter = {
  id: 'sipuni',
  trust: 'secret',
  verify,
  parse,
  fetch: (file, endpoint, tools, signal) => fetchRecording(file, endpoint, tools, signal, { hosts: ['sipuni.com'] }),
  dial,
  test,
};
