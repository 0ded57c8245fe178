import { sha256Hex } from './hash.ts';
import type { Mail } from './read-mail.ts';

/** RFC 5322 lets an id be as long as a line; real ones stay under 200. */
const ID = /<([^<>\s]{3,250})>/g;
const MAX_IDS = 30;

/** Every `<id>` in a header value, in order, without repeats. */
export function idsIn(value: string): string[] {
  const ids = new Set<string>();
  for (const [, inner] of value.slice(0, 60_000).matchAll(ID)) ids.add(`<${clean(inner!)}>`);
  // Some programs leave the brackets out.
  if (ids.size === 0 && /^[^\s<>@]{1,120}@[^\s<>@]{1,120}$/.test(value.trim())) ids.add(`<${clean(value.trim())}>`);
  return [...ids];
}

const clean = (id: string): string => id.toWellFormed().replace(/[\u0000-\u001f\u007f]/g, '');

/** The mail's own id, `undefined` where it has none. */
export const messageIdOf = (mail: Mail): string | undefined => idsIn(mail.header('message-id'))[0];

/**
 * The ids of earlier mails, oldest first and the direct parent last; of a long chain the first and the newest.
 */
export function threadOf(mail: Mail): { readonly parent?: string; readonly chain: string[] } {
  const references = idsIn(mail.header('references'));
  const parent = idsIn(mail.header('in-reply-to'))[0] ?? references.at(-1);
  const own = messageIdOf(mail);
  const all = references.filter((id) => id !== parent && id !== own);
  if (parent !== undefined && parent !== own) all.push(parent);
  const chain = all.length <= MAX_IDS ? all : [all[0]!, ...all.slice(1 - MAX_IDS)];
  return parent === undefined || parent === own ? { chain } : { parent, chain };
}

/**
 * The id under which the house knows an inbound mail: its Message-ID and a mark of what it says.
 *
 * A Message-ID is chosen by whoever writes the mail, and some site forms give every mail the same one. By itself it
 * would let one mail swallow another, so the same id with another sender, date, subject or text is another mail. The
 * same mail in two folders, or by IMAP and by a post, has the same mark. Our own mails go by the bare id, which is
 * what receipts and answers name.
 */
export function eventIdOf(mail: Mail, raw: Uint8Array): string {
  const id = messageIdOf(mail);
  if (id === undefined) return `sha256:${sha256Hex(raw)}`;
  const said = JSON.stringify([
    mail.from.map(({ address }) => address.toLowerCase()),
    mail.header('date'),
    mail.header('subject'),
    mail.text,
    mail.html,
    mail.parts.map(({ filename, content }) => [
      filename,
      typeof content === 'string' ? content.length : content.byteLength,
    ]),
  ]);
  return `${id}#${sha256Hex(said).slice(0, 16)}`;
}

/** The Message-ID inside an event id. */
export const bareId = (eventId: string): string | undefined => /^<[^<>\s]{3,250}>/.exec(eventId)?.[0];
