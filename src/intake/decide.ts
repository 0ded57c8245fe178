/**
 * The deciding core: what must exist after a batch of deliveries. Pure: it is given what was received and what the
 * base
 * knows, and returns rows. It never asks the database, so it is tested by properties and dry-run on yesterday's
 * traffic.
 */
import type { InboundEvent } from '../channel.ts';
import { type Holder, type Resolution, resolve, type SeenIdentity, trustLevel } from '../contacts/resolve.ts';
import { newId } from '../ids.ts';
import type { Desk } from '../routing/desk.ts';
import { type Route, route } from '../routing/route.ts';
import type { OpenEndpoint } from './endpoint-book.ts';
import { safeSource } from './safe-source.ts';

export type Outcome = 'opened' | 'attached' | 'ignored' | 'quarantined';

export interface DecodedEvent {
  readonly messageId: string;
  /** Blind index of the provider's event id; `null` when the delivery itself is the event. */
  readonly eventKey: string | null;
  readonly event: InboundEvent;
  readonly seen: readonly SeenIdentity[];
}

/** What `parse` made of one delivery. */
export type Verdict =
  | { readonly events: readonly DecodedEvent[] }
  | { readonly ignored: string }
  | { readonly quarantined: string };

export interface Item {
  readonly deliveryId: string;
  readonly endpoint: OpenEndpoint;
  readonly receivedAtMs: number;
  readonly verdict: Verdict;
  /** Set when this delivery had an outcome before and is being replayed or retried. */
  readonly was: {
    readonly outcome: Outcome;
    readonly contactId: string | null;
    readonly leadId: string | null;
  } | null;
  /** A person has judged its suspicion and retried it. */
  readonly forgiven: boolean;
}

export interface KnownContact {
  readonly id: string;
  readonly ownerId: string | null;
  readonly hasName: boolean;
}

export interface OpenLead {
  readonly id: string;
  readonly queueId: string;
  readonly ownerId: string | null;
}

/** What the base knows of everything that the batch touches. */
export interface Known {
  readonly holders: ReadonlyMap<string, readonly Holder[]>;
  readonly contacts: ReadonlyMap<string, KnownContact>;
  /** By contact. */
  readonly openLeads: ReadonlyMap<string, OpenLead>;
  /** Messages that are there already, by message id and by event key. */
  readonly messages: ReadonlyMap<string, { readonly contactId: string; readonly leadId: string }>;
}

export interface NewContact {
  readonly id: string;
  readonly createdAtMs: number;
  readonly name: string | undefined;
  readonly language: string | undefined;
}

export interface NewLead {
  readonly id: string;
  readonly contactId: string;
  readonly endpoint: OpenEndpoint;
  readonly openedAtMs: number;
  readonly repeat: boolean;
  readonly language: string | undefined;
  readonly source: object | null;
  readonly route: Route;
  messages: number;
}

export interface NewMessage {
  readonly id: string;
  readonly contactId: string;
  readonly leadId: string;
  readonly endpointId: string;
  readonly atMs: number;
  readonly eventKey: string | null;
  readonly event: InboundEvent;
}

export interface NewIdentity {
  readonly identity: SeenIdentity;
  readonly contactId: string;
  readonly rank: number;
  readonly atMs: number;
}

export interface LeadEvent {
  readonly leadId: string;
  readonly atMs: number;
  readonly kind: string;
  readonly data: object;
}

export interface Decided {
  readonly item: Item;
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly contactId: string | null;
  readonly leadId: string | null;
}

export interface Plan {
  readonly contacts: NewContact[];
  readonly names: { readonly contactId: string; readonly name: string }[];
  readonly identities: NewIdentity[];
  readonly leads: NewLead[];
  readonly messages: NewMessage[];
  readonly leadEvents: LeadEvent[];
  /** Open leads that got messages: how many, and when the last. */
  readonly touched: Map<string, { lead: OpenLead; count: number; atMs: number }>;
  readonly suspicions: { readonly contactId: string; readonly otherId: string; readonly messageId: string }[];
  readonly outcomes: Decided[];
}

/** The base as it will be: what is known, plus what this batch has decided so far. */
interface World {
  readonly desk: Desk;
  readonly nowMs: number;
  readonly known: Known;
  readonly plan: Plan;
  readonly holders: Map<string, Holder[]>;
  readonly contacts: Map<string, KnownContact>;
  readonly openLeads: Map<string, OpenLead & { fresh?: NewLead }>;
  readonly messages: Map<string, { contactId: string; leadId: string }>;
}

