/** News about a message or a person: what became of it, that it was taken back, who cannot be reached, who is who. */
import { resolve } from '../contacts/resolve.ts';
import { learnIdentities } from './learn-identities.ts';
import type { DecodedNews, Item, Placed, World } from './plan.ts';
import { about, stir } from './revise.ts';

const ignored = (reason: string): Placed => ({ outcome: 'ignored', reason, contactId: null, leadId: null });

export function placeNews(world: World, item: Item, decoded: DecodedNews): Placed {
  const { news } = decoded;
  const there = world.messages.get(decoded.of ?? '');
  switch (news.kind) {
    case 'receipt': {
      const atMs = news.at?.getTime() ?? item.receivedAtMs;
      // Also for a message that we do not know (yet): the provider may be quicker than our own writing down.
      if (decoded.of !== null)
        world.plan.receipts.push({ key: decoded.of, endpointId: item.endpoint.id, receipt: news, atMs });
      return there === undefined ? ignored('receipt') : stir(world, there);
    }
    case 'deletion': {
      if (there === undefined) return ignored('deletion of a message that is not here');
      const atMs = news.at?.getTime() ?? item.receivedAtMs;
      world.plan.changes.push({ ...about(item, there), kind: 'deleted', atMs });
      return stir(world, there);
    }
    case 'reachability':
      return placeReachability(world, item, decoded, news.reachable, news.at?.getTime() ?? item.receivedAtMs);
    case 'acquaintance':
      return placeAcquaintance(world, item, decoded);
  }
}

const findPerson = (world: World, decoded: DecodedNews) =>
  resolve(decoded.seen, (lookup) => world.holders.get(lookup) ?? world.known.holders.get(lookup) ?? []);

function placeReachability(world: World, item: Item, decoded: DecodedNews, reachable: boolean, atMs: number): Placed {
  const { contactId } = findPerson(world, decoded);
  if (contactId === undefined) return ignored(reachable ? 'somebody unblocked us' : 'somebody blocked us');
  world.plan.reachability.push({ contactId, endpointId: item.endpoint.id, reachable, atMs });
  return aboutContact(world, contactId, reachable ? 'the client unblocked us' : 'the client blocked us');
}

/** Two names of one account. Two contacts behind them are a suspicion for a person to judge, not a merge. */
function placeAcquaintance(world: World, item: Item, decoded: DecodedNews): Placed {
  const found = findPerson(world, decoded);
  const { contactId } = found;
  if (contactId === undefined) return ignored('names of somebody who is not here');
  learnIdentities(world, found, contactId, item.receivedAtMs);
  for (const otherId of found.suspects) world.plan.suspicions.push({ contactId, otherId, messageId: item.deliveryId });
  return aboutContact(world, contactId, 'another name of a known person');
}

function aboutContact(world: World, contactId: string, reason: string): Placed {
  const open = world.openLeads.get(contactId);
  if (open === undefined) return ignored(reason);
  world.plan.stirred.set(open.id, { queueId: open.queueId, ownerId: open.ownerId });
  return { outcome: 'attached', reason: null, contactId, leadId: open.id };
}
