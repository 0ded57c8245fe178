/**
 * How Zadarma and Novofon sign. Their PHP libraries put base64 around the hex text of HMAC-SHA1, Zadarma's TypeScript
 * library around the raw bytes; both are good, since both need the secret.
 */
import { createHash, createHmac } from 'node:crypto';

type Fields = Readonly<Record<string, string>>;

const INCOMING = ['caller_id', 'called_did', 'call_start'];
const OUTGOING = ['internal', 'destination', 'call_start'];

/** What is signed of each event; the rest of its fields only TLS protects. */
const SIGNED: Readonly<Record<string, readonly string[]>> = {
  NOTIFY_START: INCOMING,
  NOTIFY_INTERNAL: INCOMING,
  NOTIFY_END: INCOMING,
  NOTIFY_IVR: INCOMING,
  NOTIFY_ANSWER: ['caller_id', 'destination', 'call_start'],
  NOTIFY_OUT_START: OUTGOING,
  NOTIFY_OUT_END: OUTGOING,
  NOTIFY_RECORD: ['pbx_call_id', 'call_id_with_rec'],
  SMS: ['result'],
};

/** `undefined`: nobody has written down how this event is signed. */
export function signedText(fields: Fields): string | undefined {
  const event = fields.event ?? '';
  return Object.hasOwn(SIGNED, event) ? SIGNED[event]?.map((name) => fields[name] ?? '').join('') : undefined;
}

export function signaturesOf(secret: string, text: string): readonly [hexText: string, raw: string] {
  const digest = createHmac('sha1', secret).update(text).digest();
  return [Buffer.from(digest.toString('hex')).toString('base64'), digest.toString('base64')];
}

/** PHP's http_build_query (RFC 1738) with sorted names: the server signs the same text. */
export function sortedQuery(parameters: Fields): string {
  const sorted = new URLSearchParams(Object.entries(parameters));
  sorted.sort();
  return sorted.toString().replaceAll('*', '%2A');
}

export function authorization(key: string, secret: string, path: string, query: string): string {
  const md5 = createHash('md5').update(query).digest('hex');
  return `${key}:${signaturesOf(secret, `${path}${query}${md5}`)[0]}`;
}
