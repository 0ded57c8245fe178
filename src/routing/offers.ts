/**
 * Round robin: a waiting lead is offered to one person of its queue for a while, then to the next. The same tick
 * clears owner-first offers that ran out, and calls seniors and the head when a lead has waited too long.
 */
import { asSystem, type Tx } from '../access/actor.ts';
import { plainColumn, timeColumn } from '../db/columns.ts';
import type { Sql } from '../db/open.ts';
import { type Hours, isOpen } from '../hours.ts';
import { announce, type LiveNotice } from '../leads/announce.ts';
import { chooseAll, type Member, type Offer, UNANSWERED_AT_MOST, type Waiting } from './choose.ts';

export interface Ticked {
  readonly missed: number;
  readonly offered: number;
  readonly escalated: number;
}

/** A tick does so much at most; the next one comes a second later. */
const AT_ONCE = 500;
/** Any fixed number: it keeps replicas from ticking at the same time. */
const TICK_LOCK = 7251002;

/**
 * One tick, one transaction, a constant number of statements. Any number of replicas may call it as often as they
 * like: one ticks, the others see that and go home (`undefined`). What it changes it finds by the state of the rows,
 * so a
 * tick that is lost, late or repeated does no harm.
 */
export async function tick(sql: Sql, nowMs: number): Promise<Ticked | undefined> {
  return asSystem(sql, async (tx) => {
    const [lock] = await tx<{ held: boolean }[]>`select pg_try_advisory_xact_lock(${TICK_LOCK}) as held`;
    if (lock?.held !== true) return undefined;
    const now = new Date(nowMs);
    const missed = await clearMissed(tx, now);
    const escalated = await escalate(tx, now);
    const offers = await offerNext(tx, nowMs);
    await announce(tx, [...missed, ...escalated, ...offers]);
    return { missed: missed.length, offered: offers.length, escalated: escalated.length };
  });
}

/** `skip locked`: somebody is claiming the lead right now. Let them. */
async function clearMissed(tx: Tx, now: Date): Promise<LiveNotice[]> {
  const rows = await tx<{ id: string; queueId: string; by: string }[]>`
    with expired as (
      select id, offered_to from leads
      where offered_to is not null and offer_until <= ${now} order by offer_until limit ${AT_ONCE}
      for update skip locked
    ), cleared as (
      update leads l set offered_to = null, offer_until = null from expired e where l.id = e.id
      returning l.id, l.queue_id, e.offered_to
    ), history as (
      insert into lead_events (lead_id, at, kind, data)
      select id, ${now}, 'offer_missed', jsonb_build_object('by', offered_to) from cleared
    )
    select id, queue_id as "queueId", offered_to as by from cleared`;
  return rows.map(({ id, queueId, by }) => ({
    type: 'lead.changed',
    lead: id,
    queue: queueId,
    owner: null,
    also: [by],
  }));
}

/**
 * Seniors see the lead from `senior_at` on without anybody's doing; this tells them, once. The look into the history
 * is written so that it can only be made through its primary key, however long the history has become.
 */
async function escalate(tx: Tx, now: Date): Promise<LiveNotice[]> {
  const told = (to: 'seniors' | 'head') => tx`(
    select true from lead_events v where v.lead_id = l.id and v.kind = 'escalated' and v.data ->> 'to' = ${to} limit 1
  ) is null`;
  const rows = await tx<{ id: string; queueId: string }[]>`
    with due as (
      select l.id, l.queue_id, x.line from leads l
        cross join lateral (
          select 'seniors' as line where l.senior_at <= ${now} and ${told('seniors')}
          union all
          select 'head' where l.head_at <= ${now} and ${told('head')}
        ) x
      where l.owner_id is null and l.closed_at is null and (l.senior_at <= ${now} or l.head_at <= ${now})
      limit ${AT_ONCE}
    ), history as (
      insert into lead_events (lead_id, at, kind, data)
      select id, ${now}, 'escalated', jsonb_build_object('to', line) from due
    )
    select id, queue_id as "queueId" from due`;
  return rows.map(({ id, queueId }) => ({ type: 'lead.changed', lead: id, queue: queueId, owner: null }));
}

interface QueueRow {
  readonly id: string;
  readonly hours: Hours | null;
  readonly offerSeconds: number;
}

async function offerNext(tx: Tx, nowMs: number): Promise<LiveNotice[]> {
  const queues = await tx<QueueRow[]>`
    select q.id, q.hours, q.offer_seconds as "offerSeconds" from queues q
    where q.strategy = 'round_robin' and exists (select from leads l
      where l.queue_id = q.id and l.owner_id is null and l.closed_at is null and l.offered_to is null)`;
  const open = new Map(queues.filter((queue) => isOpen(queue.hours, nowMs)).map((queue) => [queue.id, queue]));
  if (open.size === 0) return [];
  const members = await onShift(tx, [...open.keys()]);
  if (members.size === 0) return [];
  const offers = chooseAll(await waiting(tx, [...members.keys()], nowMs), members, nowMs);
  if (offers.length === 0) return [];
  const until = (offer: Offer): number => nowMs + (open.get(offer.queueId)?.offerSeconds ?? 0) * 1000;
  await writeOffers(tx, offers, nowMs, until);
  return offers.map(({ leadId, queueId, userId }) => ({
    type: 'lead.changed',
    lead: leadId,
    queue: queueId,
    owner: null,
    offeredTo: userId,
  }));
}

