/** Every provider. On the edge, those that are listened to hear nothing: nobody calls their `listen` there. */
import type { Adapter } from './adapter.ts';
import { asterisk } from './providers/asterisk/index.ts';
import { beeline } from './providers/beeline/index.ts';
import { mango } from './providers/mango/index.ts';
import { mcn } from './providers/mcn/index.ts';
import { megafon } from './providers/megafon/index.ts';
import { novofon } from './providers/novofon/index.ts';
import { rostelecom } from './providers/rostelecom/index.ts';
import { sipuni } from './providers/sipuni/index.ts';
import { telnyx } from './providers/telnyx/index.ts';
import { telphin } from './providers/telphin/index.ts';
import { twilio } from './providers/twilio/index.ts';
import { uis } from './providers/uis/index.ts';
import { vonage } from './providers/vonage/index.ts';
import { webhook } from './providers/webhook/index.ts';
import { zadarma } from './providers/zadarma/index.ts';
import type { Provider } from './settings.ts';

export const adapters: Readonly<Record<Provider, Adapter>> = {
  zadarma,
  novofon,
  uis,
  mango,
  megafon,
  beeline,
  rostelecom,
  sipuni,
  telphin,
  mcn,
  twilio,
  telnyx,
  vonage,
  asterisk,
  webhook,
};

export const adapterOf = (provider: Provider): Adapter => adapters[provider];
