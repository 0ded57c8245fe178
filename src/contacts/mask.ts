/**
 * What of a phone or an address everybody may see. Masking happens where values leave the house (the API), never in
 * the screen; showing them is a reveal, on purpose and on record.
 */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

const DOTS = '•••';

/** `+7 ••• •••-••-67`: the country, when the number says it, and the last two digits. The length is not told. */
export function maskPhone(value: string): string {
  const digits = value.replace(/\P{Nd}/gu, '');
  if (digits.length < 5) return DOTS;
  const country = callingCode(value.trim(), digits);
  return `${country === undefined ? '' : `+${country} `}${DOTS} ${DOTS}-••-${digits.slice(-2)}`;
}

function callingCode(value: string, digits: string): string | undefined {
  if (value.startsWith('+')) return parsePhoneNumberFromString(`+${digits}`)?.countryCallingCode;
  return /^[78]\d{10}$/.test(digits) ? '7' : undefined;
}

/** `a•••@example.com` */
export function maskEmail(value: string): string {
  const at = value.lastIndexOf('@');
  if (at < 1) return DOTS;
  return `${String.fromCodePoint(value.codePointAt(0) ?? 0)}${DOTS}${value.slice(at)}`;
}

/** An identity of any kind. A WhatsApp id is a phone; of other ids the last two characters tell them apart. */
export function maskIdentity(kind: string, value: string): string {
  if (kind === 'phone' || kind === 'whatsapp') return maskPhone(value);
  if (kind === 'email') return maskEmail(value);
  return value.length < 6 ? DOTS : `${DOTS}${value.slice(-2)}`;
}

// Seven digits and more with at most three joints between two of them: what people write phones with, and invisible
// format characters (\p{Cf}), which copying from messengers leaves behind.
const JOINT = String.raw`[\s().\-‐‑‒–—−/_*\p{Cf}]{0,3}`;
const PHONE = String.raw`\+?\p{Nd}(?:${JOINT}\p{Nd}){6,}`;
// Whole dates are let through, with a time of day behind them; they are tried first. Not when digits go on and on.
const DAY = String.raw`(?:19|20)\d\d-[01]\d-[0-3]\d|[0-3]\d[./][01]\d[./](?:19|20)\d\d`;
const DATE = String.raw`(?:${DAY})(?!(?:${JOINT}\p{Nd}){5}|\p{Nd})`;
// Bounded, so that 20,000 characters without an @ cost no more than 64 looks each. `%40` is the @ of an address bar.
const EMAIL = String.raw`[\p{L}\p{N}._%+\-]{1,64}(?:@|%40)[\p{L}\p{N}.\-]{1,253}\.[\p{L}]{2,24}`;
const PERSONAL = new RegExp(`(?<email>${EMAIL})|(?<date>${DATE})|(?<phone>${PHONE})`, 'gu');

/** Free text with all hidden that looks like a phone or an address. It hides too much rather than too little. */
export function maskText(text: string): string {
  return text.replace(PERSONAL, (run: string, email?: string, date?: string) => {
    if (email !== undefined) return maskEmail(email.replace(/%40/g, '@'));
    return date === undefined ? maskPhone(run) : run;
  });
}

export function maskField(kind: 'name' | 'phone' | 'email' | 'text', value: string): string {
  if (kind === 'phone') return value === '' ? '' : maskPhone(value);
  if (kind === 'email') return value === '' ? '' : maskEmail(value);
  return maskText(value);
}

const MAX_DEPTH = 5;

/** Every text inside a JSON value, names of members included. */
export function maskDeep(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return maskText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((one) => maskDeep(one, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [maskText(key), maskDeep(one, depth + 1)]));
}
