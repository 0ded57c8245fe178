/** By provider: the settings of an example endpoint, and what is done to a genuine request to make it a forged one. */
import type { Provider } from '../../../channels/telephony/settings.ts';
import { asteriskCase } from './asterisk.ts';
import { mangoCase } from './mango.ts';
import { megafonCase } from './megafon.ts';
import { novofonCase } from './novofon.ts';
import type { ProviderCase } from './provider-case.ts';
import { sipuniCase } from './sipuni.ts';
import { telnyxCase } from './telnyx.ts';
import { twilioCase } from './twilio.ts';
import { uisCase } from './uis.ts';
import { webhookCase } from './webhook.ts';
import { zadarmaCase } from './zadarma.ts';

export const cases: Readonly<Partial<Record<Provider, ProviderCase>>> = {
  telnyx: telnyxCase,
  zadarma: zadarmaCase,
  novofon: novofonCase,
  mango: mangoCase,
  twilio: twilioCase,
  webhook: webhookCase,
  megafon: megafonCase,
  asterisk: asteriskCase,
  sipuni: sipuniCase,
  uis: uisCase,
};
