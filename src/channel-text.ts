/**
 * Texts of senders, made fit for a database, a CSV and a screen. Part of the contract; channels import it from
 * `channel.ts`.
 */

/** Cuts at `max` UTF-16 units, never through a surrogate pair. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max);
}

/** Most values: nothing to remove anywhere, no space at the ends. One pass instead of four. */
const CLEAN_LINE = /^(?! )[\x20-\x7e\u00a1-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\ud7ff]*$/;

function isClean(value: string, max: number): boolean {
  return value.length <= max && CLEAN_LINE.test(value) && !value.endsWith(' ');
}

/** A text of several lines that a database, a CSV and a screen can hold: well-formed, without control characters. */
export function cleanText(value: string, max = 20_000): string {
  if (isClean(value, max)) return value;
  const safe = value
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    // Overrides of the writing direction have no honest use: they show a file or a sum backwards.
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202d\u202e\ufffe\uffff]/g, '');
  return cutText(safe.trim(), max).trim();
}

/** One line. Also without the marks that turn the direction of writing, which can disguise a name or a file. */
export function cleanLine(value: string, max: number): string {
  if (isClean(value, max) && !/ {2}|[\u1680\u180e]/.test(value)) return value;
  const line = cleanText(value, Number.MAX_SAFE_INTEGER).replace(/\s+/gu, ' ');
  return cutText(line.replace(/[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '').trim(), max).trim();
}

/** The sender's file name, for display: no path, no control characters, at most 200 characters; `''` when none. */
export function cleanFileName(value: string): string {
  const leaf = value.slice(Math.max(value.lastIndexOf('/'), value.lastIndexOf('\\')) + 1);
  const name = cleanLine(leaf, 1000);
  if (/^\.*$/.test(name)) return '';
  if (name.length <= 200) return name;
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 && name.length - dot <= 10 ? name.slice(dot) : '';
  return cutText(name, 200 - ending.length) + ending;
}
