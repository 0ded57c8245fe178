/**
 * Reading what Meta sends without believing that it has the documented shape: fields come and go between versions, and
 * a message must not be lost because a field beside its text has another type.
 */

export type Loose = Readonly<Record<string, unknown>>;

const NOTHING: Loose = Object.freeze({});

export const isRecord = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const record = (value: unknown): Loose => (isRecord(value) ? value : NOTHING);

/** Own members only: a message may name `constructor` as its type. */
export const part = (of: Loose, name: string): Loose => (Object.hasOwn(of, name) ? record(of[name]) : NOTHING);

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export function string(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : '';
}

/**
 * An id of Meta's: a wamid, a phone's digits, a business-scoped user id, a media id. Printable ASCII of any form: the
 * user ids are letters and digits up to 128, not only digits. A number beyond 2^53 has lost digits and is no id.
 */
export function id(value: unknown): string | undefined {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return undefined;
  const text = string(value).trim();
  return /^[\x21-\x7e]{1,300}$/.test(text) ? text : undefined;
}

/** The year 9999: later times are garbage, and no database takes them. */
const LAST_SECOND = 253_402_300_799;

/** Messages carry seconds as a string, echoes and preferences as a number. */
export function time(value: unknown): Date | undefined {
  const text = string(value);
  if (!/^\d{1,12}$/.test(text)) return undefined;
  const seconds = Number(text);
  return seconds > 0 && seconds <= LAST_SECOND ? new Date(seconds * 1000) : undefined;
}

export const present = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
