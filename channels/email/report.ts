/** Reports about our own mails: delivery (RFC 3464) and reading (RFC 8098), and the free-form ones of old servers. */
import type { Receipt } from '../../src/channel.ts';
import { idsIn } from './ids.ts';
import type { Mail } from './read-mail.ts';

export interface DeliveryReport {
  /** Message-IDs of the mail that it is about, as far as it says. */
  readonly of: readonly string[];
  readonly state: 'failed' | 'delayed' | 'delivered' | 'sent';
  readonly reason: string;
}

const MAX_PART_BYTES = 200_000;

const textOf = (mail: Mail, ...types: string[]): string =>
  mail.parts
    .filter(({ mimeType }) => types.includes(mimeType))
    .map(({ content }) =>
      typeof content === 'string'
        ? content
        : new TextDecoder().decode(new Uint8Array(content).subarray(0, MAX_PART_BYTES)),
    )
    .join('\n\n');

/** @returns `undefined` for a report of a kind that says nothing of a mail of ours */
export function readDeliveryReport(mail: Mail, address: string): DeliveryReport | undefined {
  const status = textOf(mail, 'message/delivery-status', 'message/global-delivery-status');
  const actions = [...status.matchAll(/^action\s*:\s*([a-z]+)/gim)].map((match) => match[1]!.toLowerCase());
  const codes = [...status.matchAll(/^status\s*:\s*([245]\.\d{1,3}\.\d{1,3})/gim)].map((match) => match[1]!);
  const of = ourIds(mail, status, address);
  if (of.length === 0) return undefined;
  // Warnings of servers that write no report for machines: "Warning: message delayed 24 hours".
  if (actions.length === 0 && /delay|warning|задерж|отложен/i.test(mail.subject))
    return { of, state: 'delayed', reason: '' };
  const failed = actions.indexOf('failed');
  if (failed >= 0 || (actions.length === 0 && codes[0]?.startsWith('4') !== true))
    return { of, state: 'failed', reason: reasonOf(codes[Math.max(0, failed)] ?? codeIn(mail.text)) };
  if (actions.includes('delayed') || actions.length === 0) return { of, state: 'delayed', reason: '' };
  return { of, state: actions.includes('delivered') ? 'delivered' : 'sent', reason: '' };
}

/**
 * The original headers stand in the last part, a whole mail or its headers alone; Exchange also repeats the id in
 * In-Reply-To. A VERP address or Original-Envelope-Id carries the key that our ids are made of.
 */
function ourIds(mail: Mail, status: string, address: string): string[] {
  const domain = address.split('@')[1]!.toLowerCase();
  const original = textOf(
    mail,
    'message/rfc822',
    'text/rfc822-headers',
    'message/rfc822-headers',
    'message/global-headers',
  );
  const ids = new Set<string>();
  const headers = `${original.split(/\r?\n\r?\n\s*\S/)[0]}\n${mail.text.slice(0, 20_000)}`;
  for (const [, value] of headers.matchAll(/^[>\s]*message-id\s*:\s*(<[^<>\s]{3,250}>)/gim)) ids.add(value!);
  for (const name of ['in-reply-to', 'references', 'x-original-message-id'])
    for (const id of idsIn(mail.header(name))) ids.add(id);
  const envelope = /^original-envelope-id\s*:\s*(\S{1,200})/im.exec(status)?.[1] ?? '';
  const keyed = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/i;
  for (const place of [envelope, ...mail.to.map((one) => one.address)]) {
    const key = /(?:\+|^)/.test(place) ? keyed.exec(place)?.[0] : undefined;
    if (key !== undefined) ids.add(`<${key.toLowerCase()}@${domain}>`);
  }
  const sentByUs = new RegExp(`^from\\s*:.*${literal(address)}`, 'im').test(original);
  return [...ids].filter((id) => sentByUs || id.toLowerCase().endsWith(`@${domain}>`)).slice(0, 10);
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const codeIn = (text: string): string | undefined => /\b([45]\.\d{1,3}\.\d{1,3})\b/.exec(text.slice(0, 20_000))?.[1];

/** Enhanced status codes of RFC 3463, in plain words and without the address. */
function reasonOf(code: string | undefined): string {
  const detail = code?.slice(2) ?? '';
  const what = detail.startsWith('1.')
    ? 'there is no such address'
    : detail === '2.2'
      ? 'the mailbox is full'
      : detail === '2.3' || detail === '3.4'
        ? 'the mail is too large for the mailbox'
        : detail.startsWith('2.')
          ? 'the mailbox takes no mail'
          : detail.startsWith('7.')
            ? 'the other server refused it as unwanted or by its rules'
            : detail.startsWith('4.')
              ? 'the other server could not be reached'
              : 'the other server refused it';
  return `The mail came back: ${what}${code === undefined ? '' : ` (${code})`}.`;
}

/** `undefined`: it says nothing that a manager needs (deleted unread, processed by a machine). */
export function readReadReport(mail: Mail): Receipt | undefined {
  const text = textOf(mail, 'message/disposition-notification');
  const of =
    idsIn(/^original-message-id\s*:\s*(.{1,260})/im.exec(text)?.[1] ?? '')[0] ?? idsIn(mail.header('in-reply-to'))[0];
  const displayed = /^disposition\s*:[^\n]*;\s*displayed\b/im.test(text);
  return of === undefined || !displayed ? undefined : { kind: 'receipt', of, state: 'read' };
}
