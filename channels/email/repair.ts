/**
 * Before postal-mime reads a mail: what it would garble for good is made readable.
 *
 *  - Raw 8-bit header lines that are not UTF-8 (old PHP mailers, koi8-r without a label) are decoded and written in
 *    UTF-8.
 *  - A text part, or an encoded word, whose charset is missing, unknown or a default that is often untrue gets the
 *    label `x-user-defined`. The Encoding Standard maps its upper half one to one to U+F780..U+F7FF, so nothing is
 *    lost in decoding, and {@link restore} turns those back into bytes and finds the charset by the look of them.
 *
 * Only headers are touched, and none inside an attached mail: attachments keep their bytes.
 */
import { decodeUnknown, detect } from './charset.ts';

const LOSSLESS = 'x-user-defined';
/** utf-8 is often claimed for windows-1251, iso-8859-1 is PHPMailer's default, utf-16 hides which half comes first. */
const DOUBTFUL = /^(?:utf-?8|us-ascii|ascii|iso-?8859-1|utf-?16|unicode)$/i;

const latin1 = new TextDecoder('latin1');
const utf8 = new TextEncoder();

export function repair(raw: Uint8Array): Uint8Array {
  const out: Uint8Array[] = [];
  const boundaries = new Set<string>();
  let kept = 0;
  let inHeader = true;
  let block: Line[] = [];
  for (let at = 0; at < raw.length; ) {
    const feed = raw.indexOf(0x0a, at);
    const end = feed < 0 ? raw.length : feed + 1;
    const line: Line = { start: at, end };
    const blank = end - at <= 2 && (raw[at] === 0x0a || raw[at] === 0x0d);
    if (inHeader && blank) {
      const fixed = repairBlock(raw, block, boundaries);
      if (fixed !== undefined) {
        out.push(raw.subarray(kept, block[0]?.start ?? at), fixed);
        kept = at;
      }
      inHeader = false;
      block = [];
    } else if (inHeader) block.push(line);
    else if (raw[at] === 0x2d && raw[at + 1] === 0x2d && end - at <= 300)
      inHeader = isDelimiter(raw, line, boundaries);
    at = end;
  }
  if (inHeader && block.length > 0) {
    const fixed = repairBlock(raw, block, boundaries);
    if (fixed !== undefined) {
      out.push(raw.subarray(kept, block[0]!.start), fixed);
      kept = raw.length;
    }
  }
  return out.length === 0 ? raw : join([...out, raw.subarray(kept)]);
}

interface Line {
  readonly start: number;
  readonly end: number;
}

const isDelimiter = (raw: Uint8Array, { start, end }: Line, boundaries: ReadonlySet<string>): boolean =>
  boundaries.has(latin1.decode(raw.subarray(start + 2, end)).trimEnd());

/** @returns the block in its new words, `undefined` where nothing had to change */
function repairBlock(raw: Uint8Array, lines: readonly Line[], boundaries: Set<string>): Uint8Array | undefined {
  const start = lines[0]?.start ?? 0;
  const bytes = raw.subarray(start, lines.at(-1)?.end ?? start);
  const isTop = boundaries.size === 0 && start === 0;
  // A megabyte of headers is nobody's letter; postal-mime refuses it, and so it is not worth repairing.
  if (bytes.length > 1_000_000) return undefined;
  const text = isAscii(bytes) ? latin1.decode(bytes) : decodeUnknown(bytes);
  const type = /^content-type:[ \t]*(?:\r?\n[ \t]+)?([\w.+-]+\/[\w.+-]+|)/im.exec(text)?.[1]?.toLowerCase();
  const boundary = /\bboundary\s*=\s*(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))/i.exec(text);
  if (boundary !== null && type?.startsWith('multipart/') === true && boundaries.size < 1000)
    boundaries.add((boundary[1] ?? boundary[2] ?? '').trimEnd());
  let fixed = text.replace(/=\?([\w*.:+-]{1,60})\?([bq])\?/gi, (whole, label: string, encoding: string) =>
    // UTF-8 too: programs cut it in the middle of a letter, and its halves only fit together as bytes.
    isSure(label.split('*')[0] ?? '') ? whole : `=?${LOSSLESS}?${encoding}?`,
  );
  const isFile = /^content-disposition:\s*attachment/im.test(text);
  if ((type === 'text/plain' || type === 'text/html' || type === 'text') && !isFile) fixed = relabel(fixed);
  else if (type === undefined && isTop) fixed = `Content-Type: text/plain; charset=${LOSSLESS}\r\n${fixed}`;
  return fixed === text && isUtf8Already(bytes, text) ? undefined : utf8.encode(fixed);
}

const isAscii = (bytes: Uint8Array): boolean => bytes.every((byte) => byte < 0x80);

const isUtf8Already = (bytes: Uint8Array, text: string): boolean =>
  isAscii(bytes) || utf8.encode(text).length === bytes.length;

function relabel(block: string): string {
  const at = /^content-type:[^\n]*(?:\n[ \t][^\n]*)*/im.exec(block);
  if (at === null) return block;
  const field = at[0].trimEnd();
  const charset = /\bcharset\s*=\s*"?'?([^\s;"']*)'?"?/i;
  const label = charset.exec(field)?.[1];
  if (label !== undefined && isSure(label)) return block;
  const named =
    label === undefined
      ? `${field.replace(/;\s*$/, '')}; charset=${LOSSLESS}`
      : field.replace(charset, `charset=${LOSSLESS}`);
  return block.slice(0, at.index) + named + block.slice(at.index + field.length);
}

const isSure = (label: string): boolean => label !== '' && !DOUBTFUL.test(label) && isKnown(label);

function isKnown(label: string): boolean {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    // The spellings that postal-mime knows beyond the standard: cp932, x-eucjp, iso-8859-8-e, ...
    return /^(?:x-)?(?:ms-|cs)?(?:(?:cp|windows|ms|ibm)-?(?:932|936|949|950|874)|euc-?(?:jp|kr)|uhc|tis620)$/i.test(
      label,
    );
  }
}

const MARKED = /[\u0000-\u007f\uf780-\uf7ff]+/g;

/** Gives the upper half of `x-user-defined` its real letters. One charset for the whole text. */
export function restore(text: string): string {
  if (!/[\uf780-\uf7ff]/.test(text)) return text.includes('\u0000') ? restoreWide(text) : text;
  const bytes = bytesOf((text.match(MARKED) ?? []).join(''));
  const decoder = new TextDecoder(detect(bytes));
  return text.replace(MARKED, (run) =>
    /[\uf780-\uf7ff]/.test(run) || run.includes('\u0000') ? decoder.decode(bytesOf(run)) : run,
  );
}

/** UTF-16 of Latin letters alone: no upper half, but every other byte is a NUL. */
const restoreWide = (text: string): string => decodeUnknown(bytesOf(text));

const bytesOf = (run: string): Uint8Array => {
  const bytes = new Uint8Array(run.length);
  for (let at = 0; at < run.length; at += 1) {
    const code = run.charCodeAt(at);
    bytes[at] = code < 0x80 ? code : code - 0xf700;
  }
  return bytes;
};

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
