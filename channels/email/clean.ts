import { cutText } from '../../src/channel.ts';

/** Several lines, well formed and without control characters; not cut, because what is left over goes elsewhere. */
export const cleanLines = (value: string): string =>
  value
    .toWellFormed()
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    // Overrides of the writing direction show a sum or a file name backwards; U+00A0 only fills up HTML mail.
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202d\u202e\ufffe\uffff]/g, '')
    .replace(/\u00a0/g, ' ');

/** One line, also without the marks that turn the direction of writing or take no room. */
export function cleanLine(value: string, max: number): string {
  const line = cleanLines(value.slice(0, max * 4)).replace(
    /[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    '',
  );
  return cutText(line.replace(/\s+/gu, ' ').trim(), max).trim();
}
