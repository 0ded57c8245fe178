/**
 * multipart/form-data over bytes (RFC 7578 as browsers write it), with limits before any copy is made.
 *
 * `Response.formData()` would do for UTF-8, but it decodes before it counts, and it knows no other charset: a form on
 * a windows-1251 page arrives as question marks. Agreement with it is a property test in test/contract.
 */
import { Buffer } from 'node:buffer';
import { Rejected } from '../../src/errors.ts';

export interface Part {
  readonly name: Uint8Array;
  /** Present exactly when the part is a file. */
  readonly filename?: Uint8Array;
  /** The charset that this part declares for itself. */
  readonly charset?: string;
  readonly bytes: Uint8Array;
}

const MAX_HEADER_BYTES = 8192;
const broken = (what: string): Rejected => new Rejected(400, `The multipart body ${what}.`);

export function readMultipart(body: Uint8Array, boundary: string, maxParts: number): Part[] {
  if (!/^[\x20-\x7e]{1,70}$/.test(boundary)) throw broken('has no valid boundary');
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const open = Buffer.from(`--${boundary}`, 'latin1');
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  const parts: Part[] = [];
  let at = bytes.subarray(0, open.length).equals(open) ? open.length : skipPreamble(bytes, delimiter);
  while (!(bytes[at] === 0x2d && bytes[at + 1] === 0x2d)) {
    while (bytes[at] === 0x20 || bytes[at] === 0x09) at += 1;
    if (bytes[at] !== 0x0d || bytes[at + 1] !== 0x0a) throw broken('is damaged after a boundary');
    if (parts.length === maxParts) throw new Rejected(422, `More than ${maxParts} parts in one form.`);
    // From the CRLF that ends the boundary line, so that a part without any header is found too.
    const headersEnd = bytes.indexOf('\r\n\r\n', at);
    if (headersEnd < 0 || headersEnd - at > MAX_HEADER_BYTES) throw broken('has a part without an end of headers');
    const start = headersEnd + 4;
    const end = bytes.indexOf(delimiter, start);
    if (end < 0) throw broken('is cut off');
    parts.push(readPart(bytes.subarray(at + 2, headersEnd), bytes.subarray(start, end)));
    at = end + delimiter.length;
  }
  return parts;
}

function skipPreamble(bytes: Buffer, delimiter: Buffer): number {
  const found = bytes.indexOf(delimiter);
  if (found < 0) throw broken('does not contain its boundary');
  return found + delimiter.length;
}

function readPart(headers: Buffer, bytes: Uint8Array): Part {
  const lines = headers.toString('latin1').split('\r\n');
  const header = (name: string): string =>
    lines.find((line) => line.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1) ?? '';
  const { value, parameters } = readHeader(header('content-disposition'));
  const name = parameters.get('name');
  if (value !== 'form-data' || name === undefined) throw broken('has a part without a name');
  const filename = parameters.get('filename');
  const extended = parameters.get('filename*');
  const charset = readHeader(header('content-type')).parameters.get('charset');
  return {
    name: fromBinary(name),
    bytes,
    ...(charset === undefined ? {} : { charset }),
    ...(filename === undefined && extended === undefined ? {} : { filename: fileName(filename, extended) }),
  };
}

/** `form-data; name="a"; filename="b.pdf"` by one pass, so that quoted text is never taken for a parameter. */
export function readHeader(header: string): { value: string; parameters: ReadonlyMap<string, string> } {
  const parameters = new Map<string, string>();
  const first = header.indexOf(';');
  const value = (first < 0 ? header : header.slice(0, first)).trim().toLowerCase();
  const rule = /;[ \t]*([^\s=;"]+)[ \t]*=[ \t]*(?:"((?:\\"|[^"])*)"|([^;"]*))/gy;
  rule.lastIndex = first < 0 ? header.length : first;
  for (let match = rule.exec(header); match !== null && parameters.size < 20; match = rule.exec(header)) {
    const name = match[1]!.toLowerCase();
    const text = match[2] === undefined ? match[3]!.trim() : match[2].replaceAll('\\"', '"');
    if (!parameters.has(name)) parameters.set(name, text);
    while (header[rule.lastIndex] === ' ' || header[rule.lastIndex] === '\t') rule.lastIndex += 1;
  }
  return { value, parameters };
}

/** Browsers write a quote and a line break inside a name as %22, %0D and %0A, and nothing else (HTML standard). */
const fromBinary = (text: string): Uint8Array =>
  Buffer.from(text.replace(/%22/g, '"').replace(/%0D/gi, '\r').replace(/%0A/gi, '\n'), 'latin1');

/** RFC 5987 `UTF-8''plan%20%D0%B0.pdf`, which some clients send beside or instead of the plain name. */
function fileName(plain: string | undefined, extended: string | undefined): Uint8Array {
  const encoded = /^utf-8'[^']*'(.*)$/is.exec(extended ?? '')?.[1];
  if (encoded !== undefined && /^(?:[^%]|%[\da-f]{2})*$/i.test(encoded))
    return Buffer.from(
      encoded.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    );
  return fromBinary(plain ?? '');
}
