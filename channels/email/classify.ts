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
  /** The answer of a machine to a mail of ours: out of office, received. */
  | 'automatic'
  /** Sent by a machine of its own accord: a portal, a shop. May be a lead as good as any. */
  | 'notification'
  | 'list'
  | 'letter';

/** @param envelopeFrom what the SMTP envelope said, where whoever handed the mail in knows it; `''`: the null sender */
export function classify(mail: Mail, ownDomain: string, envelopeFrom?: string): MailClass {
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
  const auto = autoSubmitted(mail);
  if (auto !== undefined) return auto;
  return isList(mail, ownDomain) ? 'list' : 'letter';
}

/**
 * RFC 3834; parameters may follow. X-Auto-Response-Suppress is not looked at: it asks us not to answer by machine, and
 * Exchange puts it on letters of people too. Exchange calls its out-of-office answers auto-generated: what answers a
 * mail is an answer whatever it is called.
 */
function autoSubmitted(mail: Mail): 'automatic' | 'notification' | undefined {
  const value = mail.header('auto-submitted').toLowerCase().split(/[;\s]/)[0] ?? '';
  const isAnswer = mail.header('in-reply-to') !== '' || mail.header('references') !== '';
  if (/^auto-(?:generated|notified)$/.test(value)) return isAnswer ? 'automatic' : 'notification';
  if (value !== '' && value !== 'no') return 'automatic';
  if (/^auto[-_]?reply$/.test(mail.header('precedence').trim().toLowerCase())) return 'automatic';
  const named = ['x-autoreply', 'x-autorespond', 'x-autoresponder'].some((name) => {
    const given = mail.header(name).trim().toLowerCase();
    return given !== '' && given !== 'no';
  });
  return named ? 'automatic' : undefined;
}

/**
 * A list of our own domain is a group address of ours (sales@ in Google Workspace): what comes through it are leads.
 * Feedback-ID by itself is no list: Amazon SES puts it on every mail, those of people included.
 */
function isList(mail: Mail, ownDomain: string): boolean {
  const id = mail.header('list-id').toLowerCase().trim();
  if (id.endsWith(`.${ownDomain}>`) || id.endsWith(`.${ownDomain}`)) return false;
  if (/^(?:bulk|list|junk)$/.test(mail.header('precedence').trim().toLowerCase())) return true;
  return id !== '' || mail.header('list-unsubscribe') !== '';
}
