/**
 * Alarms for the head: a channel that is silent for unusually long, one that was logged out, one that cannot send.
 * Looked for by a timer on every replica; one open alarm of a kind and endpoint, which an index sees to.
 */
import { type Actor, asSystem, type Tx } from '../access/actor.ts';
import { mustBe } from '../access/must-be.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { firstIdAt, newId } from '../ids.ts';
import { announce } from '../leads/announce.ts';

/** A channel has to have heard so much before its silence means anything. */
const ENOUGH_DELIVERIES = 20;
/** Silent for longer than twice the longest silence so far, and never sooner than this. */
const LEAST_SILENCE_SECONDS = 4 * 3600;
const TIMES_LONGEST_GAP = 2;
/** Failed messages of one endpoint within an hour, while none got through. */
const FAILURES = 3;
const MOST_COUNTED = 50_000;

export interface Alarmed {
  readonly raised: number;
  readonly ended: number;
}

/** One round: count what was received since the last one, raise and end alarms. */
export async function watchEndpoints(sql: Sql): Promise<Alarmed> {
  await asSystem(sql, countActivity);
  return asSystem(sql, async (tx) => {
    const raised = [...(await raiseSilent(tx)), ...(await raiseFailing(tx))];
    const ended = await endAlarms(tx);
    await announce(
      tx,
      [...raised, ...ended].map(({ endpoint_id }) => ({ type: 'endpoint' as const, endpoint: endpoint_id })),
    );
    return { raised: raised.length, ended: ended.length };
  });
}

/** One replica at a time: the note of how far it was counted is one row an endpoint. */
async function countActivity(tx: Tx): Promise<void> {
  const [mine] = await tx<{ locked: boolean }[]>`select pg_try_advisory_xact_lock(7251013) as locked`;
  if (mine?.locked !== true) return;
  const [mark] = await tx<
    { counted: string | null }[]
  >`select max(counted_to::text) as counted from endpoint_activity`;
  // A minute behind: ids are made before their commit.
  const until = firstIdAt(Date.now() - 60_000);
  const from = mark?.counted ?? firstIdAt(Date.now() - 14 * 86_400_000);
  await tx`
    with fresh as (
      select id, endpoint_id, received_at from deliveries
      where id > ${from} and id <= ${until} order by id limit ${MOST_COUNTED}
    ), mark as (select max(id::text)::uuid as id from fresh), gaps as (
      select endpoint_id, received_at,
        extract(epoch from received_at - lag(received_at) over (partition by endpoint_id order by id)) as gap
      from fresh
    ), sums as (
      select endpoint_id, count(*) as deliveries, min(received_at) as first_at, max(received_at) as last_at,
        coalesce(max(gap), 0)::integer as gap
      from gaps group by endpoint_id
    )
    insert into endpoint_activity as a
      (endpoint_id, last_at, counted_to, deliveries, longest_gap_seconds, measured_since)
    select s.endpoint_id, s.last_at, mark.id, s.deliveries, s.gap, s.first_at from sums s, mark
    on conflict (endpoint_id) do update set last_at = greatest(a.last_at, excluded.last_at),
      counted_to = excluded.counted_to, deliveries = a.deliveries + excluded.deliveries,
      longest_gap_seconds = greatest(a.longest_gap_seconds, excluded.longest_gap_seconds,
        extract(epoch from excluded.measured_since - a.last_at)::integer)`;
}

interface Raised {
  readonly endpoint_id: string;
}

async function raiseSilent(tx: Tx): Promise<Raised[]> {
  const silent = await tx<{ endpoint_id: string; seconds: number }[]>`
    select a.endpoint_id, extract(epoch from now() - a.last_at)::integer as seconds
    from endpoint_activity a join endpoints e on e.id = a.endpoint_id
    where e.deleted_at is null and e.paused_at is null and a.deliveries >= ${ENOUGH_DELIVERIES}
      and now() - a.last_at > make_interval(secs =>
        greatest(${LEAST_SILENCE_SECONDS}, a.longest_gap_seconds * ${TIMES_LONGEST_GAP}))
      and not exists (
        select from alarms x where x.endpoint_id = a.endpoint_id and x.kind = 'silent' and x.ended_at is null)`;
  const raised: Raised[] = [];
  for (const { endpoint_id, seconds } of silent)
    raised.push(...(await raise(tx, endpoint_id, 'silent', `${Math.round(seconds / 3600)} h`)));
  return raised;
}

