/** Twilio's signature, as its own libraries compute it. */
import { createHmac } from 'node:crypto';
import { sameText } from '../../secrets.ts';

type Fields = readonly (readonly [name: string, value: string])[];

/** HMAC-SHA1 of the full address and each field's name and value; equal values of one name count once. */
export function signatureOf(token: string, url: string, fields: Fields): string {
  const byName = new Map<string, Set<string>>();
  for (const [name, value] of fields) byName.set(name, (byName.get(name) ?? new Set()).add(value));
  const names = [...byName.keys()].sort();
  const text = names.map((name) => [...byName.get(name)!].sort().map((value) => name + value));
  return createHmac('sha1', token)
    .update(url + text.flat().join(''))
    .digest('base64');
}

export function isSigned(token: string, given: string, url: string, fields: Fields): boolean {
  return spellingsOf(url)
    .map((spelling) => sameText(given, signatureOf(token, spelling, fields)))
    .includes(true);
}

/** Twilio signs the address with the port or without it, whatever was configured. */
function spellingsOf(url: string): readonly string[] {
  const found = /^(https?):\/\/([^/?#:]+|\[[^\]]+\])(:\d+)?(?=[/?#]|$)/.exec(url);
  if (found === null) return [url];
  const [head, scheme, host, port] = found;
  const rest = url.slice(head.length);
  const other = port === undefined ? `:${scheme === 'https' ? 443 : 80}` : '';
  return [url, `${scheme}://${host}${other}${rest}`];
}
