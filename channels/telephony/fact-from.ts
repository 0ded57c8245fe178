import type { CallFact } from '../../src/channel.ts';

/** A fact with gaps: what the event does not say is `undefined`. */
export type Found = { readonly [Name in keyof CallFact]: CallFact[Name] | undefined };

/** What an event says, without what it does not say and without times that cannot be. */
export const factFrom = (found: Found): CallFact =>
  Object.fromEntries(
    Object.entries(found).filter(
      ([, value]) => value !== undefined && !(value instanceof Date && Number.isNaN(value.getTime())),
    ),
  ) as unknown as CallFact;
