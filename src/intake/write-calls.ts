/** Calls as they are after a batch, and what follows from that: owners, promises to call back, names that were seen. */
import type { Tx } from '../access/actor.ts';
import { sealFacts } from '../calls/pack-facts.ts';
import { bytesColumn, jsonColumn, plainColumn, textColumn, timeColumn } from '../db/columns.ts';
import { newId } from '../ids.ts';
import type { CallDetail } from '../leads/read-calls.ts';
import type { DataKey } from '../vault/seal.ts';
import { Overtaken } from './overtaken.ts';
import type { CallChange } from './plan.ts';

export async function writeCalls(
  tx: Tx,
  changes: readonly CallChange[],
  keyOf: (contactId: string) => DataKey,
): Promise<void> {
  if (changes.length === 0) return;
  const rows = [...changes].sort((a, b) => (a.id < b.id ? -1 : 1));
  await Promise.all([
    holdLeads(tx, rows),
    insertCalls(
      tx,
      rows.filter(({ now }) => !now.stored),
      keyOf,
    ),
    updateCalls(
      tx,
      rows.filter(({ now }) => now.stored),
      keyOf,
    ),
    giveLeads(tx, rows),
    promiseCallbacks(tx, rows),
    keepPromises(tx, rows),
    stopClocks(tx, rows),
    closeBlocked(tx, rows),
    rememberExtensions(tx, rows),
  ]);
}

/** Of one client, a missed call and a talk that two replicas hear of at once see each other: one of them waits here. */
async function holdLeads(tx: Tx, changes: readonly CallChange[]): Promise<void> {
  const ids = changes.flatMap(({ missed, answered, now }) =>
    (missed === undefined && answered === undefined) || now.placed === undefined ? [] : [now.placed.leadId],
  );
  if (ids.length === 0) return;
  await tx`
    select from leads where id = any(${plainColumn([...new Set(ids)])}::uuid[]) order by id for no key update`;
}

/** Another replica that heard of the same call first is found by the primary key: the batch decides again. */
async function insertCalls(tx: Tx, rows: readonly CallChange[], keyOf: (id: string) => DataKey): Promise<void> {
  if (rows.length === 0) return;
  await tx`
    insert into calls (id, endpoint_id, delivery_id, message_id, contact_id, lead_id, skipped, opened, direction, state,
      outcome, started_at, answered_at, ended_at, wait_seconds, talk_seconds, ringing, answered_by, given_to, detail,
      facts, heard_at)
    select i.id, i.endpoint_id, i.delivery_id, i.message_id, i.contact_id, i.lead_id, i.skipped, i.opened, i.direction,
      i.state, i.outcome, i.started_at, i.answered_at, i.ended_at, i.wait_seconds, i.talk_seconds,
      array(select jsonb_array_elements_text(i.ringing)::uuid), i.answered_by, i.given_to, i.detail, i.facts, i.heard_at
    from ${input(tx, rows, keyOf)}`;
}

/** What is locked since it was loaded. `heard_at` is the latest, whatever the order in which events come. */
async function updateCalls(tx: Tx, rows: readonly CallChange[], keyOf: (id: string) => DataKey): Promise<void> {
  if (rows.length === 0) return;
  const updated = await tx`
    update calls c set message_id = i.message_id, contact_id = i.contact_id, lead_id = i.lead_id, skipped = i.skipped,
      opened = i.opened, direction = i.direction, state = i.state, outcome = i.outcome, started_at = i.started_at,
      answered_at = i.answered_at, ended_at = i.ended_at, wait_seconds = i.wait_seconds, talk_seconds = i.talk_seconds,
      ringing = array(select jsonb_array_elements_text(i.ringing)::uuid), answered_by = i.answered_by,
      given_to = i.given_to, detail = i.detail, facts = i.facts, heard_at = greatest(c.heard_at, i.heard_at)
    from ${input(tx, rows, keyOf)}
    where c.id = i.id`;
  if (updated.count !== rows.length) throw new Overtaken('a call went while its event was on the way');
}

