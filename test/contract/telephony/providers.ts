/** By provider: the settings of an example endpoint, and what is done to a genuine request to make it a forged one. */
import type { Provider } from '../../../channels/telephony/settings.ts';
import { asteriskCase } from './asterisk.ts';
import { beelineCase } from './beeline.ts';
import { mangoCase } from './mango.ts';
import { mcnCase } from './mcn.ts';
import { megafonCase } from './megafon.ts';
import { novofonCase } from './novofon.ts';
import type { ProviderCase } from './provider-case.ts';
import { rostelecomCase } from './rostelecom.ts';
import { sipuniCase } from './sipuni.ts';
import { telnyxCase } from './telnyx.ts';
import { telphinCase } from './telphin.ts';
import { twilioCase } from './twilio.ts';
import { uisCase } from './uis.ts';
import { vonageCase } from './vonage.ts';
import { webhookCase } from './webhook.ts';
import { zadarmaCase } from './zadarma.ts';

export const cases: Readonly<Partial<Record<Provider, ProviderCase>>> = {
  vonage: vonageCase,
  telnyx: telnyxCase,
  zadarma: zadarmaCase,
  novofon: novofonCase,
  mango: mangoCase,
  telphin: telphinCase,
  twilio: twilioCase,
  webhook: webhookCase,
  megafon: megafonCase,
  asterisk: asteriskCase,
  sipuni: sipuniCase,
  uis: uisCase,
  beeline: beelineCase,
  rostelecom: rostelecomCase,
  mcn: mcnCase,
};
