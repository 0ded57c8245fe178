/**
 * One event of a call. Its facts join those that are known, the whole is folded anew, and what is new in the result has
 * its consequences: the message and the lead at the first event that says who it is, a promise to call back when it was
 * missed, an owner when somebody talked.
 */
import { addFacts, type Call, fileName, foldCall, type HeardFact, nameOf } from '../calls/fold.ts';
import type { CallFact, RemoteFile } from '../channel.ts';
import { afterOpenSeconds } from '../hours.ts';
import { placeMessage } from './place-message.ts';
import type { CallChange, DecodedEvent, Item, KnownCall, Placed, PlacedCall, World } from './plan.ts';

type DecodedCall = DecodedEvent & { readonly eventKey: string };

/** So long a call waits for the event that says who it was. After that it is a request of somebody unknown. */
export const PLACE_WITHOUT_NUMBER_MS = 600_000;

const ignored = (reason: string): Placed => ({ outcome: 'ignored', reason, contactId: null, leadId: null });

export function placeCall(world: World, item: Item, decoded: DecodedCall, fact: CallFact): Placed {
  const { event, eventKey } = decoded;
  if (world.known.erasedCalls.has(eventKey)) return ignored('a call of somebody who was erased');
  const known = world.calls.get(eventKey);
  const heard: HeardFact = {
    fact,
    heardAtMs: item.receivedAtMs,
    ...(event.files === undefined ? {} : { files: event.files }),
    ...(event.source === undefined ? {} : { source: event.source }),
  };
  const facts = addFacts(known?.facts ?? [], [heard]);
  const call = foldCall(facts);
  const before = { known, call, facts, skipped: skipReason(call), heard };
  if (known?.placed !== undefined) return grow(world, item, decoded, { ...before, known, placed: known.placed });
  if (before.skipped !== undefined) {
    note(world, item, decoded, { ...before, placed: undefined, opened: false, files: [] });
    return ignored(before.skipped);
  }
  const overdue = item.was !== null && world.nowMs - (known?.firstHeardMs ?? world.nowMs) >= PLACE_WITHOUT_NUMBER_MS;
  if (decoded.seen.length === 0 && !call.hiddenNumber && event.sender.identities.length === 0 && !overdue) {
    note(world, item, decoded, { ...before, placed: undefined, opened: false, files: [] });
    return ignored(WAITING);
  }
  return begin(world, item, decoded, before);
}

/** The ledger's words for an event that came before the one that says who called. */
const WAITING = 'part of a call that nobody has told us the caller of yet';

function skipReason(call: Call): string | undefined {
  if (call.direction === 'internal') return 'internal call';
  if (call.outcome === 'blocked') return 'blocked by the provider';
  return undefined;
}

interface Grown {
  readonly known: KnownCall | undefined;
  readonly call: Call;
  readonly facts: readonly HeardFact[];
  readonly skipped: string | undefined;
  readonly heard: HeardFact;
}

/** The message, and with it the contact and the lead. */
function begin(world: World, item: Item, decoded: DecodedCall, grown: Grown): Placed {
  const { call, facts } = grown;
  const files = [...new Map(facts.flatMap((one) => one.files ?? []).map((file) => [fileName(file), file])).values()];
  const source = decoded.event.source ?? facts.find((one) => one.source !== undefined)?.source;
  const { files: _own, source: _said, ...rest } = decoded.event;
  const event = {
    ...rest,
    direction: call.direction === 'outbound' ? ('outbound' as const) : ('inbound' as const),
    at: new Date(call.startedAtMs),
    ...(files.length === 0 ? {} : { files }),
    ...(source === undefined ? {} : { source }),
  };
  const placed = placeMessage(world, item, { ...decoded, event });
  const { contactId, leadId } = placed;
  if (contactId === null || leadId === null) {
    note(world, item, decoded, {
      ...grown,
      skipped: placed.reason ?? undefined,
      placed: undefined,
      opened: false,
      files: [],
    });
    return placed;
  }
  const open = world.openLeads.get(contactId);
  note(world, item, decoded, {
    ...grown,
    skipped: undefined,
    placed: {
      messageId: decoded.messageId,
      contactId,
      leadId,
      queueId: open?.queueId,
      ownerId: open?.ownerId ?? null,
      leadClosed: open?.id !== leadId,
    },
    opened: placed.outcome === 'opened',
    files: [],
  });
  return placed;
}

