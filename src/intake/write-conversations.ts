/** What a batch adds to conversations: how to answer, what changed, what became of our own messages. */
import type { Tx } from '../access/actor.ts';
import type { Receipt } from '../channel.ts';
import { bytesColumn, plainColumn, textColumn, timeColumn, toJsonb } from '../db/columns.ts';
import { isId, newId } from '../ids.ts';
import { type DataKey, seal } from '../vault/seal.ts';
import type { MessageBody } from './message-body.ts';
import { bodyOf } from './message-body.ts';
import { Overtaken } from './overtaken.ts';
import { changePlace, contactPlace, reachPlace } from './places.ts';
import type { NewMessage, Plan } from './plan.ts';

type KeyOf = (contactId: string) => DataKey;

export async function writeConversations(tx: Tx, plan: Plan, keyOf: KeyOf): Promise<void> {
  await Promise.all([
    writeReaches(tx, plan, keyOf),
    writeAliases(tx, plan),
    writeChanges(tx, plan, keyOf),
    writeReceipts(tx, plan),
    settleUnknown(tx, plan),
    writeReachability(tx, plan),
    writeRaises(tx, plan),
    writeAnswered(tx, plan),
  ]);
}

async function writeAliases(tx: Tx, plan: Plan): Promise<void> {
  const rows = plan.messages.flatMap(({ id, aliases }) => aliases.map((alias) => ({ id, alias })));
  if (rows.length === 0) return;
  rows.sort((a, b) => (a.alias < b.alias ? -1 : 1));
  await tx`
    insert into message_ids (event_key, message_id)
    select * from unnest(${plainColumn(rows.map((row) => row.alias))}::uuid[],
      ${plainColumn(rows.map((row) => row.id))}::uuid[])
    on conflict do nothing`;
}

const nameOf = (message: NewMessage): string => `${message.contactId}:${message.endpointId}`;

