/**
 * What kind of mail it is, in this order: a report of a mail server, a read receipt, an answering machine, a list.
 * Everything but reports stays a message: site builders mark the leads they mail as automatic too.
 */
import type { Mail } from './read-mail.ts';

export type MailClass =
  | 'delivery-report'
  | 'read-report'
  /** From a mail server in its own words: no report that a machine could read. */
  | 'mailer'
  | 'automatic'
  | 'list'
  | 'letter';

/** @param envelopeFrom what the SMTP envelope said, where whoever handed the mail in knows it; `''`: the null sender */
export function classify(mail: Mail, envelopeFrom?: string): MailClass {
  const type = mail.header('content-type').toLowerCase();
  if (type.startsWith('multipart/report')) {
    if (/report-type\s*=\s*"?delivery-status/.test(type)) return 'delivery-report';
    if (/report-type\s*=\s*"?disposition-notification/.test(type)) return 'read-report';
  }
  if (mail.parts.some(({ mimeType }) => mimeType === 'message/delivery-status')) return 'delivery-report';
  const local = mail.from[0]?.address.split('@')[0]?.toLowerCase() ?? '';
  const isMailer = /^(?:mailer-daemon|postmaster|mail-daemon|mdaemon)$/.test(local);
  if (mail.header('x-failed-recipients') !== '' || isMailer) return 'mailer';
  if (envelopeFrom === '' || mail.header('return-path').replace(/\s/g, '') === '<>') return 'automatic';
  if (isAutoSubmitted(mail)) return 'automatic';
  return isList(mail) ? 'list' : 'letter';
}

/**
 * RFC 3834; parameters may follow. X-Auto-Response-Suppress is not looked at: it asks us not to answer by machine, and
 * Exchange puts it on letters of people too.
 */
function isAutoSubmitted(mail: Mail): boolean {
  const value = mail.header('auto-submitted').toLowerCase().split(/[;\s]/)[0] ?? '';
  if (value !== '' && value !== 'no') return true;
  if (/^auto[-_]?reply$/.test(mail.header('precedence').trim().toLowerCase())) return true;
  return ['x-autoreply', 'x-autorespond', 'x-autoresponder'].some((name) => {
    const given = mail.header(name).trim().toLowerCase();
    return given !== '' && given !== 'no';
  });
}

function isList(mail: Mail): boolean {
  if (/^(?:bulk|list|junk)$/.test(mail.header('precedence').trim().toLowerCase())) return true;
  return ['list-id', 'list-unsubscribe', 'feedback-id'].some((name) => mail.header(name) !== '');
}
