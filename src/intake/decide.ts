/**
 * The deciding core: what must exist after a batch of deliveries. Pure: it is given what was received and what the
 * base knows, and returns rows. It never asks the database, so it is tested by properties and dry-run on yesterday's
 * traffic.
 */
import type { Desk } from '../routing/desk.ts';
import { placeCall } from './place-call.ts';
import { placeMessage } from './place-message.ts';
import { placeNews } from './place-news.ts';
import type { Decided, DecodedEvent, Item, Known, Placed, Plan, World } from './plan.ts';
import { revise } from './revise.ts';

/** Deliveries are decided in the order given; a later one sees what an earlier one of the same batch made. */
export function decide(items: readonly Item[], known: Known, desk: Desk, nowMs: number): Plan {
  const plan = emptyPlan();
  const world: World = {
    desk,
    nowMs,
    known,
    plan,
    holders: new Map(),
    contacts: new Map(known.contacts),
    openLeads: new Map(known.openLeads),
    lastLeads: new Map(known.lastLeads),
    messages: new Map(known.messages),
    calls: new Map(known.calls),
  };
  for (const item of items) plan.outcomes.push(decideOne(world, item));
  return plan;
}

function emptyPlan(): Plan {
  return {
    contacts: [],
    names: [],
    identities: [],
    leads: [],
    messages: [],
    leadEvents: [],
    touched: new Map(),
    suspicions: [],
    outcomes: [],
    changes: [],
    receipts: [],
    conversations: [],
    reachability: [],
    raises: [],
    answered: new Map(),
    stirred: new Map(),
    calls: new Map(),
  };
}

function decideOne(world: World, item: Item): Decided {
  const { verdict } = item;
  const nothing = { item, contactId: item.was?.contactId ?? null, leadId: item.was?.leadId ?? null };
  // What once became a lead stays that, whatever today's parser thinks of the bytes: a replay only adds.
  const settled = item.was !== null && (item.was.outcome === 'opened' || item.was.outcome === 'attached');
  const found = 'events' in verdict ? verdict.events.length + (verdict.news?.length ?? 0) : 0;
  if (settled && found === 0) return { ...nothing, outcome: item.was.outcome, reason: null };
  if ('ignored' in verdict) return { ...nothing, outcome: 'ignored', reason: verdict.ignored };
  if ('quarantined' in verdict) return { ...nothing, outcome: 'quarantined', reason: verdict.quarantined };
  const suspect = verdict.events.find((one) => one.event.suspect !== undefined)?.event.suspect;
  if (suspect !== undefined && !item.forgiven && !settled)
    return { ...nothing, outcome: 'quarantined', reason: suspect };
  if (found === 0) return { ...nothing, outcome: 'ignored', reason: 'nothing in it for us' };
  const results = [
    ...verdict.events.map((one) => placeEvent(world, item, one)),
    ...(verdict.news ?? []).map((one) => placeNews(world, item, one)),
  ];
  const best =
    results.find((one) => one.outcome === 'opened') ??
    results.find((one) => one.outcome === 'attached') ??
    results[0]!;
  if (settled) return { ...nothing, outcome: item.was.outcome, reason: null };
  return { item, ...best };
}

function placeEvent(world: World, item: Item, decoded: DecodedEvent): Placed {
  if (decoded.event.call !== undefined && decoded.eventKey !== null)
    return placeCall(world, item, { ...decoded, eventKey: decoded.eventKey }, decoded.event.call);
  const there = world.messages.get(decoded.messageId) ?? world.messages.get(decoded.eventKey ?? '');
  return there === undefined ? placeMessage(world, item, decoded) : revise(world, item, decoded, there);
}
