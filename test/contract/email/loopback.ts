import type { Loopback } from '../loopback.ts';
import { openImap } from './imap-server.ts';
import { openSmtp } from './smtp-server.ts';

/** A mailbox and a mail server on this machine. */
export async function openEmail(): Promise<Loopback> {
  const [imap, smtp] = await Promise.all([openImap(), openSmtp()]);
  let arrived = 0;
  return {
    settings: mailboxOn(imap.port, smtp.port),
    to: { identity: { kind: 'email', value: 'anna@example.org', trust: 'attested' } },
    got: () => smtp.kept,
    misbehave: (how) => smtp.meet(how),
    arrive: async (text) => {
      arrived += 1;
      await imap.append(letter(text, `<arrived-${arrived}@example.org>`));
    },
    carries: (heard, text) => Buffer.from(heard.body).toString('utf8').includes(`\r\n\r\n${text}\r\n`),
    drop: async () => imap.drop(),
    close: async () => {
      await Promise.all([imap.close(), smtp.close()]);
    },
  };
}

export const mailboxOn = (imapPort: number, smtpPort: number): Record<string, unknown> => ({
  address: 'sales@example.com',
  user: 'sales',
  password: 'secret',
  imapHost: '127.0.0.1',
  imapPort,
  imapSecurity: 'none',
  smtpHost: '127.0.0.1',
  smtpPort,
  smtpSecurity: 'none',
});

export const letter = (text: string, messageId: string, more = ''): string =>
  `From: Anna <anna@example.org>\r\nTo: sales@example.com\r\nSubject: Question\r\n${more}` +
  `Date: ${new Date().toUTCString()}\r\nMessage-ID: ${messageId}\r\n` +
  `Content-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`;
