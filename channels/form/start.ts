/**
 * The start token says when a form was shown, and the hash of the consent text it showed:
 * `<base36 milliseconds>.<sha256 hex or ->.<HMAC-SHA-256 hex>`. `verify` checks the signature; `parse`, which may hold
 * no secret, then only reads it. A form without one (a plain HTML form, a server) is not suspect for that.
 */
export interface Start {
  readonly at: Date;
  readonly consentHash: string | undefined;
}

const TOKEN = /^([0-9a-z]{6,10})\.([0-9a-f]{64}|-)\.([0-9a-f]{64})$/;

export function readStart(token: string): Start | undefined {
  const match = TOKEN.exec(token);
  if (match === null) return undefined;
  return { at: new Date(Number.parseInt(match[1]!, 36)), consentHash: match[2] === '-' ? undefined : match[2] };
}

export async function makeStart(secret: Uint8Array, now: Date, consentText: string): Promise<string> {
  const body = `${now.getTime().toString(36)}.${consentText === '' ? '-' : await sha256Hex(consentText)}`;
  return `${body}.${toHex(await crypto.subtle.sign('HMAC', await hmacKey(secret), bytesOf(body)))}`;
}

/** Constant time: WebCrypto compares. */
export async function isOurStart(secret: Uint8Array, token: string): Promise<boolean> {
  const match = TOKEN.exec(token);
  if (match === null) return false;
  const signature = Uint8Array.from(match[3]!.match(/../g)!, (hex) => Number.parseInt(hex, 16));
  return crypto.subtle.verify('HMAC', await hmacKey(secret), signature, bytesOf(`${match[1]}.${match[2]}`));
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const hmacKey = (secret: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', new Uint8Array(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);

export const toHex = (bytes: ArrayBuffer | Uint8Array): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

export const sha256Hex = async (text: string): Promise<string> =>
  toHex(await crypto.subtle.digest('SHA-256', bytesOf(text)));
