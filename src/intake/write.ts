/**
 * write: the plan as a constant number of multi-row statements, sent down the connection together. The cost of a batch
 * does not grow with one statement per message. Everything personal is sealed on the way.
 */
import type { Tx } from '../access/actor.ts';
import { writeIdentityValue } from '../contacts/identity-value.ts';
import { trustLevel } from '../contacts/resolve.ts';
import { bytesColumn, jsonColumn, plainColumn, textColumn, timeColumn, toJsonb } from '../db/columns.ts';
import { newId } from '../ids.ts';
import { announce } from '../leads/announce.ts';
import { type DataKey, seal, wrapKey } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import { liveNotices } from './live-events.ts';
import { bodyOf } from './message-body.ts';
import { Overtaken } from './overtaken.ts';
import { contactPlace, deliveryKeyPlace } from './places.ts';
import type { NewMessage, Plan } from './plan.ts';
import { writeAttachments } from './write-attachments.ts';
import { writeCalls } from './write-calls.ts';
import { askForPhones, writeConversations } from './write-conversations.ts';

export interface Keys {
  readonly vault: Vault;
  /** Of the contacts that were known before. */
  readonly contacts: ReadonlyMap<string, DataKey>;
  /** By delivery. */
  readonly deliveries: ReadonlyMap<string, DataKey>;
}

export async function writePlan(tx: Tx, plan: Plan, keys: Keys, attempts: ReadonlyMap<string, number>): Promise<void> {
  const contactKeys = new Map(keys.contacts);
  const wrapped: Buffer[] = [];
  for (const contact of plan.contacts) {
    const made = keys.vault.newKey('contact', contact.id);
    contactKeys.set(contact.id, made.key);
    wrapped.push(made.wrapped);
  }
  const keyOf = (contactId: string): DataKey => {
    const key = contactKeys.get(contactId);
    if (key === undefined) throw new Error(`no key for contact ${contactId}`);
    return key;
  };
  // The first statement is the one that two batches can collide in: it fails before the rest has cost anything.
  await Promise.all([
    writeIdentities(tx, plan, keyOf),
    touchLeads(tx, plan),
    writeContacts(tx, plan, wrapped, keyOf),
    writeLeads(tx, plan),
    writeMessages(tx, plan, keyOf),
    writeAttachments(tx, plan, keyOf),
    writeConsents(tx, plan, keyOf),
    writeLeadEvents(tx, plan),
    writeSuspicions(tx, plan),
    writeOutcomes(tx, plan, keys, keyOf, attempts),
    announce(tx, liveNotices(plan)),
    writeConversations(tx, plan, keyOf),
    writeCalls(tx, [...plan.calls.values()], keyOf),
  ]);
  // Reads what the statements above have written.
  await askForPhones(tx, plan, keyOf);
}

async function writeIdentities(tx: Tx, plan: Plan, keyOf: (id: string) => DataKey): Promise<void> {
  if (plan.identities.length === 0) return;
  // In the order of the index: two batches that meet the same people wait in line instead of in a circle.
  const rows = [...plan.identities].sort((a, b) => (a.identity.lookup < b.identity.lookup ? -1 : 1));
  await tx`
    insert into identities (lookup, rank, contact_id, kind, trust, value, created_at)
    select * from unnest(${plainColumn(rows.map((row) => row.identity.lookup))}::uuid[],
      ${plainColumn(rows.map((row) => row.rank))}::smallint[], ${plainColumn(rows.map((row) => row.contactId))}::uuid[],
      ${textColumn(rows.map((row) => row.identity.kind))}::text[],
      ${plainColumn(rows.map((row) => trustLevel(row.identity.trust)))}::smallint[],
      ${bytesColumn(
        rows.map(({ identity, contactId }) =>
          seal(
            keyOf(contactId),
            contactPlace('identities', 'value', identity.lookup, contactId),
            writeIdentityValue({ display: identity.display, original: identity.value }),
          ),
        ),
      )}::bytea[], ${timeColumn(rows.map((row) => row.atMs))}::timestamptz[])`;
}

