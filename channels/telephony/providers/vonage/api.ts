/** What we ask of Vonage, in the name of the application. */
import { randomUUID } from 'node:crypto';
import { importPKCS8, SignJWT } from 'jose';
import type { Dial, Dialled, RemoteFile, Tools } from '../../../../src/channel.ts';
import { Refused } from '../../../../src/errors.ts';
import type { Endpoint } from '../../adapter.ts';
import { answered } from '../../api-answer.ts';
import { fetchRecording } from '../../download.ts';
import { type Loose, string } from '../../loose.ts';
import { addressOf, eventUrl, numberToShow, recording } from './ncco.ts';

const TOKEN_SECONDS = 300;

/** @throws Refused when there is no key, or none that can be read */
async function bearer({ settings }: Endpoint, tools: Tools): Promise<string> {
  const { vonageApplicationId: id, vonagePrivateKey: pem } = settings;
  if (id === undefined || pem === undefined)
    throw new Refused('Set "Application ID" and "Private key of the application" first.');
  let key: CryptoKey;
  try {
    // Pasted from a place that writes line ends as \n.
    key = await importPKCS8(pem.replaceAll(String.raw`\n`, '\n').trim(), 'RS256');
  } catch {
    throw new Refused('"Private key of the application" cannot be read: paste the whole private.key.');
  }
  const now = Math.floor(tools.now().getTime() / 1000);
  const token = await new SignJWT({ application_id: id })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuedAt(now)
    .setExpirationTime(now + TOKEN_SECONDS)
    .setJti(randomUUID())
    .sign(key);
  return `Bearer ${token}`;
}

export async function dial(call: Dial, endpoint: Endpoint, tools: Tools, signal: AbortSignal): Promise<Dialled> {
  const line = numberToShow(endpoint);
  if (line === undefined)
    throw new Refused('Set "Number to call from" first: Vonage calls only from a number of yours.');
  const { extension } = call.from;
  const client = {
    action: 'connect',
    from: line,
    timeout: endpoint.settings.ringSeconds,
    eventUrl: [eventUrl(endpoint, 'client', extension)],
    eventMethod: 'POST',
    endpoint: [addressOf({ extension: call.to })],
  };
  const response = await tools.fetch(`${endpoint.settings.vonageApiRoot}/v1/calls`, {
    method: 'POST',
    headers: { authorization: await bearer(endpoint, tools), 'content-type': 'application/json' },
    body: JSON.stringify({
      to: [addressOf(call.from)],
      from: { type: 'phone', number: line },
      ringing_timer: endpoint.settings.ringSeconds,
      event_url: [eventUrl(endpoint, 'caller', extension)],
      event_method: 'POST',
      ncco: [...recording(endpoint), client],
    }),
    redirect: 'manual',
    signal,
  });
  const callId = string((await answered('Vonage', response, reasonOf)).conversation_uuid);
  return callId === '' ? {} : { callId };
}

const reasonOf = (said: Loose): string =>
  [...new Set([string(said.title) || string(said.error_title), string(said.detail)])]
    .filter((text) => text !== '')
    .join(': ');

export async function download(
  file: RemoteFile,
  endpoint: Endpoint,
  tools: Tools,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return fetchRecording(file, endpoint, tools, signal, {
    hosts: ['nexmo.com', 'vonage.com', new URL(endpoint.settings.vonageApiRoot).hostname],
    headers: { authorization: await bearer(endpoint, tools) },
  });
}