/** A further event of a call whose message is there. */
function grow(
  world: World,
  item: Item,
  decoded: DecodedCall,
  grown: Grown & { readonly known: KnownCall; readonly placed: PlacedCall },
): Placed {
  const { known, heard, placed } = grown;
  const name = nameOf(heard);
  if (known.facts.some((one) => nameOf(one) === name && one.heardAtMs <= heard.heardAtMs))
    return { outcome: 'ignored', reason: 'duplicate', contactId: null, leadId: null };
  const there = new Set(known.facts.flatMap((one) => one.files ?? []).map(fileName));
  const files = (heard.files ?? []).filter((file) => !there.has(fileName(file)));
  note(world, item, decoded, { ...grown, skipped: undefined, opened: known.opened, files });
  const { contactId, leadId, queueId, ownerId } = placed;
  world.plan.stirred.set(leadId, { queueId, ownerId });
  return { outcome: 'attached', reason: null, contactId, leadId };
}

interface Noted extends Grown {
  readonly placed: PlacedCall | undefined;
  readonly opened: boolean;
  readonly files: readonly RemoteFile[];
}

function note(world: World, item: Item, decoded: DecodedCall, noted: Noted): void {
  const { known, call, facts, placed } = noted;
  const was = world.plan.calls.get(decoded.eventKey);
  const now: KnownCall = {
    facts,
    call,
    placed,
    skipped: noted.skipped,
    opened: noted.opened,
    givenTo: known?.givenTo ?? null,
    deliveryId: known?.deliveryId ?? item.deliveryId,
    firstHeardMs: Math.min(known?.firstHeardMs ?? item.receivedAtMs, item.receivedAtMs),
    stored: known?.stored ?? false,
  };
  const change = follow(world, {
    id: decoded.eventKey,
    endpoint: item.endpoint,
    now,
    was: known,
    receivedAtMs: item.receivedAtMs,
    files: noted.files,
  });
  const merged = was === undefined ? change : mergeChanges(was, change);
  const givenTo = merged.give?.to ?? now.givenTo;
  const owned = merged.give !== undefined && placed !== undefined ? { ...placed, ownerId: merged.give.to } : placed;
  const settled = { ...now, givenTo, placed: owned };
  world.plan.calls.set(decoded.eventKey, { ...merged, now: settled });
  world.calls.set(decoded.eventKey, settled);
  const open = placed === undefined ? undefined : world.openLeads.get(placed.contactId);
  if (placed !== undefined && open !== undefined && open.id === placed.leadId && merged.give !== undefined)
    world.openLeads.set(placed.contactId, { ...open, ownerId: merged.give.to });
}

/** Two events of one call in one batch are written together: what the first set off still happens. */
function mergeChanges(first: CallChange, second: CallChange): CallChange {
  return {
    ...second,
    files: [...first.files, ...second.files],
    give: second.give === undefined ? first.give : { to: second.give.to, from: (first.give ?? second.give).from },
    // Missed and then answered after all, within one batch: nobody has to call back.
    missed: second.answered === undefined ? (second.missed ?? first.missed) : undefined,
    answered: second.answered ?? first.answered,
    seen: [...new Set([...first.seen, ...second.seen])],
    people:
      first.people === undefined || second.people === undefined
        ? undefined
        : [...new Set([...first.people, ...second.people])],
  };
}

interface Step {
  readonly id: string;
  readonly endpoint: Item['endpoint'];
  readonly now: KnownCall;
  readonly was: KnownCall | undefined;
  readonly receivedAtMs: number;
  /** New ones, of a message that is there. */
  readonly files: readonly RemoteFile[];
}

