import { type Actor, asActor } from '../access/actor.ts';
import type { Sql } from '../db/open.ts';
import { actAsSystem } from './change.ts';

export interface RecentClaim {
  readonly lead: string;
  readonly owner: { readonly id: string; readonly name: string };
  readonly since: string;
  readonly channel: string;
  readonly endpoint: { readonly id: string; readonly name: string };
  readonly queue: { readonly id: string; readonly name: string };
}

interface Row {
  readonly lead: string;
  readonly ownerId: string;
  readonly ownerName: string;
  readonly since: Date;
  readonly channel: string;
  readonly endpointId: string;
  readonly endpointName: string;
  readonly queueId: string;
  readonly queueName: string;
}

const MOST = 12;
const HOURS = 24;

/**
 * The last claims in the queues that this person may look into: who took it and when, so that nobody wonders where a
 * lead went. Read as the house, because row-level security hides a colleague's lead; nothing of the client is in it.
 */
export async function listRecentClaims(sql: Sql, actor: Actor, queueId?: string): Promise<RecentClaim[]> {
  const rows = await asActor(sql, actor, async (tx) => {
    await actAsSystem(tx);
    return tx<Row[]>`
      select l.id as lead, l.owner_id as "ownerId", u.name as "ownerName", l.claimed_at as since, l.channel,
        e.id as "endpointId", e.name as "endpointName", q.id as "queueId", q.name as "queueName"
      from leads l join users u on u.id = l.owner_id join endpoints e on e.id = l.endpoint_id
        join queues q on q.id = l.queue_id
      where l.owner_id is not null and l.claimed_at > now() - make_interval(hours => ${HOURS})
        and (${queueId ?? null}::uuid is null or l.queue_id = ${queueId ?? null})
        and (inlet_sees_everyone() or inlet_role() = 'auditor' or l.owner_id = inlet_user()
          or exists (select from queue_members m where m.queue_id = l.queue_id and m.user_id = inlet_user()))
      order by l.claimed_at desc limit ${MOST}`;
  });
  return rows.map((row) => ({
    lead: row.lead,
    owner: { id: row.ownerId, name: row.ownerName },
    since: row.since.toISOString(),
    channel: row.channel,
    endpoint: { id: row.endpointId, name: row.endpointName },
    queue: { id: row.queueId, name: row.queueName },
  }));
}
