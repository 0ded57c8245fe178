import { defineChannel } from '../../src/channel.ts';
import { fetchFile, MAX_FILE_BYTES } from './fetch.ts';
import { handshake } from './handshake.ts';
import { parse } from './parse.ts';
import { send } from './send.ts';
import { settings } from './settings.ts';
import { verify } from './verify.ts';

/** WhatsApp through Meta's Cloud API: webhooks in, Graph API out. One endpoint is one phone number of a business. */
export const whatsappCloud = defineChannel({
  id: 'whatsapp-cloud',
  title: { en: 'WhatsApp (Cloud API)', ru: 'WhatsApp (Cloud API)' },
  settings,
  capabilities: {
    receives: ['text'],
    // Meta's webhooks are 3 MB at most.
    maxBodyBytes: 4 * 1024 * 1024,
    // No media types: a signed body is genuine whatever its label says. All of Meta comes from a few addresses: a limit
    // that no honest burst reaches, and Meta repeats what got a 429.
    rate: { perAddressPerMinute: 6000, perEndpointPerMinute: 0 },
    sends: {
      maxTextChars: 4096,
      files: { maxCount: 10, maxBytes: MAX_FILE_BYTES },
      quotes: true,
      subject: false,
      repeatable: false,
      windowHours: 24,
      templatesSetting: 'templates',
      // By a template; the ids are of the whole business portfolio, so another number of it may use them.
      first: ['phone', 'whatsapp-bsuid'],
    },
    fetches: { maxBytes: MAX_FILE_BYTES },
  },
  verify,
  handshake,
  parse,
  send,
  fetch: fetchFile,
});
