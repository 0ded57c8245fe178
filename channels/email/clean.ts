/** Cuts at `max` UTF-16 units, never through a surrogate pair. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max);
}

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
  return cut(line.replace(/\s+/gu, ' ').trim(), max).trim();
}

/** The sender's file name, for display: no path, no control characters, at most 200 characters, or `fallback`. */
export function cleanFileName(value: string, fallback: string): string {
  const leaf = value.slice(Math.max(value.lastIndexOf('/'), value.lastIndexOf('\\')) + 1);
  const name = cleanLine(leaf, 1000);
  if (name === '' || /^\.+$/.test(name)) return fallback;
  if (name.length <= 200) return name;
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 && name.length - dot <= 10 ? name.slice(dot) : '';
  return cut(name, 200 - ending.length) + ending;
}
