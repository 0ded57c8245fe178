/** Every provider. On the edge, those that are listened to hear nothing: nobody calls their `listen` there. */
import type { Adapter } from './adapter.ts';
import { asterisk } from './providers/asterisk/index.ts';
import { mango } from './providers/mango/index.ts';
import { megafon } from './providers/megafon/index.ts';
import { novofon } from './providers/novofon/index.ts';
import { sipuni } from './providers/sipuni/index.ts';
import { telnyx } from './providers/telnyx/index.ts';
import { twilio } from './providers/twilio/index.ts';
import { uis } from './providers/uis/index.ts';
import { webhook } from './providers/webhook/index.ts';
import { zadarma } from './providers/zadarma/index.ts';
import type { Provider } from './settings.ts';

export const adapters: Readonly<Partial<Record<Provider, Adapter>>> = {
  telnyx,
  zadarma,
  novofon,
  mango,
  twilio,
  webhook,
  megafon,
  asterisk,
  sipuni,
  uis,
};

/** @throws when a provider is in the settings and not in the list: a bug */
export function adapterOf(provider: Provider): Adapter {
  const adapter = adapters[provider];
  if (adapter === undefined) throw new Error(`no adapter for ${provider}`);
  return adapter;
}
