/** By provider: the settings of an example endpoint, and what is done to a genuine request to make it a forged one. */
import type { Provider } from '../../../channels/telephony/settings.ts';
import type { ProviderCase } from './provider-case.ts';
import { webhookCase } from './webhook.ts';

export const cases: Readonly<Partial<Record<Provider, ProviderCase>>> = { webhook: webhookCase };
