/** Reading what a stranger sent: whatever the type, the answer is a string, a number, a date, or nothing. */
import { Malformed } from '../../src/errors.ts';

export type Loose = Readonly<Record<string, unknown>>;

/** @throws Malformed when it is no JSON object */
export function jsonObject(text: string): Loose {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Malformed('The body is no JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Malformed('The body is no JSON object.');
  return value as Loose;
}

/** UTF-8; bytes that are none become U+FFFD. */
export const textOf = (body: Uint8Array): string => new TextDecoder().decode(body);

export function part(value: unknown, name: string): Loose {
  const inner = typeof value === 'object' && value !== null ? (value as Loose)[name] : undefined;
  return typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Loose) : {};
}

/** A string or a finite number as text, trimmed; anything else is `''`. At most 2,000 characters. */
export function string(value: unknown): string {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' ? value.slice(0, 2000).trim() : '';
}

/** Of a table by a name that a stranger sent: `constructor` and its kind are in none. */
export const lookUp = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** `undefined` for what is empty. */
export const optional = (value: unknown): string | undefined => string(value) || undefined;

export function number(value: unknown): number | undefined {
  const text = string(value);
  if (text === '') return undefined;
  const found = Number(text);
  return Number.isFinite(found) ? found : undefined;
}

/** Seconds since 1970; 0 and nonsense are no time. */
export function unixSeconds(value: unknown): Date | undefined {
  const seconds = number(value);
  return seconds === undefined || seconds <= 0 || seconds > 4_102_444_800 ? undefined : new Date(seconds * 1000);
}

/** ISO 8601 with an offset or a Z. */
export function isoTime(value: unknown): Date | undefined {
  const ms = Date.parse(string(value));
  return Number.isNaN(ms) ? undefined : new Date(ms);
}

/**
 * `2024-05-06 07:08:09[.123]` by the clock of a time zone. In the hour that a zone lives twice the earlier one is
 * taken.
 */
export function localTime(value: unknown, timeZone: string): Date | undefined {
  const found = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?/.exec(string(value));
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '0'] = found;
  const wall = Date.UTC(+year!, +month! - 1, +day!, +hour!, +minute!, +second!, +fraction.padEnd(3, '0'));
  // The offset at the moment itself: two steps are enough for every zone.
  const first = wall - offsetMs(wall, timeZone);
  return new Date(wall - offsetMs(first, timeZone));
}

function offsetMs(atMs: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(atMs);
  const at = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
  const wall = Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second'));
  return wall - Math.floor(atMs / 1000) * 1000;
}

/** The query of the address and, for a posted form, its fields; a name that is given twice keeps its last value. */
export function formFields(url: string, body: Uint8Array): Readonly<Record<string, string>> {
  const at = url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  return { ...Object.fromEntries(query), ...Object.fromEntries(new URLSearchParams(textOf(body))) };
}

/** What stands after the endpoint's own address, without the query: `/events/call`, or `''`. */
export function pathAfterKey(url: string): string {
  const path = url.split('?')[0] ?? '';
  return path
    .split('/')
    .slice(4)
    .reduce((sum, piece) => `${sum}/${piece}`, '');
}
