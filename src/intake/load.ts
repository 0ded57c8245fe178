/**
 * load: the batch's deliveries under lock, and everything in the base that they touch, in a constant number of
 * queries.
 */
import type { Tx } from '../access/actor.ts';
import type { Holder } from '../contacts/resolve.ts';
import { plainColumn } from '../db/columns.ts';
import type { DataKey } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import { loadCallsOf } from './load-calls.ts';
import type { Item, Known, KnownContact, KnownMessage, OpenLead, Outcome } from './plan.ts';

export interface LockedDelivery {
  readonly delivery_id: string;
  readonly endpoint_id: string;
  readonly key_wrap: Buffer;
  readonly contact_id: string | null;
  readonly lead_id: string | null;
  readonly was: Outcome | null;
  readonly attempts: number;
  readonly forgiven: boolean;
  readonly raw: Buffer;
  readonly edit_version: number | null;
  readonly edit_raw: Buffer | null;
  readonly contact_key: Buffer | null;
  readonly received_at: Date;
  readonly desk_version: number;
}

/** Locks what is still pending of these; what another replica holds is skipped. In order of arrival. */
export function lockDeliveries(tx: Tx, ids: readonly string[]): Promise<LockedDelivery[]> {
  return tx<LockedDelivery[]>`
    select p.delivery_id, p.endpoint_id, p.key_wrap, p.contact_id, p.lead_id, p.was, p.attempts, p.forgiven,
      d.raw, d.received_at, e.version as edit_version, e.raw as edit_raw, k.wrapped as contact_key,
      (select version from desk_version) as desk_version
    from pending p
    join deliveries d on d.id = p.delivery_id
    left join contact_keys k on p.was is not null and k.contact_id = p.contact_id
    left join lateral (
      select x.version, x.raw from delivery_edits x
      where p.was is not null and x.delivery_id = p.delivery_id order by x.version desc limit 1
    ) e on true
    where p.delivery_id = any(${plainColumn(ids)}::uuid[])
    order by p.delivery_id
    for update of p skip locked`;
}

/** The keys of the contacts that were found, so that the writer can seal for them. */
export interface Loaded {
  readonly known: Known;
  readonly contactKeys: ReadonlyMap<string, DataKey>;
}

interface KnownRow {
  lookup: string;
  rank: number;
  trust: number;
  contact_id: string;
  contact_owner: string | null;
  has_name: boolean;
  wrapped: Buffer | null;
  lead_id: string | null;
  lead_queue: string | null;
  lead_owner: string | null;
}

/** More holders than this of one key are not even counted: the key is shared by a crowd anyway. */
const MAX_HOLDERS = 50;

export async function loadKnown(tx: Tx, vault: Vault, items: readonly Item[]): Promise<Loaded> {
  const parts = items.flatMap(({ verdict }) =>
    'events' in verdict ? [...verdict.events, ...(verdict.news ?? [])] : [],
  );
  const lookups = [...new Set(parts.flatMap((one) => one.seen.map((identity) => identity.lookup)))];
  const [people, found, calls] = await Promise.all([
    loadPeople(tx, lookups),
    loadMessages(tx, items),
    loadCallsOf(tx, vault, items),
  ]);
  const holders = new Map<string, Holder[]>();
  const contacts = new Map<string, KnownContact>();
  const openLeads = new Map<string, OpenLead>();
  const contactKeys = new Map<string, DataKey>();
  for (const row of people) {
    if (row.wrapped === null) continue; // erased: the key is gone, and with it the person
    const list = holders.get(row.lookup) ?? [];
    list.push({ contactId: row.contact_id, rank: row.rank, trust: row.trust });
    holders.set(row.lookup, list);
    if (contacts.has(row.contact_id)) continue;
    contacts.set(row.contact_id, { id: row.contact_id, ownerId: row.contact_owner, hasName: row.has_name });
    contactKeys.set(row.contact_id, vault.openKey('contact', row.contact_id, row.wrapped));
    if (row.lead_id !== null && row.lead_queue !== null)
      openLeads.set(row.contact_id, { id: row.lead_id, queueId: row.lead_queue, ownerId: row.lead_owner });
  }
  for (const [id, key] of calls.contactKeys) contactKeys.set(id, key);
  const messages = new Map<string, KnownMessage>();
  for (const row of found) {
    if (row.wrapped === null) continue;
    if (!contactKeys.has(row.contact_id))
      contactKeys.set(row.contact_id, vault.openKey('contact', row.contact_id, row.wrapped));
    const message = messageOf(row);
    messages.set(row.id, message);
    if (row.key !== null) messages.set(row.key, message);
  }
  const lastLeads = await loadLastLeads(
    tx,
    items,
    [...contacts.keys()].filter((id) => !openLeads.has(id)),
  );
  const { contactKeys: _keys, ...known } = calls;
  return { known: { ...known, holders, contacts, openLeads, lastLeads, messages }, contactKeys };
}

