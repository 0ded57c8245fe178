/** Every provider that works without a socket of its own. */
import type { Adapter } from './adapter.ts';
import { webhook } from './providers/webhook/index.ts';
import type { Provider } from './settings.ts';

export const adapters: Readonly<Partial<Record<Provider, Adapter>>> = { webhook };

/** @throws when a provider is in the settings and not in the list: a bug */
export function adapterOf(provider: Provider): Adapter {
  const adapter = adapters[provider];
  if (adapter === undefined) throw new Error(`no adapter for ${provider}`);
  return adapter;
}
