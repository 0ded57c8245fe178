import type { ListenTools } from '../../src/channel.ts';
import type { Endpoint } from './adapter.ts';
import { adapterOf } from './adapters.ts';

/** Most providers post what happens: for those there is nothing to hold and nothing to report (`listensWhen`). */
export async function listen(endpoint: Endpoint, tools: ListenTools, signal: AbortSignal): Promise<void> {
  const adapter = adapterOf(endpoint.settings.provider);
  if (adapter.listen !== undefined) return adapter.listen(endpoint, tools, signal);
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}
