/** Facts as they are kept: JSON, sealed, with times as ISO 8601. */
import type { CallFact } from '../channel.ts';
import { type DataKey, type Place, seal, unsealText } from '../vault/seal.ts';
import type { HeardFact } from './fold.ts';

const TIMES = ['at', 'startedAt', 'answeredAt', 'endedAt'] as const;

/** @param subject the contact whose key seals them, or the endpoint while there is none */
const factsPlace = (callId: string, subject: string): Place => ({
  table: 'calls',
  column: 'facts',
  row: callId,
  subject,
});

export function sealFacts(key: DataKey, callId: string, subject: string, facts: readonly HeardFact[]): Buffer {
  return seal(key, factsPlace(callId, subject), JSON.stringify(facts));
}

export function unsealFacts(key: DataKey, callId: string, subject: string, sealed: Uint8Array): HeardFact[] {
  const kept = JSON.parse(unsealText(key, factsPlace(callId, subject), sealed)) as HeardFact[];
  return kept.map((one) => ({ ...one, fact: reviveFact(one.fact) }));
}

function reviveFact(fact: CallFact): CallFact {
  const kept = fact as unknown as Record<string, unknown>;
  const times = TIMES.flatMap((name) => {
    const value = kept[name];
    return typeof value === 'string' ? [[name, new Date(value)]] : [];
  });
  return { ...kept, ...Object.fromEntries(times) } as unknown as CallFact;
}