const column = (rows: readonly CallChange[], read: (row: CallChange) => string | null | undefined) =>
  textColumn(rows.map((row) => read(row) ?? null));

function input(tx: Tx, rows: readonly CallChange[], keyOf: (id: string) => DataKey) {
  const calls = rows.map(({ now }) => now.call);
  return tx`unnest(${plainColumn(rows.map((row) => row.id))}::uuid[],
    ${plainColumn(rows.map((row) => row.endpoint.id))}::uuid[],
    ${plainColumn(rows.map((row) => row.now.deliveryId))}::uuid[],
    ${plainColumn(rows.map((row) => row.now.placed?.messageId))}::uuid[],
    ${plainColumn(rows.map((row) => row.now.placed?.contactId))}::uuid[],
    ${plainColumn(rows.map((row) => row.now.placed?.leadId))}::uuid[],
    ${column(rows, (row) => row.now.skipped)}::text[], ${plainColumn(rows.map((row) => row.now.opened))}::boolean[],
    ${textColumn(calls.map((call) => call.direction))}::text[], ${textColumn(calls.map((call) => call.state))}::text[],
    ${textColumn(calls.map((call) => call.outcome ?? null))}::text[],
    ${timeColumn(calls.map((call) => call.startedAtMs))}::timestamptz[],
    ${timeColumn(calls.map((call) => call.answeredAtMs))}::timestamptz[],
    ${timeColumn(calls.map((call) => call.endedAtMs))}::timestamptz[],
    ${plainColumn(calls.map((call) => call.waitSeconds))}::integer[],
    ${plainColumn(calls.map((call) => call.talkSeconds))}::integer[],
    ${jsonColumn(rows.map((row) => row.ringing))}::jsonb[],
    ${plainColumn(rows.map((row) => row.answeredBy))}::uuid[],
    ${plainColumn(rows.map((row) => row.now.givenTo))}::uuid[],
    ${jsonColumn(rows.map(detailOf))}::jsonb[], ${bytesColumn(rows.map((row) => sealedFacts(row, keyOf)))}::bytea[],
    ${timeColumn(rows.map((row) => row.heardAtMs))}::timestamptz[])
    as i (id, endpoint_id, delivery_id, message_id, contact_id, lead_id, skipped, opened, direction, state, outcome,
      started_at, answered_at, ended_at, wait_seconds, talk_seconds, ringing, answered_by, given_to, detail, facts,
      heard_at)`;
}

/** What a screen says of a call besides its columns. Our numbers and our people; never the client's number. */
function detailOf({ now: { call } }: CallChange): CallDetail {
  return {
    ...(call.line === undefined ? {} : { line: call.line }),
    ...(call.lineTitle === undefined ? {} : { lineTitle: call.lineTitle }),
    ...(call.rang.length === 0 ? {} : { rang: call.rang }),
    ...(call.spokeLast === undefined ? {} : { answeredBy: call.spokeLast }),
    ...(call.transfers.length === 0 ? {} : { transfers: call.transfers }),
    ...(call.hiddenNumber ? { hiddenNumber: true } : {}),
    ...(call.cause === undefined ? {} : { cause: call.cause }),
    ...(call.endUnknown ? { endUnknown: true } : {}),
  };
}

function sealedFacts({ id, endpoint, now }: CallChange, keyOf: (id: string) => DataKey): Buffer {
  const contactId = now.placed?.contactId;
  if (contactId === undefined) return sealFacts(endpoint.dataKey, id, endpoint.id, now.facts);
  return sealFacts(keyOf(contactId), id, contactId, now.facts);
}

