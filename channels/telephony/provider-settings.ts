/** What each provider has to be told, in the order in which people look for their own. */
import { asteriskRequired, asteriskSettings } from './providers/asterisk/settings.ts';
import { beelineRequired, beelineSettings } from './providers/beeline/settings.ts';
import { mangoRequired, mangoSettings } from './providers/mango/settings.ts';
import { mcnRequired, mcnSettings } from './providers/mcn/settings.ts';
import { megafonRequired, megafonSettings } from './providers/megafon/settings.ts';
import { novofonRequired, novofonSettings } from './providers/novofon/settings.ts';
import { rostelecomRequired, rostelecomSettings } from './providers/rostelecom/settings.ts';
import { sipuniRequired, sipuniSettings } from './providers/sipuni/settings.ts';
import { telnyxRequired, telnyxSettings } from './providers/telnyx/settings.ts';
import { telphinSettings } from './providers/telphin/settings.ts';
import { twilioRequired, twilioSettings } from './providers/twilio/settings.ts';
import { uisRequired, uisSettings } from './providers/uis/settings.ts';
import { vonageRequired, vonageSettings } from './providers/vonage/settings.ts';
import { webhookRequired, webhookSettings } from './providers/webhook/settings.ts';
import { zadarmaRequired, zadarmaSettings } from './providers/zadarma/settings.ts';

export const TITLES = {
  zadarma: { en: 'Zadarma', ru: 'Zadarma' },
  novofon: { en: 'Novofon (API v1)', ru: 'Новофон (API v1)' },
  uis: { en: 'UIS, CoMagic, Novofon 2.0, CallGear', ru: 'UIS, CoMagic, Новофон 2.0' },
  mango: { en: 'Mango Office', ru: 'Манго Офис' },
  megafon: { en: 'MegaFon, Gravitel, Dom.ru, WestCall', ru: 'МегаФон, Гравител, Дом.ру, ВестКолл' },
  beeline: { en: 'Beeline', ru: 'Билайн' },
  rostelecom: { en: 'Rostelecom', ru: 'Ростелеком' },
  sipuni: { en: 'Sipuni', ru: 'Sipuni' },
  telphin: { en: 'Telphin', ru: 'Телфин' },
  mcn: { en: 'MCN Telecom', ru: 'MCN Telecom' },
  twilio: { en: 'Twilio', ru: 'Twilio' },
  telnyx: { en: 'Telnyx', ru: 'Telnyx' },
  vonage: { en: 'Vonage', ru: 'Vonage' },
  asterisk: { en: 'Asterisk, FreePBX (ARI)', ru: 'Asterisk, FreePBX (ARI)' },
  webhook: { en: 'Any other PBX (JSON webhook)', ru: 'Любая другая АТС (JSON-вебхук)' },
} as const;

export const shapes = {
  ...zadarmaSettings,
  ...novofonSettings,
  ...uisSettings,
  ...mangoSettings,
  ...megafonSettings,
  ...beelineSettings,
  ...rostelecomSettings,
  ...sipuniSettings,
  ...telphinSettings,
  ...mcnSettings,
  ...twilioSettings,
  ...telnyxSettings,
  ...vonageSettings,
  ...asteriskSettings,
  ...webhookSettings,
};

const required: Readonly<Record<keyof typeof TITLES, readonly string[]>> = {
  zadarma: zadarmaRequired,
  novofon: novofonRequired,
  uis: uisRequired,
  mango: mangoRequired,
  megafon: megafonRequired,
  beeline: beelineRequired,
  rostelecom: rostelecomRequired,
  sipuni: sipuniRequired,
  telphin: [],
  mcn: mcnRequired,
  twilio: twilioRequired,
  telnyx: telnyxRequired,
  vonage: vonageRequired,
  asterisk: asteriskRequired,
  webhook: webhookRequired,
};

export const requirementsOf = (provider: keyof typeof TITLES): readonly string[] => required[provider];
