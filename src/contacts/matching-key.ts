/**
 * The matching key of an identity: equal keys mean "the same line or mailbox". The value itself is kept as it was
 * written; only the key is used to find a contact.
 *
 * Every set of equivalent spellings is reduced to one representative, so that one indexed lookup covers the set
 * (docs/decisions/0004): RU 8/+7 by libphonenumber; Brazil with and without the mobile ninth digit; Mexico 52 / 52 1;
 * Argentina 54 / 54 9; e-mail by provider rules.
 */

import type { CountryCode } from 'libphonenumber-js/max';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { IdentityKind } from '../channel.ts';

export interface MatchingKey {
  readonly kind: IdentityKind;
  /** What is hashed into the blind index, kind included. */
  readonly key: string;
  /** How a person should see it: E.164 for phones, lower-case for e-mail. */
  readonly display: string;
}

export interface KeyContext {
  /** ISO 3166-1 alpha-2, for phones without a country code. */
  readonly defaultCountry: string;
  /** Provider ids are scoped to their endpoint. */
  readonly endpointId: string;
}

/** `undefined`: the value cannot identify anybody (not a possible phone, not an address). */
export function matchingKey(kind: IdentityKind, value: string, context: KeyContext): MatchingKey | undefined {
  if (kind === 'phone') return phoneKey(value, context);
  if (kind === 'email') return emailKey(value);
  const id = value.trim();
  return id === '' ? undefined : { kind, key: `${kind}:${context.endpointId}:${id}`, display: id };
}

/** Fewer digits without a country are half a number: two towns have the same one. */
const WHOLE_NUMBER_DIGITS = 9;

function phoneKey(value: string, { defaultCountry, endpointId }: KeyContext): MatchingKey | undefined {
  const digits = value.replace(/[^\d+]/g, '');
  // Too short to be anybody's line, too long for E.164 (ITU-T: at most 15 digits), or several numbers in one field.
  if (digits.length < 5 || digits.length > 18) return undefined;
  const parsed = parsePhoneNumberFromString(withTrunkPrefix(value.trim(), digits, defaultCountry), {
    defaultCountry: defaultCountry as CountryCode,
    extract: false,
  });
  if (parsed?.isPossible())
    return { kind: 'phone', key: `phone:${equivalent(parsed.number)}`, display: parsed.number };
  // A Russian mobile number on an endpoint of another country: nobody else writes 11 digits that begin like this.
  if (/^[78]9\d{9}$/.test(digits))
    return { kind: 'phone', key: `phone:+7${digits.slice(1)}`, display: `+7${digits.slice(1)}` };
  if (digits.length < WHOLE_NUMBER_DIGITS) return undefined;
  // Not a number that we can place, but somebody wrote it to be called: as it is, and within this endpoint.
  return { kind: 'phone', key: `phone:?${endpointId}:${digits}`, display: value.trim().slice(0, 40) };
}

/**
 * People write `7 999 ...` and `8 999 ...` for `+7 999 ...`; libphonenumber knows only the second. Since Mexico gave
 * up the 1 of mobile numbers (2019) it refuses `+52 1 ...`, which WhatsApp still sends.
 */
function withTrunkPrefix(text: string, digits: string, country: string): string {
  if ((country === 'RU' || country === 'KZ') && /^7\d{10}$/.test(digits)) return `+${digits}`;
  const abroad = digits.startsWith('00') && digits.length > 9 ? `+${digits.slice(2)}` : digits;
  const mexico = (country === 'MX' ? /^\+?521(\d{10})$/ : /^\+521(\d{10})$/).exec(abroad);
  if (mexico !== null) return `+52${mexico[1]}`;
  return abroad === digits ? text : abroad;
}

function equivalent(e164: string): string {
  const brazil = /^\+55(\d\d)9([6-9]\d{7})$/.exec(e164);
  if (brazil !== null) return `+55${brazil[1]}${brazil[2]}`;
  const argentina = /^\+549(\d{10})$/.exec(e164);
  if (argentina !== null) return `+54${argentina[1]}`;
  return e164;
}

const DOTLESS = new Set(['gmail.com', 'googlemail.com']);
const PLUS_TAGS = new Set(['gmail.com', 'googlemail.com', 'outlook.com', 'hotmail.com', 'fastmail.com', 'proton.me']);
/** One mailbox under several names (Yandex documents its own aliases; ya.ru and yandex.* are one account). */
const YANDEX = /^(ya\.ru|yandex\.(ru|com|by|kz|ua))$/;

function emailKey(value: string): MatchingKey | undefined {
  const address = value.trim().toLowerCase().toWellFormed();
  const at = address.lastIndexOf('@');
  if (at < 1 || address.length > 254 || /[\s<>,;:\\"\0]/.test(address)) return undefined;
  let local = address.slice(0, at);
  let domain = address.slice(at + 1);
  if (!/^[^.@][^@]*\.[^.@]{2,}$/.test(domain) || domain.includes('..')) return undefined;
  if (PLUS_TAGS.has(domain)) local = local.replace(/\+.*$/, '');
  if (DOTLESS.has(domain)) {
    local = local.replaceAll('.', '');
    domain = 'gmail.com';
  }
  if (YANDEX.test(domain)) {
    local = local.replaceAll('.', '-');
    domain = 'yandex.ru';
  }
  return local === '' ? undefined : { kind: 'email', key: `email:${local}@${domain}`, display: address };
}
