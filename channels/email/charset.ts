/**
 * Which charset bytes are in that nobody named, or that were named wrongly. UTF-8 first, because text in another
 * charset is hardly ever valid UTF-8; then the byte order mark of UTF-16; then the Cyrillic charset whose letters look
 * most like a Russian text.
 */
export function decodeUnknown(bytes: Uint8Array): string {
  return new TextDecoder(detect(bytes)).decode(bytes);
}

/** Enough to tell charsets apart. */
const SAMPLE_BYTES = 20_000;

export function detect(bytes: Uint8Array): string {
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  const wide = detectWide(bytes);
  if (wide !== undefined) return wide;
  if (isUtf8(bytes)) return 'utf-8';
  let best = 'windows-1252';
  let most = westernScore(bytes.subarray(0, SAMPLE_BYTES));
  for (const label of ['windows-1251', 'koi8-r', 'ibm866', 'iso-8859-5']) {
    const score = cyrillicScore(new TextDecoder(label).decode(bytes.subarray(0, SAMPLE_BYTES)));
    if (score > most) [best, most] = [label, score];
  }
  return best;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** UTF-16 without a mark: every other byte of its spaces and line ends is a NUL, which no other mail text has. */
function detectWide(bytes: Uint8Array): string | undefined {
  const nuls = [0, 0];
  const end = Math.min(bytes.length, SAMPLE_BYTES);
  for (let at = 0; at < end; at += 1) if (bytes[at] === 0) nuls[at % 2]! += 1;
  const [even = 0, odd = 0] = nuls;
  if (even + odd < 2 || even + odd < end / 50) return undefined;
  if (even > odd * 4) return 'utf-16be';
  return odd > even * 4 ? 'utf-16le' : undefined;
}

/** The ten letters that make up two thirds of a Russian text. */
const FREQUENT = /[оеаинтсрвл]/g;

/** Frequent small letters count for, capitals in the middle of a word and anything that is no letter against. */
function cyrillicScore(text: string): number {
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  const letters = count(/[а-яё]/g);
  const strange = count(/[^\u0000-\u007f\u0410-\u044fёЁ«»—–№…„“”\u00a0іїєґІЇЄҐ]/g);
  return letters + count(FREQUENT) - 2 * count(/[а-яё][А-ЯЁ]/g) - 3 * strange;
}

/** Letters with marks stand alone between plain ones: café. Cyrillic stands in rows. */
function westernScore(bytes: Uint8Array): number {
  let score = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at]! < 0xc0) continue;
    const alone = (bytes[at - 1] ?? 0) < 0x80 && (bytes[at + 1] ?? 0) < 0x80;
    const inWord = isLetter(bytes[at - 1]) || isLetter(bytes[at + 1]);
    score += alone && inWord ? 3 : -1;
  }
  return score;
}

const isLetter = (byte: number | undefined): boolean =>
  byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
