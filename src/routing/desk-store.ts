/** The desk's rows: read in one statement for the deciding code, changed by the head and the admin. */
import type { Tx } from '../access/actor.ts';
import type { Sql } from '../db/open.ts';
import { newId } from '../ids.ts';
import type { Desk, Person, Queue, Rule } from './desk.ts';

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
        'headAfterSeconds', head_after_seconds) order by id), '[]') from queues) as queues,
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
