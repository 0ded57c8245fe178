/**
 * Whose message is this? Pure: it sees the message's identities and what the base knows of them, and decides. Never
 * touches the database, so the same function explains itself on screen and is tested by properties.
 *
 * Here the machine never makes two people one. A claimed identity may bring a request to a contact; it changes
 * nothing.
 */
import type { Trust } from '../channel.ts';
import type { MatchingKey } from './matching-key.ts';

export const TRUST_LEVELS: readonly Trust[] = ['claimed', 'observed', 'attested', 'verified'];

export function trustLevel(trust: Trust): number {
  return TRUST_LEVELS.indexOf(trust);
}

/** A key that so many contacts hold is an office line or info@: it stops matching by itself. */
export const CROWD = 20;

export interface SeenIdentity extends MatchingKey {
  readonly lookup: string;
  readonly value: string;
  readonly trust: Trust;
}

/** One row of the base: this contact holds this key. */
export interface Holder {
  readonly contactId: string;
  readonly rank: number;
  readonly trust: number;
}

export type Link = 'known-key' | 'several-contacts' | 'shared-key' | 'new-person' | 'no-identity';

export interface Resolution {
  /** `undefined`: a new contact has to be made. */
  readonly contactId: string | undefined;
  readonly link: Link;
  /** Which kind of identity decided. */
  readonly by: string | undefined;
  /** Identities that nobody holds yet and that now belong to the contact. */
  readonly add: readonly SeenIdentity[];
  /** Identities that the contact holds already, and that this message vouches for more strongly. */
  readonly raise: readonly SeenIdentity[];
  /** Other contacts that this message points at as well: a suspicion for a person to judge. */
  readonly suspects: readonly string[];
}

/** @param holders who holds a lookup, lowest rank first; empty when nobody does */
export function resolve(seen: readonly SeenIdentity[], holders: (lookup: string) => readonly Holder[]): Resolution {
  const add: SeenIdentity[] = [];
  const strength = new Map<string, { score: number; by: string }>();
  let shared = false;
  for (const identity of dedupe(seen)) {
    const held = holders(identity.lookup);
    if (held.length === 0) add.push(identity);
    else if (held.length >= CROWD) shared = true;
    else for (const holder of held) note(strength, holder, identity);
  }
  const ranked = [...strength.entries()].sort(
    // Equal strength: the older contact; ids are ordered by time.
    ([a, x], [b, y]) => y.score - x.score || (a < b ? -1 : 1),
  );
  const best = ranked[0];
  if (best === undefined) {
    const link = seen.length === 0 ? 'no-identity' : shared ? 'shared-key' : 'new-person';
    return { contactId: undefined, link, by: add[0]?.kind, add, raise: [], suspects: [] };
  }
  const raise = dedupe(seen).filter((identity) =>
    holders(identity.lookup).some(
      (held) => held.contactId === best[0] && held.rank === 0 && held.trust < trustLevel(identity.trust),
    ),
  );
  return {
    contactId: best[0],
    link: ranked.length > 1 ? 'several-contacts' : 'known-key',
    by: best[1].by,
    add,
    raise,
    suspects: ranked.slice(1).map(([contactId]) => contactId),
  };
}

function dedupe(seen: readonly SeenIdentity[]): SeenIdentity[] {
  return [...new Map(seen.map((identity) => [identity.lookup, identity])).values()];
}

/** A link is as strong as its weaker end; a phone outweighs a mailbox, which families and offices share more often. */
function note(strength: Map<string, { score: number; by: string }>, holder: Holder, identity: SeenIdentity): void {
  const weaker = Math.min(holder.trust, trustLevel(identity.trust));
  const score = weaker * 10 + (identity.kind === 'phone' ? 5 : 0) + (holder.rank === 0 ? 1 : 0);
  const before = strength.get(holder.contactId);
  if (before === undefined || before.score < score) strength.set(holder.contactId, { score, by: identity.kind });
}
