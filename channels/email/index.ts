import { defineChannel } from '../../src/channel.ts';
import { parts } from './parts.ts';

/** E-mail of a full server: reads a mailbox by IMAP, sends by SMTP, and takes raw mail by posts as well. */
export const email = defineChannel({
  ...parts,
  capabilities: {
    ...parts.capabilities,
    sends: {
      maxTextChars: 20_000,
      files: { maxCount: 20, maxBytes: 20 * 1024 * 1024 },
      quotes: true,
      subject: true,
      // Every attempt has the same Message-ID, by which mail stores (Gmail, Exchange, Yandex) and readers drop doubles.
      // A relay that answers too late may still deliver twice; a lost answer is worse.
      repeatable: true,
      first: ['email'],
    },
  },
  // imapflow and nodemailer cost 20 MB and a tenth of a second: only where a mailbox is used, and never in the thread
  // that parses.
  listen: async (...given) => (await import('./listen.ts')).listen(...given),
  send: async (...given) => (await import('./send.ts')).send(...given),
});
