/**
 * Who gets a call that rings: the client's own manager if they can take it, else the queue by its rules. Pure: the same
 * function answers the provider and explains the answer.
 */
import { isOpen } from '../hours.ts';
import type { Desk } from './desk.ts';
import { type RouteFacts, route } from './route.ts';

/** Somebody of ours with an extension at the endpoint that rings. */
export interface Reachable {
  readonly userId: string;
  readonly extension: string;
  readonly dial: string | null;
  readonly onShift: boolean;
  /** Talks at this moment. */
  readonly busy: boolean;
  readonly queues: readonly {
    readonly queueId: string;
    readonly line: 'first' | 'senior';
    readonly lastOfferedAtMs: number | null;
  }[];
}

export interface RingingFacts extends Omit<RouteFacts, 'contactOwnerId'> {
  /** Of the open lead, or else of the contact. */
  readonly ownerId: string | undefined;
  /** Of the open lead. */
  readonly queueId: string | undefined;
}

export interface Chosen {
  readonly people: readonly Reachable[];
  readonly reason: 'own-manager' | 'queue' | 'default';
  readonly queueId: string;
  readonly rule: string | null;
}

/** What providers ring at once (Twilio's limit is the lowest that is known). */
const MOST_AT_ONCE = 10;

export function whomToRing(desk: Desk, facts: RingingFacts, reachable: readonly Reachable[], nowMs: number): Chosen {
  const free = reachable.filter((one) => one.onShift && !one.busy && canHold(desk, one.userId));
  const way = route(desk, { ...facts, contactOwnerId: facts.ownerId }, nowMs);
  const queue = desk.queues.get(facts.queueId ?? '') ?? way.queue;
  const { rule } = way.because;
  const own = free.find((one) => one.userId === facts.ownerId);
  if (own !== undefined) return { people: [own], reason: 'own-manager', queueId: queue.id, rule };
  const line = isOpen(queue.hours, nowMs) ? inLine(free, queue.id) : [];
  if (line.length === 0) return { people: [], reason: 'default', queueId: queue.id, rule };
  const people = queue.strategy === 'round_robin' ? line.slice(0, 1) : line.slice(0, MOST_AT_ONCE);
  return { people, reason: 'queue', queueId: queue.id, rule };
}

function canHold(desk: Desk, userId: string): boolean {
  const person = desk.people.get(userId);
  return person !== undefined && person.role !== 'auditor';
}

/** The first line, whoever has waited longest for a turn first; seniors when nobody else is free. */
function inLine(free: readonly Reachable[], queueId: string): Reachable[] {
  const members = free.flatMap((one) => {
    const membership = one.queues.find((queue) => queue.queueId === queueId);
    return membership === undefined ? [] : [{ one, ...membership }];
  });
  const first = members.filter(({ line }) => line === 'first');
  return (first.length > 0 ? first : members)
    .sort((a, b) => turn(a.lastOfferedAtMs) - turn(b.lastOfferedAtMs) || (a.one.userId < b.one.userId ? -1 : 1))
    .map(({ one }) => one);
}

const turn = (lastOfferedAtMs: number | null): number => lastOfferedAtMs ?? Number.NEGATIVE_INFINITY;
