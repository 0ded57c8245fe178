/**
 * Loose reading. Telegram adds kinds and fields several times a year: what we do not know must never make us drop what
 * we do know, so there is no schema of an update here.
 */
import { cleanLine } from '../../src/channel.ts';

export type Json = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The objects in a list; what is none is passed over. */
export function asObjects(value: unknown): Json[] {
  return asList(value)
    .map(asObject)
    .filter((item) => item !== undefined);
}

export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/**
 * Telegram's ids have at most 52 significant bits. A larger number has lost its last digits in `JSON.parse`, and two
 * people or two updates could look like one: it is no id for us.
 */
export function asId(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** An id that Telegram gives as a text: a file, a callback, a business connection. */
export function asKey(value: unknown, max = 256): string | undefined {
  return typeof value === 'string' && value.length <= max && /^[\x21-\x7e]+$/.test(value) ? value : undefined;
}

export function asCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** Unix seconds; dates that no client of Telegram (2013) can have sent are not believed. */
export function asTime(value: unknown): Date | undefined {
  return Number.isSafeInteger(value) && (value as number) > 1_356_998_400 && (value as number) < 4_102_444_800
    ? new Date((value as number) * 1000)
    : undefined;
}

/** A name out of the provider's own vocabulary, safe to put into a reason. */
export function asWord(value: string): string {
  return /^[a-z0-9_]{1,60}$/.test(value) ? value : cleanLine(value, 60).replace(/[^\p{L}\p{N}_ -]/gu, '?') || '?';
}