async function raiseFailing(tx: Tx): Promise<Raised[]> {
  const failing = await tx<{ endpoint_id: string; reason: string | null }[]>`
    select s.endpoint_id, max(s.reason) as reason from sends s join endpoints e on e.id = s.endpoint_id
    where s.queued_at > now() - interval '1 hour' and e.deleted_at is null and e.paused_at is null
    group by s.endpoint_id
    having count(*) filter (where s.state in ('failed', 'unknown')) >= ${FAILURES}
      and count(*) filter (where s.state = 'sent') = 0`;
  const raised: Raised[] = [];
  for (const { endpoint_id, reason } of failing)
    raised.push(...(await raise(tx, endpoint_id, 'sending-fails', reason)));
  return raised;
}

function raise(tx: Tx, endpointId: string, kind: string, detail: string | null): Promise<Raised[]> {
  return tx<Raised[]>`
    insert into alarms (id, endpoint_id, kind, detail) values (${newId()}, ${endpointId}, ${kind}, ${detail})
    on conflict (endpoint_id, kind) where ended_at is null do nothing returning endpoint_id`;
}

/** What is over: somebody wrote again, a message got through, nobody minds a paused or deleted endpoint. */
function endAlarms(tx: Tx): Promise<Raised[]> {
  return tx<Raised[]>`
    update alarms x set ended_at = now()
    where x.ended_at is null and (
      exists (select from endpoints e
        where e.id = x.endpoint_id and (e.deleted_at is not null or e.paused_at is not null))
      or (x.kind = 'silent' and exists (
        select from endpoint_activity a where a.endpoint_id = x.endpoint_id and a.last_at > x.raised_at))
      or (x.kind = 'sending-fails' and exists (
        select from sends s where s.endpoint_id = x.endpoint_id and s.state = 'sent' and s.sent_at > x.raised_at)))
    returning x.endpoint_id`;
}

interface AlarmRow {
  readonly id: string;
  readonly endpointId: string;
  readonly endpointName: string;
  readonly channel: string;
  readonly kind: 'silent' | 'logged-out' | 'sending-fails';
  readonly raisedAt: Date;
  readonly detail: string | null;
  readonly seenAt: Date | null;
}

export async function listAlarms(sql: Sql, actor: Actor) {
  mustBe(actor, 'admin', 'head');
  const rows = await sql<AlarmRow[]>`
    select x.id, x.kind, x.raised_at as "raisedAt", x.detail, x.seen_at as "seenAt", e.id as "endpointId",
      e.name as "endpointName", e.channel
    from alarms x join endpoints e on e.id = x.endpoint_id
    where x.ended_at is null order by x.raised_at desc limit 200`;
  return rows.map(({ endpointId, endpointName, channel, raisedAt, seenAt, ...row }) => ({
    ...row,
    endpoint: { id: endpointId, name: endpointName, channel },
    raisedAt: raisedAt.toISOString(),
    seenAt: seenAt?.toISOString() ?? null,
  }));
}

/** "I know": it stays until it is over, and stops calling. */
export async function seeAlarm(sql: Sql, actor: Actor, id: string): Promise<void> {
  mustBe(actor, 'admin', 'head');
  await asSystem(sql, async (tx) => {
    const seen = await tx<Raised[]>`
      update alarms set seen_at = coalesce(seen_at, now()), seen_by = coalesce(seen_by, ${actor.userId}::uuid)
      where id = ${id} returning endpoint_id`;
    if (seen[0] === undefined) throw new Rejected(404, 'There is no such alarm.');
    await announce(tx, [{ type: 'endpoint', endpoint: seen[0].endpoint_id }]);
  });
}