/** By conversation, the newest of the batch: a multi-row upsert may touch each row once only. */
async function writeReaches(tx: Tx, plan: Plan, keyOf: KeyOf): Promise<void> {
  if (plan.conversations.length === 0) return;
  const newest = new Map<string, NewMessage & { lastInboundMs: number | undefined }>();
  for (const message of plan.conversations) {
    const before = newest.get(nameOf(message));
    const inboundMs = message.event.direction === 'inbound' ? message.atMs : undefined;
    const lastInboundMs = Math.max(before?.lastInboundMs ?? 0, inboundMs ?? 0) || undefined;
    const winner = before !== undefined && before.atMs > message.atMs ? before : message;
    newest.set(nameOf(message), { ...winner, lastInboundMs });
  }
  const rows = [...newest.values()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  await tx`
    insert into conversations as c (contact_id, endpoint_id, reach, reach_at, last_inbound_at, reachability_at)
    select i.*, i.last_inbound_at from unnest(${plainColumn(rows.map((row) => row.contactId))}::uuid[],
      ${plainColumn(rows.map((row) => row.endpointId))}::uuid[],
      ${bytesColumn(
        rows.map((row) =>
          seal(keyOf(row.contactId), reachPlace(row.contactId, row.endpointId), toJsonb(row.event.reach)),
        ),
      )}::bytea[],
      ${timeColumn(rows.map((row) => row.atMs))}::timestamptz[],
      ${timeColumn(rows.map((row) => row.lastInboundMs))}::timestamptz[])
      as i (contact_id, endpoint_id, reach, reach_at, last_inbound_at)
    on conflict (contact_id, endpoint_id) do update set
      reach = case when excluded.reach_at >= c.reach_at then excluded.reach else c.reach end,
      reach_at = greatest(c.reach_at, excluded.reach_at),
      last_inbound_at = greatest(c.last_inbound_at, excluded.last_inbound_at),
      reachability_at = greatest(c.reachability_at, excluded.last_inbound_at),
      blocked_at = case when excluded.last_inbound_at is null or excluded.last_inbound_at < c.blocked_at
        then c.blocked_at end`;
}

async function writeChanges(tx: Tx, plan: Plan, keyOf: KeyOf): Promise<void> {
  const rows = plan.changes;
  if (rows.length === 0) return;
  const sealed = ({ messageId, contactId, kind, atMs, event }: (typeof rows)[number]): Buffer | null =>
    event === undefined
      ? null
      : seal(keyOf(contactId), changePlace(messageId, contactId, kind, atMs), toJsonb(bodyOf(event)));
  const written = await tx<{ kind: string }[]>`
    insert into message_changes (message_id, contact_id, kind, at, body)
    select * from unnest(${plainColumn(rows.map((row) => row.messageId))}::uuid[],
      ${plainColumn(rows.map((row) => row.contactId))}::uuid[], ${plainColumn(rows.map((row) => row.kind))}::text[],
      ${timeColumn(rows.map((row) => row.atMs))}::timestamptz[], ${bytesColumn(rows.map(sealed))}::bytea[])
      as i (message_id, contact_id, kind, at, body)
    -- An edit that brought the content of an incomplete message, met again in a replay, is no edit of it.
    where kind <> 'edited' or not exists (
      select from message_changes c where c.message_id = i.message_id and c.kind = 'completed' and c.at = i.at)
    on conflict do nothing returning kind`;
  const completed = (some: readonly { readonly kind: string }[]): number =>
    some.filter(({ kind }) => kind === 'completed').length;
  // Another batch was quicker: its files are the message's files, ours would be a second set of them.
  if (completed(written) !== completed(rows)) throw new Overtaken('a message was completed by another batch');
}

const RANKS: Readonly<Record<Receipt['state'], number>> = { sent: 10, failed: 15, delivered: 20, read: 30 };

async function writeReceipts(tx: Tx, plan: Plan): Promise<void> {
  const best = new Map<string, Plan['receipts'][number]>();
  for (const one of plan.receipts) {
    const before = best.get(one.key);
    if (before === undefined || RANKS[one.receipt.state] > RANKS[before.receipt.state]) best.set(one.key, one);
  }
  if (best.size === 0) return;
  const rows = [...best.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  await tx`
    insert into receipts as r (event_key, rank, at, reason)
    select * from unnest(${plainColumn(rows.map((row) => row.key))}::uuid[],
      ${plainColumn(rows.map((row) => RANKS[row.receipt.state]))}::smallint[],
      ${timeColumn(rows.map((row) => row.atMs))}::timestamptz[],
      ${textColumn(rows.map((row) => row.receipt.reason?.slice(0, 300)))}::text[])
    on conflict (event_key) do update set rank = excluded.rank, at = excluded.at, reason = excluded.reason
    where r.rank < excluded.rank`;
}

/** The provider says which of our messages this is: one that nobody knew about has gone out after all. */
async function settleUnknown(tx: Tx, plan: Plan): Promise<void> {
  const named = plan.receipts.filter(({ receipt }) => isId(receipt.idempotencyKey ?? ''));
  if (named.length === 0) return;
  const rows = [...new Map(named.map((one) => [one.receipt.idempotencyKey ?? '', one])).entries()];
  await tx`
    with named as (
      select * from unnest(${plainColumn(rows.map(([id]) => id))}::uuid[],
        ${plainColumn(rows.map(([, one]) => one.endpointId))}::uuid[],
        ${plainColumn(rows.map(([, one]) => one.key))}::uuid[],
        ${timeColumn(rows.map(([, one]) => one.atMs))}::timestamptz[],
        ${plainColumn(rows.map(([, one]) => one.receipt.state !== 'failed'))}::boolean[])
        as n (message_id, endpoint_id, event_key, at, arrived)
    ), settled as (
      update sends s set state = 'sent', sent_at = n.at, reason = null from named n
      where s.message_id = n.message_id and s.endpoint_id = n.endpoint_id and s.state = 'unknown'
      returning n.message_id, n.event_key, n.arrived, s.lead_id, s.sent_at, s.queued_at
    ), answered as (
      update leads l set first_response_at = coalesce(l.first_response_at, greatest(s.sent_at, l.opened_at)),
        unanswered_since = case when l.unanswered_since > s.queued_at then l.unanswered_since end
      from settled s where l.id = s.lead_id and s.arrived
    )
    update messages m set event_key = s.event_key from settled s
    where m.id = s.message_id and m.event_key is null
      and not exists (select from messages o where o.event_key = s.event_key)`;
}

async function writeReachability(tx: Tx, plan: Plan): Promise<void> {
  const newest = new Map<string, Plan['reachability'][number]>();
  for (const one of plan.reachability) {
    const name = `${one.contactId}:${one.endpointId}`;
    if ((newest.get(name)?.atMs ?? 0) <= one.atMs) newest.set(name, one);
  }
  if (newest.size === 0) return;
  const rows = [...newest.values()];
  await tx`
    update conversations c set blocked_at = case when r.blocked then r.at end, reachability_at = r.at
    from unnest(${plainColumn(rows.map((row) => row.contactId))}::uuid[],
      ${plainColumn(rows.map((row) => row.endpointId))}::uuid[],
      ${plainColumn(rows.map((row) => !row.reachable))}::boolean[],
      ${timeColumn(rows.map((row) => row.atMs))}::timestamptz[]) as r (contact, endpoint, blocked, at)
    where c.contact_id = r.contact and c.endpoint_id = r.endpoint
      and (c.reachability_at is null or c.reachability_at <= r.at)`;
}

async function writeRaises(tx: Tx, plan: Plan): Promise<void> {
  const best = new Map<string, Plan['raises'][number]>();
  for (const one of plan.raises) if ((best.get(one.lookup)?.trust ?? -1) < one.trust) best.set(one.lookup, one);
  if (best.size === 0) return;
  const rows = [...best.values()].sort((a, b) => (a.lookup < b.lookup ? -1 : 1));
  await tx`
    update identities i set trust = r.trust
    from unnest(${plainColumn(rows.map((row) => row.lookup))}::uuid[],
      ${plainColumn(rows.map((row) => row.contactId))}::uuid[],
      ${plainColumn(rows.map((row) => row.trust))}::smallint[]) as r (lookup, contact_id, trust)
    where i.lookup = r.lookup and i.rank = 0 and i.contact_id = r.contact_id and i.trust < r.trust`;
}

/** Somebody of ours answered on the phone or in the mailbox: the first-response clock stops there too. */
async function writeAnswered(tx: Tx, plan: Plan): Promise<void> {
  if (plan.answered.size === 0) return;
  const rows = [...plan.answered].sort(([a], [b]) => (a < b ? -1 : 1));
  await tx`
    update leads l set first_response_at = greatest(l.opened_at, a.at)
    from unnest(${plainColumn(rows.map(([id]) => id))}::uuid[], ${timeColumn(rows.map(([, at]) => at))}::timestamptz[])
      as a (id, at)
    where l.id = a.id and l.first_response_at is null`;
}

interface Asked {
  readonly contact_id: string;
  readonly endpoint_id: string;
}

/**
 * The one question that the house asks by itself: for the phone, once a conversation, and never somebody whose phone
 * is known.
 */
export async function askForPhones(tx: Tx, plan: Plan, keyOf: KeyOf): Promise<void> {
  const asking = new Map(
    plan.messages.filter(({ event }) => event.askPhone !== undefined).map((message) => [nameOf(message), message]),
  );
  if (asking.size === 0) return;
  const wanted = [...asking.values()];
  const asked = await tx<Asked[]>`
    update conversations c set asked_at = now()
    from unnest(${plainColumn(wanted.map((one) => one.contactId))}::uuid[],
      ${plainColumn(wanted.map((one) => one.endpointId))}::uuid[]) as w (contact_id, endpoint_id)
    where c.contact_id = w.contact_id and c.endpoint_id = w.endpoint_id and c.asked_at is null
      and not exists (select from identities i where i.contact_id = c.contact_id and i.kind = 'phone')
    returning c.contact_id, c.endpoint_id`;
  const messages = asked.map((row) => ({
    id: newId(),
    because: asking.get(`${row.contact_id}:${row.endpoint_id}`)!,
  }));
  if (messages.length === 0) return;
  const sealed = ({ id, because }: (typeof messages)[number]): Buffer => {
    const body: MessageBody = { text: because.event.askPhone ?? '', ask: 'phone' };
    return seal(keyOf(because.contactId), contactPlace('messages', 'body', id, because.contactId), toJsonb(body));
  };
  await tx`
    with input as materialized (
      select * from unnest(${plainColumn(messages.map((one) => one.id))}::uuid[],
        ${plainColumn(messages.map((one) => one.because.contactId))}::uuid[],
        ${plainColumn(messages.map((one) => one.because.leadId))}::uuid[],
        ${plainColumn(messages.map((one) => one.because.endpointId))}::uuid[],
        ${bytesColumn(messages.map(sealed))}::bytea[]) as i (id, contact_id, lead_id, endpoint_id, body)
    ), spoken as (
      insert into messages (id, contact_id, lead_id, endpoint_id, kind, direction, at, body)
      select id, contact_id, lead_id, endpoint_id, 'text', 'outbound', now(), body from input
    ), work as (
      insert into jobs (id, kind, subject_id, endpoint_id, lane)
      select id, 'send', id, endpoint_id, md5(contact_id::text || endpoint_id::text)::uuid from input
    )
    insert into sends (message_id, contact_id, lead_id, endpoint_id)
    select id, contact_id, lead_id, endpoint_id from input`;
}
