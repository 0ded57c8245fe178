/**
 * Which queue, how urgent, and why. Pure: the same function routes live traffic, dry-runs yesterday's and explains one
 * lead to a person.
 */
import type { Source } from '../channel.ts';
import { afterOpenSeconds, isOpen } from '../hours.ts';
import type { Conditions, Desk, Queue, Rule } from './desk.ts';

export interface RouteFacts {
  readonly channel: string;
  readonly endpointId: string;
  readonly source: Source | undefined;
  readonly language: string | undefined;
  /** The contact was in the base before. */
  readonly repeat: boolean;
  /** The contact's own manager, if any. */
  readonly contactOwnerId: string | undefined;
}

export interface Route {
  readonly queue: Queue;
  readonly priority: number;
  /** Stored with the lead and shown: the rule that matched (or the default) and what made it match. */
  readonly because: {
    readonly rule: string | null;
    readonly ruleId: string | null;
    readonly matched: readonly string[];
    readonly ownerFirst: boolean;
  };
  /** The contact's own manager is asked first, until then. */
  readonly offer: { readonly userId: string; readonly untilMs: number } | undefined;
  /** From when seniors, then the head, see it as theirs to take. */
  readonly seniorAtMs: number | undefined;
  readonly headAtMs: number | undefined;
}

export function route(desk: Desk, facts: RouteFacts, nowMs: number): Route {
  for (const rule of desk.rules) {
    const queue = desk.queues.get(rule.queueId);
    const matched = queue === undefined ? undefined : match(rule.conditions, facts, queue, nowMs);
    if (queue !== undefined && matched !== undefined) return arrive(desk, facts, queue, rule, matched, nowMs);
  }
  const fallback = desk.queues.get(desk.defaultQueueId);
  if (fallback === undefined) throw new Error('the desk has no default queue');
  return arrive(desk, facts, fallback, undefined, [], nowMs);
}

function arrive(
  desk: Desk,
  facts: RouteFacts,
  queue: Queue,
  rule: Rule | undefined,
  matched: readonly string[],
  nowMs: number,
): Route {
  const owner = facts.contactOwnerId === undefined ? undefined : desk.people.get(facts.contactOwnerId);
  const ownerFirst = owner !== undefined && owner.role !== 'auditor' && queue.ownerFirstSeconds > 0;
  const wait = (seconds: number | null): number | undefined =>
    seconds === null ? undefined : afterOpenSeconds(queue.hours, nowMs, seconds);
  return {
    queue,
    priority: rule?.priority ?? 0,
    because: { rule: rule?.name ?? null, ruleId: rule?.id ?? null, matched, ownerFirst },
    offer: ownerFirst
      ? {
          userId: owner.id,
          untilMs:
            afterOpenSeconds(queue.hours, nowMs, queue.ownerFirstSeconds) ?? nowMs + queue.ownerFirstSeconds * 1000,
        }
      : undefined,
    seniorAtMs: wait(queue.seniorAfterSeconds),
    headAtMs: wait(queue.headAfterSeconds),
  };
}

/** The conditions that held, in words of the rule; `undefined` when one did not. */
export function match(conditions: Conditions, facts: RouteFacts, queue: Queue, nowMs: number): string[] | undefined {
  const held: string[] = [];
  const check = (name: string, wanted: readonly string[] | undefined, is: string | undefined): boolean => {
    if (wanted === undefined || wanted.length === 0) return true;
    if (is === undefined || !wanted.some((one) => one.toLowerCase() === is.toLowerCase())) return false;
    held.push(name);
    return true;
  };
  if (!check('channel', conditions.channels, facts.channel)) return undefined;
  if (!check('endpoint', conditions.endpoints, facts.endpointId)) return undefined;
  if (!check('language', conditions.languages, facts.language)) return undefined;
  for (const [name, wanted] of Object.entries(conditions.utm ?? {}))
    if (!check(`utm_${name}`, wanted, facts.source?.utm?.[name as 'source'])) return undefined;
  if (conditions.pages !== undefined && conditions.pages.length > 0) {
    const page = (facts.source?.page ?? '').toLowerCase();
    if (!conditions.pages.some((part) => page.includes(part.toLowerCase()))) return undefined;
    held.push('page');
  }
  if (conditions.contact !== undefined) {
    if ((conditions.contact === 'repeat') !== facts.repeat) return undefined;
    held.push(conditions.contact === 'repeat' ? 'repeat contact' : 'new contact');
  }
  if (conditions.hours !== undefined) {
    if ((conditions.hours === 'open') !== isOpen(queue.hours, nowMs)) return undefined;
    held.push(conditions.hours === 'open' ? 'working hours' : 'outside working hours');
  }
  return held;
}
