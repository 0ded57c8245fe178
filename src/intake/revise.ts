/** A message that is there already is met again: a duplicate, its content at last, or a newer version of it. */
import type { DecodedEvent, Item, KnownMessage, Placed, World } from './plan.ts';

export function revise(world: World, item: Item, decoded: DecodedEvent, there: KnownMessage): Placed {
  const { event } = decoded;
  const duplicate: Placed = { outcome: 'ignored', reason: 'duplicate', contactId: null, leadId: null };
  // The delivery that made the message is being replayed.
  if (there.id === decoded.messageId) return duplicate;
  const kind =
    there.incomplete && event.incomplete !== true ? 'completed' : event.revision === 'edit' ? 'edited' : undefined;
  if (kind === undefined) return duplicate;
  const atMs = event.at?.getTime() ?? item.receivedAtMs;
  world.plan.changes.push({ ...about(item, there), kind, atMs, event });
  if (kind === 'completed') {
    const complete = { ...there, incomplete: false };
    world.messages.set(there.id, complete);
    if (decoded.eventKey !== null) world.messages.set(decoded.eventKey, complete);
  }
  return stir(world, there);
}

/** Where a change of a message that is there belongs. */
export function about(item: Item, there: KnownMessage) {
  const { id: endpointId, channel } = item.endpoint;
  const maxFileBytes = channel.capabilities.fetches?.maxBytes;
  return { messageId: there.id, contactId: there.contactId, endpointId, maxFileBytes };
}

/** It belongs to that message's lead, and the screens that show it should look again. */
export function stir(world: World, there: KnownMessage): Placed {
  world.plan.stirred.set(there.leadId, { queueId: there.queueId, ownerId: there.ownerId });
  return { outcome: 'attached', reason: null, contactId: there.contactId, leadId: there.leadId };
}