const messageOf = (row: MessageRow): KnownMessage => ({
  id: row.id,
  contactId: row.contact_id,
  leadId: row.lead_id,
  incomplete: row.incomplete,
  queueId: row.queue_id ?? undefined,
  ownerId: row.owner_id,
});

async function loadPeople(tx: Tx, lookups: readonly string[]): Promise<KnownRow[]> {
  if (lookups.length === 0) return [];
  return tx<KnownRow[]>`
    select i.lookup, i.rank, i.trust, c.id as contact_id, c.owner_id as contact_owner, c.name is not null as has_name,
      k.wrapped, l.id as lead_id, l.queue_id as lead_queue, l.owner_id as lead_owner
    from unnest(${plainColumn(lookups)}::uuid[]) as wanted (lookup)
    join identities i on i.lookup = wanted.lookup and i.rank < ${MAX_HOLDERS}
    join contacts m on m.id = i.contact_id
    join contacts c on c.id = coalesce(m.merged_into, m.id)
    left join contact_keys k on k.contact_id = c.id
    left join leads l on l.contact_id = c.id and l.closed_at is null
    order by i.lookup, i.rank`;
}

interface MessageRow {
  readonly id: string;
  readonly key: string | null;
  readonly contact_id: string;
  readonly lead_id: string;
  readonly incomplete: boolean;
  readonly queue_id: string | null;
  readonly owner_id: string | null;
  readonly wrapped: Buffer | null;
}

/** Only replays, providers' event ids and what is said about them can meet a message that is there already. */
async function loadMessages(tx: Tx, items: readonly Item[]): Promise<MessageRow[]> {
  const ids: string[] = [];
  const keys = new Set<string>();
  for (const item of items) {
    if (!('events' in item.verdict)) continue;
    for (const one of item.verdict.events) {
      if (item.was !== null) ids.push(one.messageId);
      for (const key of [one.eventKey, one.quotes, ...(one.references ?? [])]) if (key) keys.add(key);
    }
    for (const one of item.verdict.news ?? []) if (one.of !== null) keys.add(one.of);
  }
  if (ids.length === 0 && keys.size === 0) return [];
  const wanted = plainColumn([...keys]);
  // A message that was completed since is whole, whatever its row says.
  return tx<MessageRow[]>`
    with found as (
      select id, null::uuid as key from messages where id = any(${plainColumn(ids)}::uuid[])
      union
      select coalesce(duplicate_of, id), event_key from messages where event_key = any(${wanted}::uuid[])
      union
      select message_id, event_key from message_ids where event_key = any(${wanted}::uuid[])
    )
    select m.id, f.key, m.contact_id, m.lead_id, l.queue_id, l.owner_id, k.wrapped,
      m.incomplete and not exists (
        select from message_changes c where c.message_id = m.id and c.kind = 'completed') as incomplete
    from found f join messages m on m.id = f.id left join leads l on l.id = m.lead_id
      left join contact_keys k on k.contact_id = m.contact_id`;
}

/** Asked only when somebody of ours wrote from the phone or the mailbox to a client without an open lead. */
async function loadLastLeads(
  tx: Tx,
  items: readonly Item[],
  contactIds: readonly string[],
): Promise<Map<string, string>> {
  const outbound = items.some(
    ({ verdict }) =>
      'events' in verdict &&
      verdict.events.some(({ event }) => event.direction === 'outbound' || event.call !== undefined),
  );
  if (!outbound || contactIds.length === 0) return new Map();
  const rows = await tx<{ contact_id: string; id: string }[]>`
    select distinct on (contact_id) contact_id, id from leads
    where contact_id = any(${plainColumn(contactIds)}::uuid[]) order by contact_id, opened_at desc`;
  return new Map(rows.map((row) => [row.contact_id, row.id]));
}
