import { endpointFor, requestFor, toolsFor } from '../stand-ins.ts';
import type { Tampering } from '../tampering.ts';
import { cases } from './providers.ts';

export const telephonyTamperings: readonly Tampering[] = Object.entries(cases).flatMap(([provider, one]) =>
  Object.entries(one.tamperings).map(([name, { statuses, of }]) => ({
    name: `${provider}: ${name}`,
    statuses,
    run: async (channel) => {
      const ask = (sent: ReturnType<typeof one.genuine>) => async () =>
        channel.verify!(
          requestFor(channel, sent),
          endpointFor(channel, one.settings),
          toolsFor(one.now === undefined ? {} : { now: () => one.now! }),
        );
      return { genuine: ask(one.genuine()), tampered: ask(of(one.genuine())) };
    },
  })),
);
