/**
 * From bytes to names, values and files, with a limit on everything. For `verify`, which lets `Rejected` through to
 * the sender, and for `parse`, which turns it into a quarantine.
 */
import type { InboundRequest } from '../../src/channel.ts';
import { Rejected } from '../../src/errors.ts';
import { readJson } from './json.ts';
import { readHeader, readMultipart } from './multipart.ts';

export interface Entry {
  readonly name: string;
  readonly value: string;
}

export interface SentFile {
  readonly field: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Submission {
  readonly format: 'json' | 'urlencoded' | 'multipart';
  readonly entries: readonly Entry[];
  readonly files: readonly SentFile[];
}

/** Raw pairs, before they are put together: Elementor sends six of them for one field. */
const MAX_ENTRIES = 1000;
/** Everything that is not a file. A long letter is 20 KB. */
const MAX_TEXT_BYTES = 256 * 1024;

/** @throws {Rejected} 400, 413, 415 or 422; the message never repeats what was sent. */
export function readSubmission(request: InboundRequest, language: string): Submission {
  const { value: mediaType, parameters } = readHeader(request.headers['content-type'] ?? '');
  const charset = parameters.get('charset');
  if (mediaType === 'multipart/form-data')
    return fromMultipart(request.body, parameters.get('boundary') ?? '', charset, language);
  if (mediaType !== 'application/json' && mediaType !== 'application/x-www-form-urlencoded')
    throw new Rejected(415, 'Send the form as JSON, urlencoded or multipart/form-data.');
  if (request.body.byteLength > MAX_TEXT_BYTES) throw tooLarge();
  if (mediaType === 'application/json')
    return { format: 'json', entries: readJson(decodeStrictly(request.body, charset), MAX_ENTRIES), files: [] };
  return { format: 'urlencoded', entries: fromUrlencoded(request.body, charset, language), files: [] };
}

const tooLarge = (): Rejected => new Rejected(413, `The fields of a form may take ${MAX_TEXT_BYTES} bytes together.`);

function decoder(label: string, fatal: boolean): TextDecoder | undefined {
  try {
    return new TextDecoder(label, { fatal });
  } catch {
    return undefined;
  }
}

function decodeStrictly(bytes: Uint8Array, charset = 'utf-8'): string {
  const strict = decoder(charset, true);
  if (strict === undefined) throw new Rejected(415, 'The charset of the content type is not known.');
  try {
    return strict.decode(bytes);
  } catch {
    throw new Rejected(400, 'The body is not valid text in its charset.');
  }
}

/**
 * A lenient reader of one value: the declared charset; without one UTF-8, and where that does not fit, the charset of
 * old pages in the endpoint's language (a browser posts in the page's own charset and does not say so).
 */
function textReader(declared: string | undefined, language: string): (bytes: Uint8Array) => string {
  if (declared !== undefined && !/^utf-?8$/i.test(declared)) {
    const lenient = decoder(declared, false);
    if (lenient === undefined) throw new Rejected(415, 'The charset of the content type is not known.');
    return (bytes) => lenient.decode(bytes);
  }
  const strict = new TextDecoder('utf-8', { fatal: true });
  const legacy = new TextDecoder(/^(?:ru|be|uk|bg)\b/i.test(language) ? 'windows-1251' : 'windows-1252');
  return (bytes) => {
    try {
      return strict.decode(bytes);
    } catch {
      return legacy.decode(bytes);
    }
  };
}

const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 64));

/** The `_charset_` field, which browsers fill with the charset they used (HTML standard). */
function charsetField(pairs: readonly (readonly [Uint8Array, Uint8Array])[]): string | undefined {
  const value = pairs.find(([name]) => name.length === 9 && ascii(name) === '_charset_')?.[1];
  const label = value === undefined ? '' : ascii(value).trim();
  return label !== '' && decoder(label, false) !== undefined ? label : undefined;
}

function fromUrlencoded(body: Uint8Array, charset: string | undefined, language: string): Entry[] {
  const pairs: [Uint8Array, Uint8Array][] = [];
  for (let start = 0; start < body.length; ) {
    const amp = body.indexOf(0x26, start);
    const pair = body.subarray(start, amp < 0 ? body.length : amp);
    start = amp < 0 ? body.length : amp + 1;
    if (pair.length === 0) continue;
    if (pairs.length === MAX_ENTRIES) throw new Rejected(422, `More than ${MAX_ENTRIES} fields in one form.`);
    const equals = pair.indexOf(0x3d);
    pairs.push(
      equals < 0
        ? [percentDecode(pair), pair.subarray(0, 0)]
        : [percentDecode(pair.subarray(0, equals)), percentDecode(pair.subarray(equals + 1))],
    );
  }
  const text = textReader(charset ?? charsetField(pairs), language);
  return pairs.map(([name, value]) => ({ name: text(name), value: text(value) }));
}

const hexDigit = (byte: number | undefined): number => {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
};

/** `+` and `%XX` over bytes; a broken escape stays as it is (URL standard). */
function percentDecode(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    let byte = bytes[at]!;
    if (byte === 0x2b) byte = 0x20;
    else if (byte === 0x25) {
      const high = hexDigit(bytes[at + 1]);
      const low = hexDigit(bytes[at + 2]);
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low;
        at += 2;
      }
    }
    out[length] = byte;
    length += 1;
  }
  return out.subarray(0, length);
}

function fromMultipart(body: Uint8Array, boundary: string, charset: string | undefined, language: string): Submission {
  const parts = readMultipart(body, boundary, MAX_ENTRIES);
  const plain = parts.filter((part) => part.filename === undefined);
  if (plain.reduce((sum, part) => sum + part.bytes.length, 0) > MAX_TEXT_BYTES) throw tooLarge();
  const text = textReader(charset ?? charsetField(plain.map((part) => [part.name, part.bytes] as const)), language);
  const files: SentFile[] = [];
  const entries: Entry[] = [];
  for (const part of parts) {
    const name = text(part.name);
    if (part.filename === undefined)
      entries.push({
        name,
        value: part.charset === undefined ? text(part.bytes) : textReader(part.charset, language)(part.bytes),
      });
    // A file input that was left empty arrives as a file without name and content.
    else if (part.filename.length > 0 || part.bytes.length > 0)
      files.push({ field: name, name: text(part.filename), bytes: part.bytes });
  }
  return { format: 'multipart', entries, files };
}
