import { openEmail } from './email/loopback.ts';
import type { OpenLoopback } from './loopback.ts';
import { openTelegram } from './telegram/loopback.ts';
import { openTelephony } from './telephony/loopback.ts';
import { openWhatsappBaileysLoopback } from './whatsapp-baileys/loopback.ts';
import { openWhatsappCloud } from './whatsapp-cloud/loopback.ts';

/** By channel id. A channel with a `send`, a `fetch` or a `listen` and without an entry fails the suite. */
export const loopbacks: Readonly<Record<string, OpenLoopback>> = {
  email: openEmail,
  'whatsapp-baileys': openWhatsappBaileysLoopback,
  telegram: openTelegram,
  telephony: openTelephony,
  'whatsapp-cloud': openWhatsappCloud,
};
