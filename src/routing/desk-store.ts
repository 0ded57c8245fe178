/** The desk's rows: read in one statement for the deciding code, changed by the head and the admin. */
import { type Actor, asActor, asSystem, type Tx } from '../access/actor.ts';
import { audit } from '../access/audit.ts';
import { mustBe } from '../access/must-be.ts';
import { Conflict } from '../conflict.ts';
import { plainColumn, toJsonb } from '../db/columns.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Conditions, Desk, Person, Queue, Rule } from './desk.ts';
import { holdDeskAlone } from './desk-lock.ts';

/**
 * Queues, enabled rules in order, people who may log in, and the version they belong to: one statement, so that all of
 * it is one snapshot and a batch never routes by half a change.
 *
 * @param sql a session as inlet_system
 */
export async function loadDesk(sql: Sql | Tx): Promise<Desk> {
  const [row] = await sql<{ version: number; queues: Queue[]; rules: Rule[]; people: Person[] }[]>`
    select
      (select version from desk_version)::float8 as version,
      (select coalesce(json_agg(json_build_object('id', id, 'name', name, 'isDefault', is_default,
        'strategy', strategy, 'hours', hours, 'offerSeconds', offer_seconds,
        'ownerFirstSeconds', owner_first_seconds, 'seniorAfterSeconds', senior_after_seconds,
        'headAfterSeconds', head_after_seconds, 'responseSeconds', response_seconds) order by id), '[]')
        from queues) as queues,
      (select coalesce(json_agg(json_build_object('id', id, 'name', name, 'conditions', conditions,
        'queueId', queue_id, 'priority', priority) order by position, id), '[]')
        from routing_rules where enabled) as rules,
      (select coalesce(json_agg(json_build_object('id', id, 'name', name, 'role', role) order by id), '[]')
        from users where disabled_at is null) as people`;
  if (row === undefined) throw new Error('the desk could not be read');
  const fallback = row.queues.find((queue) => queue.isDefault);
  if (fallback === undefined) throw new Error('the desk has no default queue: ensureDefaultQueue makes it at start');
  return {
    version: row.version,
    queues: new Map(row.queues.map((queue) => [queue.id, queue])),
    defaultQueueId: fallback.id,
    rules: row.rules,
    people: new Map(row.people.map((person) => [person.id, person])),
  };
}

/** A new installation routes everything to one queue. Replicas may start at once: the partial unique index decides. */
export async function ensureDefaultQueue(sql: Sql): Promise<void> {
  await sql`
    insert into queues (id, name, is_default)
    select ${newId()}, 'Sales', true where not exists (select from queues where is_default)
    on conflict (is_default) where is_default do nothing`;
}

export interface Member {
  readonly userId: string;
  readonly line: 'first' | 'senior';
}

export interface QueueInput extends Omit<Queue, 'id'> {
  readonly members: readonly Member[];
}

export interface QueueView extends Queue {
  readonly members: Member[];
  /** Leads without an owner, as far as the asking person may see them. */
  readonly waiting: number;
  readonly oldestWaitingAt: Date | null;
}

/** As the asking person: row-level security counts only the leads that they may see. */
export function listQueues(sql: Sql, actor: Actor): Promise<QueueView[]> {
  return asActor(sql, actor, (tx) => selectQueues(tx));
}

function selectQueues(tx: Tx, id: string | null = null): Promise<QueueView[]> {
  return tx<QueueView[]>`
    select q.id, q.name, q.is_default as "isDefault", q.strategy, q.hours, q.offer_seconds as "offerSeconds",
      q.owner_first_seconds as "ownerFirstSeconds", q.senior_after_seconds as "seniorAfterSeconds",
      q.head_after_seconds as "headAfterSeconds", q.response_seconds as "responseSeconds",
      (select coalesce(json_agg(json_build_object('userId', m.user_id, 'line', m.line) order by m.user_id), '[]')
        from queue_members m where m.queue_id = q.id) as members,
      w.waiting, w.oldest as "oldestWaitingAt"
    from queues q, lateral (select count(*)::int as waiting, min(l.opened_at) as oldest from leads l
      where l.queue_id = q.id and l.owner_id is null and l.closed_at is null) w
    where ${id}::uuid is null or q.id = ${id}::uuid
    order by q.is_default desc, q.name, q.id`;
}

/**
 * Makes the queue, or changes the one with this id as a whole, members included. Making another queue the default one
 * takes that from the one before; the default cannot be given up without naming another.
 */
export function saveQueue(sql: Sql, actor: Actor, input: QueueInput, id?: string): Promise<QueueView> {
  mustBe(actor, 'admin', 'head');
  return asSystem(sql, async (tx) => {
    const queueId = id ?? newId();
    // One change of the desk at a time: who is the default is a question to all queues.
    const all = await tx<{ id: string; is_default: boolean }[]>`
      select id, is_default from queues order by id for update`;
    const before = all.find((queue) => queue.id === queueId);
    if (id !== undefined && before === undefined) throw new Rejected(404, 'There is no such queue.');
    if (before?.is_default && !input.isDefault)
      throw new Conflict('This is the default queue; make another one the default instead.');
    if (input.isDefault) await tx`update queues set is_default = false where is_default and id <> ${queueId}`;
    await tx`
      insert into queues (id, name, is_default, strategy, hours, offer_seconds, owner_first_seconds,
        senior_after_seconds, head_after_seconds, response_seconds)
      values (${queueId}, ${input.name}, ${input.isDefault}, ${input.strategy},
        ${input.hours === null ? null : toJsonb(input.hours)}::text::jsonb, ${input.offerSeconds},
        ${input.ownerFirstSeconds}, ${input.seniorAfterSeconds}, ${input.headAfterSeconds},
        ${input.responseSeconds})
      on conflict (id) do update set name = excluded.name, is_default = excluded.is_default,
        strategy = excluded.strategy, hours = excluded.hours, offer_seconds = excluded.offer_seconds,
        owner_first_seconds = excluded.owner_first_seconds, senior_after_seconds = excluded.senior_after_seconds,
        head_after_seconds = excluded.head_after_seconds, response_seconds = excluded.response_seconds`;
    await saveMembers(tx, queueId, input.members);
    const [saved] = await selectQueues(tx, queueId);
    await audit(tx, {
      actor,
      action: before === undefined ? 'queue.made' : 'queue.changed',
      target: `queue:${queueId}`,
      data: { members: input.members.length },
    });
    return saved!;
  });
}

