/** A message that is not here yet: whose it is, which lead it belongs to or opens, what it teaches about the person. */
import type { Flag, InboundEvent } from '../channel.ts';
import { type Resolution, resolve } from '../contacts/resolve.ts';
import { newId } from '../ids.ts';
import { route } from '../routing/route.ts';
import { learnIdentities } from './learn-identities.ts';
import type { DecodedEvent, Item, NewLead, NewMessage, OpenLead, Placed, Touched, World } from './plan.ts';
import { safeSource } from './safe-source.ts';

export function placeMessage(world: World, item: Item, decoded: DecodedEvent): Placed {
  const { event } = decoded;
  const found = resolve(decoded.seen, (lookup) => world.holders.get(lookup) ?? world.known.holders.get(lookup) ?? []);
  const open = found.contactId === undefined ? undefined : world.openLeads.get(found.contactId);
  if (event.quiet !== undefined && open === undefined)
    return { outcome: 'ignored', reason: event.quiet, contactId: null, leadId: null };
  const contactId = found.contactId ?? makeContact(world, item, event);
  learn(world, item, decoded, found, contactId);
  // What we wrote somewhere else belongs to what it was about, even if that is closed by now.
  const closed = event.direction === 'outbound' && open === undefined ? world.lastLeads.get(contactId) : undefined;
  const leadId = open?.id ?? closed ?? openLead(world, item, event, found, contactId);
  keepMessage(world, item, decoded, contactId, leadId);
  if (open === undefined && closed === undefined) return { outcome: 'opened', reason: null, contactId, leadId };
  if (open !== undefined) touch(world, open, item, decoded, found);
  return { outcome: 'attached', reason: null, contactId, leadId };
}

function keepMessage(world: World, item: Item, decoded: DecodedEvent, contactId: string, leadId: string): void {
  const { event } = decoded;
  const atMs = event.at?.getTime() ?? item.receivedAtMs;
  const message: NewMessage = {
    id: decoded.messageId,
    contactId,
    leadId,
    endpointId: item.endpoint.id,
    atMs,
    eventKey: decoded.eventKey,
    event,
    flags: flagsOf(world, decoded, contactId),
    quotedId: decoded.quotes === undefined ? undefined : world.messages.get(decoded.quotes)?.id,
    aliases: decoded.aliases ?? NO_ALIASES,
    maxFileBytes: item.endpoint.channel.capabilities.fetches?.maxBytes,
  };
  world.plan.messages.push(message);
  if (event.reach !== undefined) world.plan.conversations.push(message);
  if (answers(event) && !world.plan.answered.has(leadId)) world.plan.answered.set(leadId, atMs);
  const open = world.openLeads.get(contactId);
  const kept = {
    id: message.id,
    contactId,
    leadId,
    incomplete: event.incomplete === true,
    queueId: open?.queueId,
    ownerId: open?.ownerId ?? null,
  };
  world.messages.set(message.id, kept);
  if (message.eventKey !== null) world.messages.set(message.eventKey, kept);
  for (const alias of message.aliases) if (!world.messages.has(alias)) world.messages.set(alias, kept);
}

/** Who quotes a conversation that is another contact's gets a flag, and nothing else of it. */
function flagsOf(world: World, decoded: DecodedEvent, contactId: string): readonly Flag[] {
  const flags = decoded.event.flags ?? NO_FLAGS;
  const named = decoded.references ?? [];
  const stranger = named.some((key) => (world.messages.get(key)?.contactId ?? contactId) !== contactId);
  return stranger ? [...flags, 'stranger'] : flags;
}

const NO_FLAGS: readonly Flag[] = [];
const NO_ALIASES: readonly string[] = [];

function makeContact(world: World, item: Item, event: InboundEvent): string {
  const { name, language } = event.sender;
  const id = newId(item.receivedAtMs);
  world.plan.contacts.push({ id, createdAtMs: item.receivedAtMs, name, language });
  world.contacts.set(id, { id, ownerId: null, hasName: name !== undefined });
  return id;
}

/** What this message adds to the base: new identities at their own trust, a name where there was none, suspicions. */
function learn(world: World, item: Item, decoded: DecodedEvent, found: Resolution, contactId: string): void {
  learnIdentities(world, found, contactId, item.receivedAtMs);
  const contact = world.contacts.get(contactId);
  const { name } = decoded.event.sender;
  if (found.contactId !== undefined && contact !== undefined && !contact.hasName && name !== undefined) {
    world.plan.names.push({ contactId, name });
    world.contacts.set(contactId, { ...contact, hasName: true });
  }
  for (const otherId of found.suspects)
    world.plan.suspicions.push({ contactId, otherId, messageId: decoded.messageId });
}

function openLead(world: World, item: Item, event: InboundEvent, found: Resolution, contactId: string): string {
  const repeat = found.contactId !== undefined;
  const way = route(
    world.desk,
    {
      channel: item.endpoint.channel.id,
      endpointId: item.endpoint.id,
      source: event.source,
      language: event.sender.language,
      repeat,
      contactOwnerId: world.contacts.get(contactId)?.ownerId ?? undefined,
    },
    world.nowMs,
  );
  const fresh: NewLead = {
    id: newId(item.receivedAtMs),
    contactId,
    endpoint: item.endpoint,
    openedAtMs: item.receivedAtMs,
    repeat,
    language: event.sender.language,
    source: safeSource(event.source),
    route: way,
    messages: 1,
    unansweredMs: asks(event) ? item.receivedAtMs : undefined,
  };
  world.plan.leads.push(fresh);
  world.plan.leadEvents.push({
    leadId: fresh.id,
    atMs: item.receivedAtMs,
    kind: 'opened',
    data: { because: way.because, link: found.link, by: found.by ?? null, delivery: item.deliveryId },
  });
  world.openLeads.set(contactId, { id: fresh.id, queueId: way.queue.id, ownerId: null, fresh });
  return fresh.id;
}

function touch(
  world: World,
  open: OpenLead & { fresh?: NewLead },
  item: Item,
  decoded: DecodedEvent,
  found: Resolution,
): void {
  world.plan.leadEvents.push({
    leadId: open.id,
    atMs: item.receivedAtMs,
    kind: 'attached',
    data: { link: found.link, by: found.by ?? null, delivery: item.deliveryId },
  });
  const { event } = decoded;
  if (open.fresh !== undefined) {
    open.fresh.messages += 1;
    wait(open.fresh, event, item.receivedAtMs);
    return;
  }
  const before = { lead: open, count: 0, atMs: 0, answered: false, unansweredMs: undefined };
  const touched: Touched = world.plan.touched.get(open.id) ?? before;
  touched.count += 1;
  touched.atMs = item.receivedAtMs;
  if (answers(event)) touched.answered = true;
  wait(touched, event, item.receivedAtMs);
  world.plan.touched.set(open.id, touched);
}

/** The client waits for a person; an out-of-office answer does not. */
const asks = (event: InboundEvent): boolean => event.direction === 'inbound' && event.quiet === undefined;

/** A person of ours wrote; the messenger's own greeting is no answer, and a call only when somebody takes it. */
const answers = (event: InboundEvent): boolean =>
  event.direction === 'outbound' &&
  event.call === undefined &&
  event.quiet === undefined &&
  event.flags?.includes('automatic') !== true;

function wait(lead: { unansweredMs: number | undefined }, event: InboundEvent, atMs: number): void {
  if (answers(event)) lead.unansweredMs = undefined;
  else if (asks(event)) lead.unansweredMs ??= atMs;
}
