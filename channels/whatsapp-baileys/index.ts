import { defineChannel } from '../../src/channel.ts';
import { fetchMedia } from './fetch.ts';
import { listen } from './listen.ts';
import { parse } from './parse.ts';
import { send } from './send.ts';
import { MAX_BODY_BYTES, MAX_FILE_BYTES, settings } from './settings.ts';

/** WhatsApp as a linked device through Baileys: unofficial, at the owner's risk; docs/channels/whatsapp-baileys.md. */
export const whatsappBaileys = defineChannel({
  id: 'whatsapp-baileys',
  title: { en: 'WhatsApp (unofficial)', ru: 'WhatsApp (неофициально)' },
  settings,
  capabilities: {
    receives: ['text', 'call'],
    maxBodyBytes: MAX_BODY_BYTES,
    sends: {
      // WhatsApp takes 65,536; a longer text than the house keeps of a message is not worth more.
      maxTextChars: 20_000,
      files: { maxCount: 10, maxBytes: MAX_FILE_BYTES },
      quotes: true,
      subject: false,
      repeatable: true,
      byListener: true,
    },
    fetches: { maxBytes: MAX_FILE_BYTES },
  },
  parse,
  listen,
  send,
  fetch: fetchMedia,
});
