import PostalMime, {
  type Address,
  addressParser,
  type Email,
  type Mailbox,
  type Attachment as Part,
} from 'postal-mime';
import { Malformed } from '../../src/errors.ts';
import { cleanLine, cleanLines } from './clean.ts';
import { htmlToText } from './html-text.ts';
import { repair, restore } from './repair.ts';

/** A mail as far as the rest of this folder needs it. */
export interface Mail {
  /** First value of a header, `''` when there is none. Unfolded, not decoded. */
  readonly header: (name: string) => string;
  /** Every value of a header, topmost first. */
  readonly headers: (name: string) => readonly string[];
  readonly from: readonly Person[];
  readonly replyTo: readonly Person[];
  readonly to: readonly Person[];
  readonly cc: readonly Person[];
  readonly subject: string;
  /** The words of the mail, from its HTML where it has no plain text. Clean, not cut. */
  readonly text: string;
  /** The untrusted original, `''` when there is none. */
  readonly html: string;
  readonly parts: readonly Part[];
  /** Why only the headers could be read. */
  readonly broken?: string;
}

export interface Person {
  readonly name: string;
  readonly address: string;
}

/** Half of what postal-mime allows by itself; a mail with more is not a letter. */
const MAX_HEADER_BYTES = 1024 * 1024;
const MAX_DEPTH = 64;
/** Lists of addresses are read so far; nobody answers the rest. */
const MAX_PEOPLE = 200;
/** More text than this is a log file or a book: the raw delivery has it. */
const MAX_TEXT = 400_000;
const HEADERS_ONLY_BYTES = 256 * 1024;

/** @throws {Malformed} when not even the headers can be read */
export async function readMail(raw: Uint8Array): Promise<Mail> {
  try {
    return toMail(await read(raw));
  } catch (error) {
    if (error instanceof Malformed) throw error;
    const headers = raw.subarray(0, Math.min(endOfHeaders(raw), HEADERS_ONLY_BYTES));
    try {
      return { ...toMail(await read(headers)), text: '', html: '', parts: [], broken: reasonOf(error) };
    } catch {
      throw new Malformed(`The mail cannot be read: ${reasonOf(error)}`);
    }
  }
}

const read = (raw: Uint8Array): Promise<Email> =>
  PostalMime.parse(repair(raw), {
    forceRfc822Attachments: true,
    maxHeadersSize: MAX_HEADER_BYTES,
    maxNestingDepth: MAX_DEPTH,
  });

/** postal-mime's own words about its limits; anything else could carry the mail's. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && error.message.startsWith('Maximum ') ? error.message : 'its structure is broken';

function endOfHeaders(raw: Uint8Array): number {
  for (let at = 0; at >= 0 && at < raw.length; ) {
    const feed = raw.indexOf(0x0a, at);
    if (feed < 0) break;
    if (raw[feed + 1] === 0x0a || (raw[feed + 1] === 0x0d && raw[feed + 2] === 0x0a)) return feed + 1;
    at = feed + 1;
  }
  return raw.length;
}

function toMail(email: Email): Mail {
  const all = new Map<string, string[]>();
  for (const { key, value } of email.headers) {
    const known = all.get(key);
    if (known === undefined) all.set(key, [value]);
    else known.push(value);
  }
  if (!['from', 'sender', 'subject', 'date', 'message-id', 'received', 'return-path'].some((name) => all.has(name)))
    throw new Malformed('This is not a mail: none of the headers that every mail has are there.');
  const html = restore(email.html ?? '')
    .toWellFormed()
    .replaceAll('\u0000', '');
  const plain = restore((email.text ?? '').slice(0, MAX_TEXT));
  const words = plain.trim() === '' && html !== '' ? htmlToText(html.slice(0, MAX_TEXT)) : plain;
  return {
    header: (name) => all.get(name)?.[0] ?? '',
    headers: (name) => all.get(name) ?? [],
    // All of them: postal-mime's own field has the first one only, and two senders are a warning.
    from: people(addressParser(all.get('from')?.[0]?.slice(0, 20_000) ?? '')),
    replyTo: people(email.replyTo),
    to: people(email.to),
    cc: people(email.cc),
    subject: cleanLine(restore(email.subject ?? ''), 1000),
    text: cleanLines(words),
    html,
    parts: email.attachments,
  };
}

/** Groups are opened: a group has no address of its own. */
function people(addresses: readonly Address[] = []): Person[] {
  const boxes: Mailbox[] = [];
  for (const one of addresses) {
    if (one.group === undefined) boxes.push(one);
    else boxes.push(...one.group);
    if (boxes.length >= MAX_PEOPLE) break;
  }
  return boxes.flatMap(({ name, address }) => {
    const clean = cleanLine(address ?? '', 400);
    const valid = clean.length <= 254 && /^[^\s@<>",;]+@[^\s@<>",;]+$/.test(clean);
    return valid ? [{ name: cleanLine(restore(name), 200), address: clean }] : [];
  });
}
