/**
 * Readers of foreign JSON. The same member comes in several shapes: protobuf objects write 64-bit numbers as
 * strings, enums as names and bytes as base64; plain ones write `{low, high}`, numbers and `{type: 'Buffer', data}`.
 */
export type Json = Readonly<Record<string, unknown>>;

export const readObject = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;

/** Protobuf leaves out what it does not know, or writes null. */
export const isNone = (value: unknown): value is null | undefined => value === null || value === undefined;

/** A member of a table by a foreign name: `constructor` is none. */
export const pick = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

export const readList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const readString = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A number, a decimal string or a Long; `undefined` for anything else. */
export function readNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'string') return /^-?\d{1,19}(?:\.\d{1,17})?$/.test(value) ? Number(value) : undefined;
  const long = readObject(value);
  if (typeof long?.low !== 'number' || typeof long.high !== 'number') return undefined;
  return long.high * 2 ** 32 + (long.low >>> 0);
}

const EARLIEST_MS = Date.UTC(2009, 0);
const LATEST_MS = Date.UTC(2100, 0);

/** @param unitMs 1000 for seconds, 1 for milliseconds */
export function readTime(value: unknown, unitMs: 1 | 1000): Date | undefined {
  const ms = (readNumber(value) ?? 0) * unitMs;
  return ms >= EARLIEST_MS && ms <= LATEST_MS ? new Date(ms) : undefined;
}

/** Base64 of bytes in any of the shapes; `undefined` when these are no bytes. */
export function readBytes(value: unknown): string | undefined {
  if (typeof value === 'string') return /^[A-Za-z0-9+/]{4,}={0,2}$/.test(value) ? value : undefined;
  const buffer = readObject(value);
  if (buffer?.type === 'Buffer') return readBytes(buffer.data);
  return undefined;
}

/** An enum by number or by name. */
export const isOneOf = (value: unknown, ...names: readonly (number | string)[]): boolean =>
  names.includes(value as number | string);