/** What follows from the difference between the call as it was and as it is. */
export function follow(world: Pick<World, 'desk' | 'known'>, step: Step): CallChange {
  const { id, endpoint, now, was, receivedAtMs, files } = step;
  const { call } = now;
  const who = (extension: string | undefined): string | undefined => personOf(world, endpoint.id, extension);
  const ringing = call.rang.flatMap((extension) => who(extension) ?? []);
  const answeredBy = who(call.spokeLast ?? call.answeredBy);
  const told = world.known.rung.get(id) ?? [];
  // A message that comes into being now has all of its call's history as news.
  const before = was?.placed === undefined ? undefined : was.call;
  const people = [...new Set([...ringing, ...told, ...(answeredBy === undefined ? [] : [answeredBy])])];
  // It rang nobody in particular: whoever saw it hears once more, that it is somebody's now.
  const wasAnybodys = was?.placed !== undefined && told.length === 0 && !extensionsOf(was.call).some(who);
  return {
    id,
    endpoint,
    now,
    heardAtMs: receivedAtMs,
    files,
    ringing,
    answeredBy,
    give: now.placed === undefined ? undefined : giveTo(now, now.placed, answeredBy),
    missed: now.placed === undefined ? undefined : missedNow(world, now.placed, call, before, receivedAtMs),
    answered:
      now.placed !== undefined && call.outcome === 'answered' && before?.outcome !== 'answered'
        ? {
            atMs: call.answeredAtMs ?? call.startedAtMs,
            how: call.direction === 'outbound' ? 'called' : 'client-called',
          }
        : undefined,
    seen: extensionsOf(call),
    people: people.length === 0 || wasAnybodys ? undefined : people,
  };
}

const extensionsOf = (call: Call): string[] => [
  ...new Set(
    [...call.rang, call.answeredBy, call.spokeLast, ...call.transfers.flatMap(({ from, to }) => [from, to])].filter(
      (one): one is string => typeof one === 'string',
    ),
  ),
];

/** Only people who may hold leads: an extension of somebody who has left is nobody's. */
function personOf(
  { desk, known }: Pick<World, 'desk' | 'known'>,
  endpointId: string,
  extension: string | undefined,
): string | undefined {
  const userId = extension === undefined ? undefined : known.extensions.get(`${endpointId}:${extension}`);
  const person = userId === undefined ? undefined : desk.people.get(userId);
  return person === undefined || person.role === 'auditor' ? undefined : person.id;
}

function giveTo(now: KnownCall, placed: PlacedCall, answeredBy: string | undefined): CallChange['give'] {
  const { call, givenTo, opened } = now;
  if (answeredBy === undefined || placed.leadClosed || placed.ownerId === answeredBy) return undefined;
  // A call of ours that nobody took is still ours, if it is all that there is.
  if (call.outcome !== 'answered' && !(call.direction === 'outbound' && opened)) return undefined;
  if (placed.ownerId !== null && placed.ownerId !== givenTo) return undefined;
  return { to: answeredBy, from: placed.ownerId };
}

function missedNow(
  { desk }: Pick<World, 'desk'>,
  placed: PlacedCall,
  call: Call,
  before: Call | undefined,
  receivedAtMs: number,
): CallChange['missed'] {
  const isMissed = call.direction === 'inbound' && call.state === 'ended' && call.outcome !== 'answered';
  if (!isMissed || before?.state === 'ended' || placed.leadClosed || call.outcome === 'blocked') return undefined;
  const queue = desk.queues.get(placed.queueId ?? '') ?? desk.queues.get(desk.defaultQueueId);
  const atMs = Math.min(call.endedAtMs ?? receivedAtMs, receivedAtMs);
  const seconds = queue?.responseSeconds ?? 0;
  return { atMs, dueMs: afterOpenSeconds(queue?.hours ?? null, atMs, seconds) ?? atMs + seconds * 1000 };
}
