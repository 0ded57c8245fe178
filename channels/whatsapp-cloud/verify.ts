import type { EndpointContext, Genuine, InboundRequest } from '../../src/channel.ts';
import { Rejected } from '../../src/errors.ts';
import type { CloudSettings } from './settings.ts';

/**
 * `X-Hub-Signature-256: sha256=<hex HMAC of the raw body under the app secret>`. Meta signs the bytes that it sends,
 * with everything outside ASCII written as \uXXXX: a body that was parsed and written again has another signature.
 */
export async function verify(request: InboundRequest, endpoint: EndpointContext<CloudSettings>): Promise<Genuine> {
  const header = request.headers['x-hub-signature-256'];
  if (header === undefined) throw new Rejected(401, 'There is no X-Hub-Signature-256 header.');
  const hex = /^sha256=([0-9a-f]{64})$/i.exec(header)?.[1];
  if (hex === undefined) throw new Rejected(401, 'X-Hub-Signature-256 is not sha256= and 64 hex digits.');
  const body = request.body as Uint8Array<ArrayBuffer>;
  const secret = new TextEncoder().encode(endpoint.settings.appSecret);
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  // `subtle.verify` compares in constant time.
  if (!(await crypto.subtle.verify('HMAC', key, fromHex(hex), body)))
    throw new Rejected(403, 'The signature does not fit: is the app secret the one of the app that sends this?');
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
  // There is no id of a delivery. What Meta repeats for up to 7 days without a 200 are the same bytes.
  return { repeatKey: `body:${toHex(digest)}`, answer: { status: 200, body: '' } };
}

const fromHex = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16));

const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