/** Those who stay keep their place in the round robin. */
async function saveMembers(tx: Tx, queueId: string, members: readonly Member[]): Promise<void> {
  const lines = new Map(members.map((member) => [member.userId, member.line]));
  const ids = plainColumn([...lines.keys()]);
  const [known] = await tx<
    { count: number }[]
  >`select count(*)::int as count from users where id = any(${ids}::uuid[])`;
  if (known?.count !== lines.size)
    throw new Rejected(422, 'Some members are not known.', { fields: { members: 'names somebody who is not known' } });
  await tx`delete from queue_members where queue_id = ${queueId} and user_id <> all(${ids}::uuid[])`;
  await tx`
    insert into queue_members (queue_id, user_id, line)
    select ${queueId}::uuid, * from unnest(${ids}::uuid[], ${plainColumn([...lines.values()])}::text[])
    on conflict (queue_id, user_id) do update set line = excluded.line where queue_members.line <> excluded.line`;
}

export async function deleteQueue(sql: Sql, actor: Actor, id: string): Promise<void> {
  mustBe(actor, 'admin', 'head');
  await asSystem(sql, async (tx) => {
    await holdDeskAlone(tx);
    const [queue] = await tx<{ is_default: boolean }[]>`select is_default from queues where id = ${id} for update`;
    if (queue === undefined) throw new Rejected(404, 'There is no such queue.');
    if (queue.is_default) throw new Conflict('This is the default queue; make another one the default first.');
    const [open] = await tx`select from leads where queue_id = ${id} and closed_at is null limit 1`;
    if (open !== undefined) throw new Conflict('There are open leads in this queue; move or close them first.');
    const [rule] = await tx`select from routing_rules where queue_id = ${id} limit 1`;
    if (rule !== undefined) throw new Conflict('Routing rules send leads to this queue; change them first.');
    await tx`delete from queues where id = ${id}`;
    await audit(tx, { actor, action: 'queue.deleted', target: `queue:${id}` });
  });
}

export interface RuleInput extends Omit<Rule, 'id' | 'conditions'> {
  readonly conditions: { readonly [Key in keyof Conditions]?: Conditions[Key] | undefined };
  readonly enabled: boolean;
  readonly position: number;
}

export type RuleView = RuleInput & { readonly id: string };

/** In the order they are tried, disabled ones too. */
export async function listRules(sql: Sql, actor: Actor): Promise<RuleView[]> {
  mustBe(actor, 'admin', 'head', 'auditor');
  return asActor(sql, actor, async (tx) => [...(await selectRules(tx))]);
}

function selectRules(tx: Tx, id: string | null = null): Promise<RuleView[]> {
  return tx<RuleView[]>`
    select id, name, conditions, queue_id as "queueId", priority, enabled, position
    from routing_rules where ${id}::uuid is null or id = ${id}::uuid order by position, id`;
}

/** Makes the rule, or changes the one with this id as a whole. */
export function saveRule(sql: Sql, actor: Actor, input: RuleInput, id?: string): Promise<RuleView> {
  mustBe(actor, 'admin', 'head');
  return asSystem(sql, async (tx) => {
    const ruleId = id ?? newId();
    const [queue] = await tx`select from queues where id = ${input.queueId} for share`;
    if (queue === undefined)
      throw new Rejected(422, 'There is no such queue.', { fields: { queueId: 'is not known' } });
    const [before] = await tx`select from routing_rules where id = ${ruleId} for update`;
    if (id !== undefined && before === undefined) throw new Rejected(404, 'There is no such rule.');
    await tx`
      insert into routing_rules (id, position, name, conditions, queue_id, priority, enabled)
      values (${ruleId}, ${input.position}, ${input.name}, ${toJsonb(input.conditions)}::text::jsonb, ${input.queueId},
        ${input.priority}, ${input.enabled})
      on conflict (id) do update set position = excluded.position, name = excluded.name,
        conditions = excluded.conditions, queue_id = excluded.queue_id, priority = excluded.priority,
        enabled = excluded.enabled`;
    const [saved] = await selectRules(tx, ruleId);
    const action = before === undefined ? 'rule.made' : 'rule.changed';
    await audit(tx, { actor, action, target: `rule:${ruleId}`, data: { queueId: input.queueId } });
    return saved!;
  });
}

export async function deleteRule(sql: Sql, actor: Actor, id: string): Promise<void> {
  mustBe(actor, 'admin', 'head');
  await asSystem(sql, async (tx) => {
    const gone = await tx`delete from routing_rules where id = ${id}`;
    if (gone.count === 0) throw new Rejected(404, 'There is no such rule.');
    await audit(tx, { actor, action: 'rule.deleted', target: `rule:${id}` });
  });
}