interface MemberRow extends Omit<Member, 'lastOfferedAtMs'> {
  readonly queueId: string;
  readonly lastOfferedAt: Date | null;
}

/**
 * People at work who can take one more, by queue: on shift, not disabled, more than readers. Own contacts that ask for
 * them are no burden.
 */
async function onShift(tx: Tx, queueIds: readonly string[]): Promise<Map<string, Member[]>> {
  const rows = await tx<MemberRow[]>`
    select m.queue_id as "queueId", m.user_id as "userId", m.line, m.last_offered_at as "lastOfferedAt",
           (select count(*)::integer from leads l where l.offered_to = m.user_id
             and exists (select from lead_events v where v.lead_id = l.id and v.kind = 'offered'
               and v.data ->> 'to' = m.user_id::text)) as unanswered
    from queue_members m join users u on u.id = m.user_id
    where m.queue_id = any(${plainColumn(queueIds)}::uuid[])
      and u.on_shift_since is not null and u.disabled_at is null and u.role <> 'auditor'`;
  const free = rows.filter((row) => row.unanswered < UNANSWERED_AT_MOST);
  const members = free.map((row) => ({ ...row, lastOfferedAtMs: row.lastOfferedAt?.getTime() ?? null }));
  return Map.groupBy(members, (row) => row.queueId);
}

interface WaitingRow {
  readonly leadId: string;
  readonly queueId: string;
  readonly seniorAt: Date | null;
  readonly missed: string[];
}

/**
 * Leads that somebody on shift could still be asked about. One that everybody has missed waits by hand, in sight of
 * the whole line, and must not stand in the way of the others.
 */
async function waiting(tx: Tx, queueIds: readonly string[], nowMs: number): Promise<Waiting[]> {
  const now = new Date(nowMs);
  const rows = await tx<WaitingRow[]>`
    select l.id as "leadId", l.queue_id as "queueId", l.senior_at as "seniorAt", to_json(x.missed) as missed
    from leads l cross join lateral (
      select array(select v.data ->> case v.kind when 'released' then 'from' else 'by' end from lead_events v
        where v.lead_id = l.id and v.kind in ('offer_missed', 'released')) as missed
    ) x
    where l.queue_id = any(${plainColumn(queueIds)}::uuid[])
      and l.owner_id is null and l.closed_at is null and l.offered_to is null
      -- While it rings or somebody talks, the telephone decides.
      and not exists (select from calls c where c.lead_id = l.id and c.state <> 'ended')
      and exists (select from queue_members m join users u on u.id = m.user_id
        where m.queue_id = l.queue_id and (m.line = 'first' or l.senior_at <= ${now})
          and u.on_shift_since is not null and u.disabled_at is null and u.role <> 'auditor'
          and m.user_id::text <> all(x.missed))
    order by l.priority desc, l.opened_at, l.id limit ${AT_ONCE} for update of l skip locked`;
  return rows.map((row) => ({
    leadId: row.leadId,
    queueId: row.queueId,
    seniorAtMs: row.seniorAt?.getTime() ?? null,
    missed: new Set(row.missed),
  }));
}

async function writeOffers(
  tx: Tx,
  offers: readonly Offer[],
  nowMs: number,
  until: (offer: Offer) => number,
): Promise<void> {
  await tx`
    with made as (
      select * from unnest(${plainColumn(offers.map((one) => one.leadId))}::uuid[],
        ${plainColumn(offers.map((one) => one.userId))}::uuid[], ${timeColumn(offers.map(until))}::timestamptz[])
        as o (lead_id, user_id, until)
    ), offered as (
      update leads l set offered_to = o.user_id, offer_until = o.until from made o where l.id = o.lead_id
    )
    insert into lead_events (lead_id, at, kind, data)
    select lead_id, ${new Date(nowMs)}, 'offered', jsonb_build_object('to', user_id, 'until', until) from made`;
  // The last of a person's offers in this tick; microseconds keep the order of those that were made together.
  const turns = new Map(offers.map((one, index) => [`${one.queueId}|${one.userId}`, { ...one, index }]));
  const rows = [...turns.values()];
  await tx`
    update queue_members m set last_offered_at = ${new Date(nowMs)}::timestamptz + t.place * interval '1 microsecond'
    from unnest(${plainColumn(rows.map((one) => one.queueId))}::uuid[],
      ${plainColumn(rows.map((one) => one.userId))}::uuid[], ${plainColumn(rows.map((one) => one.index))}::integer[])
      as t (queue_id, user_id, place)
    where m.queue_id = t.queue_id and m.user_id = t.user_id`;
}
