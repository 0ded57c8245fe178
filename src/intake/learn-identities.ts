/** What a message or news add to somebody's identities. A later one of the same batch must see it. */
import { type Resolution, trustLevel } from '../contacts/resolve.ts';
import type { World } from './plan.ts';

export function learnIdentities(world: World, found: Resolution, contactId: string, atMs: number): void {
  for (const identity of found.add) {
    world.plan.identities.push({ identity, contactId, rank: 0, atMs });
    world.holders.set(identity.lookup, [{ contactId, rank: 0, trust: trustLevel(identity.trust) }]);
  }
  for (const { lookup, trust: said } of found.raise) {
    const trust = trustLevel(said);
    world.plan.raises.push({ lookup, contactId, trust });
    const holders = world.holders.get(lookup) ?? world.known.holders.get(lookup) ?? [];
    const raised = holders.map((one) => (one.contactId === contactId && one.rank === 0 ? { ...one, trust } : one));
    world.holders.set(lookup, raised);
  }
}