/** Whoever talked gets the lead, if it is still whose it was: a manager's claim in between is a person's decision. */
async function giveLeads(tx: Tx, changes: readonly CallChange[]): Promise<void> {
  const rows = changes.flatMap(({ id, give, now }) =>
    give === undefined || now.placed === undefined
      ? []
      : [{ callId: id, to: give.to, from: give.from, ...now.placed }],
  );
  if (rows.length === 0) return;
  rows.sort((a, b) => (a.leadId < b.leadId ? -1 : 1));
  await tx`
    with wanted as (
      select distinct on (lead_id) * from unnest(${plainColumn(rows.map((row) => row.leadId))}::uuid[],
        ${plainColumn(rows.map((row) => row.to))}::uuid[], ${plainColumn(rows.map((row) => row.from))}::uuid[],
        ${plainColumn(rows.map((row) => row.messageId))}::uuid[]) as w (lead_id, to_user, from_user, message_id)
    ), given as (
      update leads l set owner_id = w.to_user, claimed_at = now(), offered_to = null, offer_until = null
      from wanted w where l.id = w.lead_id and l.closed_at is null and l.owner_id is not distinct from w.from_user
      returning l.id, l.contact_id, w.to_user, w.from_user, w.message_id
    ), history as (
      insert into lead_events (lead_id, actor_id, kind, data)
      select id, to_user, 'claimed', jsonb_build_object('call', message_id)
        || case when from_user is null then '{}' else jsonb_build_object('from', from_user) end
      from given
    )
    update contacts c set owner_id = g.to_user from given g
    where c.id = g.contact_id and c.owner_id is distinct from g.to_user`;
}

/** One open promise a lead: a further missed call makes it no later, only more urgent to look at. */
async function promiseCallbacks(tx: Tx, changes: readonly CallChange[]): Promise<void> {
  const rows = changes.flatMap(({ id, missed, now }) =>
    missed === undefined || now.placed === undefined ? [] : [{ callId: id, ...missed, ...now.placed }],
  );
  if (rows.length === 0) return;
  rows.sort((a, b) => a.atMs - b.atMs);
  await tx`
    insert into callbacks as b (id, lead_id, contact_id, call_id, missed_at, missed, due_at)
    select (array_agg(i.id order by i.at))[1], i.lead_id, (array_agg(i.contact_id))[1],
      (array_agg(i.call_id order by i.at))[1], min(i.at), count(*), min(i.due)
    from unnest(${plainColumn(rows.map(() => newId()))}::uuid[], ${plainColumn(rows.map((row) => row.leadId))}::uuid[],
      ${plainColumn(rows.map((row) => row.contactId))}::uuid[], ${plainColumn(rows.map((row) => row.callId))}::uuid[],
      ${timeColumn(rows.map((row) => row.atMs))}::timestamptz[],
      ${timeColumn(rows.map((row) => row.dueMs))}::timestamptz[]) as i (id, lead_id, contact_id, call_id, at, due)
    join leads l on l.id = i.lead_id and l.closed_at is null
    -- Somebody has talked to them since: the news of the missed call came late.
    where not exists (select from calls c
      where c.contact_id = i.contact_id and c.outcome = 'answered' and coalesce(c.answered_at, c.started_at) >= i.at)
    group by i.lead_id
    on conflict (lead_id) where done_at is null
      do update set missed = b.missed + excluded.missed, due_at = least(b.due_at, excluded.due_at)`;
}

