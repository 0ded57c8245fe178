import { defineChannel } from '../../src/channel.ts';
import { fetchFile, MAX_FILE_BYTES } from './fetch.ts';
import { listen } from './listen.ts';
import { parse } from './parse.ts';
import { send } from './send.ts';
import { settings } from './settings.ts';
import { verify } from './verify.ts';

/** A Telegram bot, by polling or webhook: private chats, groups, and the chats of a Telegram Business account. */
export const telegram = defineChannel({
  id: 'telegram',
  title: { en: 'Telegram', ru: 'Telegram' },
  settings,
  capabilities: {
    receives: ['text'],
    // Far above any update (a rich message has 32,768 characters in 500 blocks at most): a 413 comes back for ever.
    maxBodyBytes: 8 * 1024 * 1024,
    // All clients come from a few addresses of Telegram's, up to 40 connections at once.
    rate: { perAddressPerMinute: 6000, perEndpointPerMinute: 0 },
    sends: {
      // Split into messages of 4096.
      maxTextChars: 20_000,
      files: { maxCount: 10, maxBytes: 50_000_000 },
      quotes: true,
      subject: false,
      repeatable: false,
    },
    fetches: { maxBytes: MAX_FILE_BYTES },
  },
  verify,
  parse,
  listen,
  send,
  fetch: fetchFile,
});