async function touchLeads(tx: Tx, plan: Plan): Promise<void> {
  if (plan.touched.size === 0) return;
  const rows = [...plan.touched.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  const touched = await tx`
    update leads l set messages = l.messages + t.count, last_message_at = greatest(l.last_message_at, t.at),
      unanswered_since = coalesce(case when not t.answered then l.unanswered_since end, t.unanswered)
    from (
      select x.* from unnest(${plainColumn(rows.map(([id]) => id))}::uuid[],
        ${plainColumn(rows.map(([, row]) => row.count))}::integer[],
        ${timeColumn(rows.map(([, row]) => row.atMs))}::timestamptz[],
        ${plainColumn(rows.map(([, row]) => row.answered))}::boolean[],
        ${timeColumn(rows.map(([, row]) => row.unansweredMs))}::timestamptz[])
        as x (id, count, at, answered, unanswered)
      -- Counted, not compared: the partial index on open leads, while its statistics are old, would look better
      -- than the primary key.
      join leads locked on locked.id = x.id and num_nulls(locked.closed_at) = 1
      order by x.id for update of locked
    ) t
    where l.id = t.id`;
  // Closed by a manager since it was loaded: the message deserves a lead of its own, not a grave.
  if (touched.count !== rows.length) throw new Overtaken('a lead was closed while a message for it was on its way');
}

async function writeContacts(
  tx: Tx,
  plan: Plan,
  wrapped: readonly Buffer[],
  keyOf: (id: string) => DataKey,
): Promise<void> {
  const sealedName = (id: string, name: string): Buffer =>
    seal(keyOf(id), contactPlace('contacts', 'name', id, id), name);
  const statements: Promise<unknown>[] = [];
  const rows = plan.contacts;
  if (rows.length > 0)
    statements.push(
      tx`
        with input as materialized (
          select * from unnest(${plainColumn(rows.map((row) => row.id))}::uuid[],
            ${timeColumn(rows.map((row) => row.createdAtMs))}::timestamptz[],
            ${bytesColumn(rows.map((row) => (row.name === undefined ? null : sealedName(row.id, row.name))))}::bytea[],
            ${textColumn(rows.map((row) => row.language))}::text[], ${bytesColumn(wrapped)}::bytea[])
            as i (id, created_at, name, language, wrapped)
        ), keyed as (
          insert into contact_keys (contact_id, wrapped) select id, wrapped from input
        )
        insert into contacts (id, created_at, name, language) select id, created_at, name, language from input`,
    );
  if (plan.names.length > 0)
    statements.push(
      tx`
        update contacts c set name = n.name
        from unnest(${plainColumn(plan.names.map((row) => row.contactId))}::uuid[],
          ${bytesColumn(plan.names.map((row) => sealedName(row.contactId, row.name)))}::bytea[]) as n (id, name)
        where c.id = n.id and c.name is null`,
    );
  await Promise.all(statements);
}

async function writeLeads(tx: Tx, plan: Plan): Promise<void> {
  const rows = plan.leads;
  if (rows.length === 0) return;
  await tx`
    insert into leads (id, contact_id, endpoint_id, channel, stage, queue_id, priority, opened_at, last_message_at,
      messages, repeat, language, source, senior_at, head_at, offered_to, offer_until, unanswered_since)
    select i.id, i.contact_id, i.endpoint_id, i.channel, 'new_request', i.queue_id, i.priority, i.at, i.at,
      i.messages, i.repeat, i.language, i.source, i.senior_at, i.head_at, i.offered_to, i.offer_until,
      i.unanswered
    from unnest(${plainColumn(rows.map((row) => row.id))}::uuid[],
      ${plainColumn(rows.map((row) => row.contactId))}::uuid[],
      ${plainColumn(rows.map((row) => row.endpoint.id))}::uuid[],
      ${textColumn(rows.map((row) => row.endpoint.channel.id))}::text[],
      ${plainColumn(rows.map((row) => row.route.queue.id))}::uuid[],
      ${plainColumn(rows.map((row) => row.route.priority))}::smallint[],
      ${timeColumn(rows.map((row) => row.openedAtMs))}::timestamptz[],
      ${plainColumn(rows.map((row) => row.messages))}::integer[],
      ${plainColumn(rows.map((row) => row.repeat))}::boolean[],
      ${textColumn(rows.map((row) => row.language))}::text[],
      ${jsonColumn(rows.map((row) => row.source))}::jsonb[],
      ${timeColumn(rows.map((row) => row.route.seniorAtMs))}::timestamptz[],
      ${timeColumn(rows.map((row) => row.route.headAtMs))}::timestamptz[],
      ${plainColumn(rows.map((row) => row.route.offer?.userId))}::uuid[],
      ${timeColumn(rows.map((row) => row.route.offer?.untilMs))}::timestamptz[],
      ${timeColumn(rows.map((row) => row.unansweredMs))}::timestamptz[])
      as i (id, contact_id, endpoint_id, channel, queue_id, priority, at, messages, repeat, language, source,
        senior_at, head_at, offered_to, offer_until, unanswered)`;
}

async function writeMessages(tx: Tx, plan: Plan, keyOf: (id: string) => DataKey): Promise<void> {
  const rows = plan.messages;
  if (rows.length === 0) return;
  await tx`
    insert into messages (id, contact_id, lead_id, endpoint_id, kind, direction, at, event_key, incomplete, body)
    select * from unnest(${plainColumn(rows.map((row) => row.id))}::uuid[],
      ${plainColumn(rows.map((row) => row.contactId))}::uuid[], ${plainColumn(rows.map((row) => row.leadId))}::uuid[],
      ${plainColumn(rows.map((row) => row.endpointId))}::uuid[],
      ${plainColumn(rows.map((row) => row.event.kind))}::text[],
      ${plainColumn(rows.map((row) => row.event.direction))}::text[],
      ${timeColumn(rows.map((row) => row.atMs))}::timestamptz[],
      ${plainColumn(rows.map((row) => row.eventKey))}::uuid[],
      ${plainColumn(rows.map((row) => row.event.incomplete === true))}::boolean[],
      ${bytesColumn(rows.map((row) => sealedBody(row, keyOf(row.contactId))))}::bytea[])`;
}

function sealedBody(row: NewMessage, key: DataKey): Buffer {
  const flags = row.flags.length === 0 ? undefined : row.flags;
  const providerId = row.event.reach === undefined ? undefined : row.event.eventId;
  const body = bodyOf(row.event, { flags, quotedId: row.quotedId, providerId });
  return seal(key, contactPlace('messages', 'body', row.id, row.contactId), toJsonb(body));
}

async function writeConsents(tx: Tx, plan: Plan, keyOf: (id: string) => DataKey): Promise<void> {
  const rows = plan.messages.flatMap((message) =>
    (message.event.consents ?? []).map((consent) => ({ id: newId(message.atMs), message, consent })),
  );
  if (rows.length === 0) return;
  await tx`
    insert into consents (id, contact_id, message_id, text_hash, purpose, given_at, address)
    select * from unnest(${plainColumn(rows.map((row) => row.id))}::uuid[],
      ${plainColumn(rows.map((row) => row.message.contactId))}::uuid[],
      ${plainColumn(rows.map((row) => row.message.id))}::uuid[],
      ${textColumn(rows.map((row) => row.consent.textHash))}::text[],
      ${textColumn(rows.map((row) => row.consent.purpose))}::text[],
      ${timeColumn(rows.map((row) => row.consent.givenAt.getTime()))}::timestamptz[],
      ${bytesColumn(
        rows.map(({ id, message, consent }) =>
          seal(keyOf(message.contactId), contactPlace('consents', 'address', id, message.contactId), consent.address),
        ),
      )}::bytea[])`;
}

async function writeLeadEvents(tx: Tx, plan: Plan): Promise<void> {
  const rows = plan.leadEvents;
  if (rows.length === 0) return;
  await tx`
    insert into lead_events (lead_id, at, kind, data)
    select * from unnest(${plainColumn(rows.map((row) => row.leadId))}::uuid[],
      ${timeColumn(rows.map((row) => row.atMs))}::timestamptz[], ${plainColumn(rows.map((row) => row.kind))}::text[],
      ${jsonColumn(rows.map((row) => row.data))}::jsonb[])`;
}

async function writeSuspicions(tx: Tx, plan: Plan): Promise<void> {
  const rows = plan.suspicions.map(({ contactId, otherId, messageId }) => {
    const [one = '', other = ''] = [contactId, otherId].sort();
    return { messageId, one, other };
  });
  if (rows.length === 0) return;
  await tx`
    insert into duplicate_suspicions (contact_id, other_id, message_id)
    select * from unnest(${plainColumn(rows.map((row) => row.one))}::uuid[],
      ${plainColumn(rows.map((row) => row.other))}::uuid[], ${plainColumn(rows.map((row) => row.messageId))}::uuid[])
    on conflict do nothing`;
}

async function writeOutcomes(
  tx: Tx,
  plan: Plan,
  keys: Keys,
  keyOf: (id: string) => DataKey,
  attempts: ReadonlyMap<string, number>,
): Promise<void> {
  const rows = plan.outcomes;
  if (rows.length === 0) return;
  const keyWrap = (row: (typeof rows)[number]): Buffer => {
    const { deliveryId, endpoint } = row.item;
    const key = keys.deliveries.get(deliveryId)!;
    if (row.contactId === null) return wrapKey(endpoint.dataKey, deliveryKeyPlace(deliveryId, endpoint.id), key);
    return wrapKey(keyOf(row.contactId), deliveryKeyPlace(deliveryId, row.contactId), key);
  };
  const ids = plainColumn(rows.map((row) => row.item.deliveryId));
  await tx`
    with done as (delete from pending where delivery_id = any(${ids}::uuid[]))
    insert into outcomes (delivery_id, endpoint_id, outcome, reason, contact_id, lead_id, key_wrap, attempts)
    select * from unnest(${ids}::uuid[], ${plainColumn(rows.map((row) => row.item.endpoint.id))}::uuid[],
      ${plainColumn(rows.map((row) => row.outcome))}::text[], ${textColumn(rows.map((row) => row.reason))}::text[],
      ${plainColumn(rows.map((row) => row.contactId))}::uuid[], ${plainColumn(rows.map((row) => row.leadId))}::uuid[],
      ${bytesColumn(rows.map(keyWrap))}::bytea[],
      ${plainColumn(rows.map((row) => attempts.get(row.item.deliveryId) ?? 0))}::smallint[])`;
}
