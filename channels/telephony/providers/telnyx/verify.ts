/** Telnyx signs `timestamp|body` with Ed25519; `previousSecret` holds the previous public key. */
import type { InboundRequest, Tools } from '../../../../src/channel.ts';
import { Rejected } from '../../../../src/errors.ts';
import type { Endpoint } from '../../adapter.ts';

/** As in Telnyx's own library. */
const FRESH_SECONDS = 300;

/** @throws Rejected */
export async function verifySignature(request: InboundRequest, endpoint: Endpoint, tools: Tools): Promise<void> {
  if (request.method !== 'POST') throw new Rejected(405, 'Telnyx posts its events.');
  const signature = fromBase64(request.headers['telnyx-signature-ed25519'] ?? '', 64);
  const timestamp = request.headers['telnyx-timestamp'] ?? '';
  if (signature === undefined || !/^\d{1,12}$/.test(timestamp))
    throw new Rejected(401, 'The headers telnyx-signature-ed25519 and telnyx-timestamp are missing.');
  const message = new Uint8Array(Buffer.concat([Buffer.from(`${timestamp}|`), request.body]));
  const keys = [endpoint.settings.telnyxPublicKey ?? '', endpoint.settings.previousSecret];
  const matches = await Promise.all(keys.map((key) => isSignedBy(key, signature, message)));
  if (!matches.includes(true)) throw new Rejected(403, 'The signature does not match the public key.');
  if (Math.abs(tools.now().getTime() / 1000 - Number(timestamp)) > FRESH_SECONDS)
    throw new Rejected(403, `The event was signed more than ${FRESH_SECONDS} seconds ago.`);
}

async function isSignedBy(
  key: string,
  signature: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const raw = fromBase64(key, 32);
  if (raw === undefined) return false;
  try {
    const imported = await crypto.subtle.importKey('raw', raw, { name: 'Ed25519' }, false, ['verify']);
    return await crypto.subtle.verify({ name: 'Ed25519' }, imported, signature, message);
  } catch {
    // 32 bytes that are no point of the curve.
    return false;
  }
}

function fromBase64(text: string, length: number): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/]{1,200}={0,2}$/.test(text)) return undefined;
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  return bytes.length === length ? bytes : undefined;
}
