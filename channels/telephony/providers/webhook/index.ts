/** The documented JSON webhook for any PBX without an adapter of its own: docs/providers/webhook.md */
import { createHmac } from 'node:crypto';
import type { CallFact, CallOutcome, Genuine, InboundRequest, Nothing } from '../../../../src/channel.ts';
import { Malformed, Rejected } from '../../../../src/errors.ts';
import type { Adapter, Endpoint, HeardCall, TestCall, TestRequest } from '../../adapter.ts';
import { fetchRecording, recordingFrom } from '../../download.ts';
import { isoTime, jsonObject, type Loose, lookUp, number, optional, string, textOf } from '../../loose.ts';
import { anySecret, sameText } from '../../secrets.ts';

/** How far the sender's clock may be from ours. */
const FRESH_SECONDS = 300;

const EVENTS: Readonly<Record<string, CallFact['happened']>> = {
  ringing: 'ringing',
  answered: 'answered',
  held: 'held',
  transferred: 'transferred',
  ended: 'ended',
  recorded: 'recorded',
};
const OUTCOMES = new Set<string>([
  'answered',
  'voicemail',
  'blocked',
  'declined',
  'busy',
  'missed',
  'cancelled',
  'failed',
] satisfies CallOutcome[]);

/** `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`. */
const sign = (secret: string, seconds: number, body: string): string =>
  `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;

function verify(request: InboundRequest, endpoint: Endpoint, tools: { now: () => Date }): Genuine {
  if (request.method !== 'POST') throw new Rejected(405, 'Events are posted.');
  const given = request.headers['x-inlet-signature'] ?? '';
  const seconds = Number(/(?:^|,)t=(\d{1,12})(?:,|$)/.exec(given)?.[1] ?? Number.NaN);
  if (!Number.isFinite(seconds)) throw new Rejected(401, 'The header X-Inlet-Signature is missing: t=...,v1=...');
  const body = textOf(request.body);
  const genuine = anySecret(endpoint.settings.webhookSecret, endpoint, (secret) =>
    sameText(given, sign(secret, seconds, body)),
  );
  if (!genuine) throw new Rejected(401, 'The signature does not match.');
  if (Math.abs(tools.now().getTime() / 1000 - seconds) > FRESH_SECONDS)
    throw new Rejected(401, `The signature is more than ${FRESH_SECONDS} seconds old: is the clock of the PBX right?`);
  return {};
}

function parse(request: InboundRequest): readonly HeardCall[] | Nothing {
  const event = jsonObject(textOf(request.body));
  const happened = lookUp(EVENTS, string(event.event));
  const callId = string(event.callId);
  if (callId === '') throw new Malformed('"callId" is missing.');
  if (happened === undefined) throw new Malformed(`"event" is none of ${Object.keys(EVENTS).join(', ')}.`);
  const recording = recordingFrom(event.recordingUrl, callId);
  return [
    {
      callId,
      ...(event.client === undefined ? {} : { client: string(event.client) }),
      ...(optional(event.name) === undefined ? {} : { name: string(event.name) }),
      fact: factOf(event, happened),
      ...(recording === undefined ? {} : { recordings: [recording] }),
    },
  ];
}

function factOf(event: Loose, happened: CallFact['happened']): CallFact {
  const direction = string(event.direction);
  const outcome = string(event.outcome);
  const fact = {
    happened,
    at: isoTime(event.at),
    direction: direction === 'outbound' || direction === 'internal' || direction === 'inbound' ? direction : undefined,
    line: optional(event.line),
    extension: optional(event.extension),
    toExtension: optional(event.toExtension),
    outcome: OUTCOMES.has(outcome) ? (outcome as CallOutcome) : undefined,
    waitSeconds: number(event.waitSeconds),
    talkSeconds: number(event.talkSeconds),
    cause: optional(event.cause),
  };
  return fact as CallFact;
}

function test(endpoint: Endpoint, { callId, client, at }: TestCall): readonly TestRequest[] {
  const seconds = Math.floor(at.getTime() / 1000);
  const body = JSON.stringify({ event: 'ended', callId, direction: 'inbound', client, outcome: 'missed', at });
  const signature = sign(endpoint.settings.webhookSecret ?? '', seconds, body);
  const headers = { 'content-type': 'application/json', 'x-inlet-signature': signature };
  return [{ method: 'POST', path: '', headers, body }];
}

export const webhook: Adapter = {
  id: 'webhook',
  trust: 'signed-fresh',
  verify,
  parse,
  fetch: (file, endpoint, tools, signal) => fetchRecording(file, endpoint, tools, signal, { hosts: [] }),
  test,
};