/** Deliveries are decided in the order given; a later one sees what an earlier one of the same batch made. */
export function decide(items: readonly Item[], known: Known, desk: Desk, nowMs: number): Plan {
  const plan: Plan = {
    contacts: [],
    names: [],
    identities: [],
    leads: [],
    messages: [],
    leadEvents: [],
    touched: new Map(),
    suspicions: [],
    outcomes: [],
  };
  const world: World = {
    desk,
    nowMs,
    known,
    plan,
    holders: new Map(),
    contacts: new Map(known.contacts),
    openLeads: new Map(known.openLeads),
    messages: new Map(known.messages),
  };
  for (const item of items) plan.outcomes.push(decideOne(world, item));
  return plan;
}

function decideOne(world: World, item: Item): Decided {
  const { verdict } = item;
  const nothing = { item, contactId: item.was?.contactId ?? null, leadId: item.was?.leadId ?? null };
  // What once became a lead stays that, whatever today's parser thinks of the bytes: a replay only adds.
  const settled = item.was !== null && (item.was.outcome === 'opened' || item.was.outcome === 'attached');
  if (settled && (!('events' in verdict) || verdict.events.length === 0))
    return { ...nothing, outcome: item.was.outcome, reason: null };
  if ('ignored' in verdict) return { ...nothing, outcome: 'ignored', reason: verdict.ignored };
  if ('quarantined' in verdict) return { ...nothing, outcome: 'quarantined', reason: verdict.quarantined };
  const suspect = verdict.events.find((one) => one.event.suspect !== undefined)?.event.suspect;
  if (suspect !== undefined && !item.forgiven && !settled)
    return { ...nothing, outcome: 'quarantined', reason: suspect };
  if (verdict.events.length === 0) return { ...nothing, outcome: 'ignored', reason: 'nothing in it for us' };
  const results = verdict.events.map((one) => placeEvent(world, item, one));
  const best =
    results.find((one) => one.outcome === 'opened') ??
    results.find((one) => one.outcome === 'attached') ??
    results[0]!;
  if (settled) return { ...nothing, outcome: item.was.outcome, reason: null };
  return { item, ...best };
}

type Placed = Pick<Decided, 'outcome' | 'reason' | 'contactId' | 'leadId'>;

function placeEvent(world: World, item: Item, decoded: DecodedEvent): Placed {
  const there = world.messages.get(decoded.messageId) ?? world.messages.get(decoded.eventKey ?? '');
  if (there !== undefined) return { outcome: 'ignored', reason: 'duplicate', contactId: null, leadId: null };
  const { event } = decoded;
  const found = resolve(decoded.seen, (lookup) => world.holders.get(lookup) ?? world.known.holders.get(lookup) ?? []);
  const contactId = found.contactId ?? makeContact(world, item, event);
  const atMs = event.at?.getTime() ?? item.receivedAtMs;
  learn(world, item, decoded, found, contactId);
  const open = world.openLeads.get(contactId);
  const leadId = open?.id ?? openLead(world, item, event, found, contactId);
  const message: NewMessage = {
    id: decoded.messageId,
    contactId,
    leadId,
    endpointId: item.endpoint.id,
    atMs,
    eventKey: decoded.eventKey,
    event,
  };
  world.plan.messages.push(message);
  world.messages.set(decoded.messageId, { contactId, leadId });
  if (decoded.eventKey !== null) world.messages.set(decoded.eventKey, { contactId, leadId });
  if (open === undefined) return { outcome: 'opened', reason: null, contactId, leadId };
  touch(world, open, item, found);
  return { outcome: 'attached', reason: null, contactId, leadId };
}

function makeContact(world: World, item: Item, event: InboundEvent): string {
  const { name, language } = event.sender;
  const id = newId(item.receivedAtMs);
  world.plan.contacts.push({ id, createdAtMs: item.receivedAtMs, name, language });
  world.contacts.set(id, { id, ownerId: null, hasName: name !== undefined });
  return id;
}

/** What this message adds to the base: new identities at their own trust, a name where there was none, suspicions. */
function learn(world: World, item: Item, decoded: DecodedEvent, found: Resolution, contactId: string): void {
  for (const identity of found.add) {
    const rank = 0;
    world.plan.identities.push({ identity, contactId, rank, atMs: item.receivedAtMs });
    world.holders.set(identity.lookup, [{ contactId, rank, trust: trustLevel(identity.trust) }]);
  }
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

function touch(world: World, open: OpenLead & { fresh?: NewLead }, item: Item, found: Resolution): void {
  world.plan.leadEvents.push({
    leadId: open.id,
    atMs: item.receivedAtMs,
    kind: 'attached',
    data: { link: found.link, by: found.by ?? null, delivery: item.deliveryId },
  });
  if (open.fresh !== undefined) {
    open.fresh.messages += 1;
    return;
  }
  const before = world.plan.touched.get(open.id);
  world.plan.touched.set(open.id, { lead: open, count: (before?.count ?? 0) + 1, atMs: item.receivedAtMs });
}
