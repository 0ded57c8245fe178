import { defineChannel } from '../../src/channel.ts';
import { listen } from './listen.ts';
import { parts } from './parts.ts';
import { send } from './send.ts';

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
  listen,
  send,
});