/** Somebody talked to the client: what was promised before that is kept, unless they called in vain again since. */
async function keepPromises(tx: Tx, changes: readonly CallChange[]): Promise<void> {
  const rows = changes.flatMap(({ id, answered, answeredBy, now }) =>
    answered === undefined || now.placed === undefined
      ? []
      : [{ callId: id, by: answeredBy, ...answered, ...now.placed }],
  );
  if (rows.length === 0) return;
  await tx`
    update callbacks b set done_at = now(), done_by = a.by_user,
      done_how = case when b.call_id = a.call_id then 'answered-after-all' else a.how end
    from unnest(${plainColumn(rows.map((row) => row.contactId))}::uuid[],
      ${plainColumn(rows.map((row) => row.callId))}::uuid[], ${plainColumn(rows.map((row) => row.by))}::uuid[],
      ${timeColumn(rows.map((row) => row.atMs))}::timestamptz[], ${textColumn(rows.map((row) => row.how))}::text[])
      as a (contact_id, call_id, by_user, at, how)
    where b.contact_id = a.contact_id and b.done_at is null and (b.missed_at <= a.at or b.call_id = a.call_id)
      and not exists (select from calls c
        where c.contact_id = b.contact_id and c.lead_id = b.lead_id and c.direction = 'inbound' and c.state = 'ended'
          and c.outcome <> 'answered' and c.ended_at > a.at)`;
}

/** Talking is an answer: the client no longer waits, and the first response is made. */
async function stopClocks(tx: Tx, changes: readonly CallChange[]): Promise<void> {
  const rows = changes.flatMap(({ answered, heardAtMs, now }) =>
    answered === undefined || now.placed === undefined
      ? []
      : [{ leadId: now.placed.leadId, atMs: Math.min(answered.atMs, heardAtMs), heardAtMs }],
  );
  if (rows.length === 0) return;
  rows.sort((a, b) => (a.leadId < b.leadId ? -1 : 1));
  await tx`
    update leads l set first_response_at = coalesce(l.first_response_at, greatest(l.opened_at, a.at)),
      unanswered_since = case when l.unanswered_since > a.heard_at then l.unanswered_since end
    from (select lead_id, min(at) as at, max(heard_at) as heard_at
      from unnest(${plainColumn(rows.map((row) => row.leadId))}::uuid[],
        ${timeColumn(rows.map((row) => row.atMs))}::timestamptz[],
        ${timeColumn(rows.map((row) => row.heardAtMs))}::timestamptz[]) as x (lead_id, at, heard_at)
      group by lead_id) a
    where l.id = a.lead_id`;
}

/** The provider rang us before it said that it blocks this caller: the lead that this opened is nobody's work. */
async function closeBlocked(tx: Tx, changes: readonly CallChange[]): Promise<void> {
  const ids = changes.flatMap(({ now: { call, opened, placed } }) =>
    call.outcome === 'blocked' && opened && placed !== undefined && !placed.leadClosed ? [placed.leadId] : [],
  );
  if (ids.length === 0) return;
  await tx`
    with closed as (
      update leads l set stage = 'lost', closed_at = greatest(now(), l.opened_at), offered_to = null, offer_until = null
      from (select id, stage from leads where id = any(${plainColumn(ids)}::uuid[])) before
      where l.id = before.id and l.owner_id is null and l.closed_at is null and l.messages = 1
      returning l.id, before.stage
    )
    insert into lead_events (lead_id, kind, data)
    select id, 'stage', jsonb_build_object('from', stage, 'to', 'lost', 'reason', 'blocked by the provider')
    from closed`;
}

/** So that an admin finds the names on the page where they are given to people. */
async function rememberExtensions(tx: Tx, changes: readonly CallChange[]): Promise<void> {
  const names = new Map(
    changes.flatMap(({ endpoint, seen, heardAtMs }) =>
      seen.map(
        (extension) => [`${endpoint.id}:${extension}`, { endpointId: endpoint.id, extension, heardAtMs }] as const,
      ),
    ),
  );
  if (names.size === 0) return;
  const rows = [...names.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  await tx`
    insert into extensions as e (endpoint_id, extension, seen_at)
    select * from unnest(${plainColumn(rows.map((row) => row.endpointId))}::uuid[],
      ${textColumn(rows.map((row) => row.extension))}::text[],
      ${timeColumn(rows.map((row) => row.heardAtMs))}::timestamptz[])
    on conflict (endpoint_id, extension) do update set seen_at = excluded.seen_at
    where e.seen_at is null or e.seen_at < excluded.seen_at - interval '1 hour'`;
}
