import type { Channel } from '../../src/channel.ts';
import { emailTamperings } from './email/tamperings.ts';
import { formTamperings } from './form/tamperings.ts';
import { telegramTamperings } from './telegram/tamperings.ts';
import { telephonyTamperings } from './telephony/tamperings.ts';
import { cloudTamperings } from './whatsapp-cloud/tamperings.ts';

export interface Tampering {
  readonly name: string;
  /** Rejects, with one of these statuses, what was genuine before somebody touched it. */
  readonly run: (channel: Channel) => Promise<{ genuine: () => Promise<unknown>; tampered: () => Promise<unknown> }>;
  readonly statuses: readonly number[];
}

/** By channel id. A channel with a `verify` and without an entry fails the suite. */
export const tamperings: Readonly<Record<string, readonly Tampering[]>> = {
  email: emailTamperings,
  form: formTamperings,
  telegram: telegramTamperings,
  telephony: telephonyTamperings,
  'whatsapp-cloud': cloudTamperings,
};
