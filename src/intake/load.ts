/**
 * load: the batch's deliveries under lock, and everything in the base that they touch, in a constant number of
 * queries.
 */
import type { Tx } from '../access/actor.ts';
import type { Holder } from '../contacts/resolve.ts';
import { plainColumn } from '../db/columns.ts';
import type { DataKey } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import type { Item, Known, KnownContact, OpenLead, Outcome } from './decide.ts';

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
  const events = items.flatMap((item) => ('events' in item.verdict ? item.verdict.events : []));
  const lookups = [...new Set(events.flatMap((one) => one.seen.map((identity) => identity.lookup)))];
  const [people, messages] = await Promise.all([loadPeople(tx, lookups), loadMessages(tx, items)]);
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
  return { known: { holders, contacts, openLeads, messages }, contactKeys };
}

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

/** Only replays and providers' event ids can meet a message that is there already. */
async function loadMessages(tx: Tx, items: readonly Item[]): Promise<Known['messages']> {
  const found = new Map<string, { contactId: string; leadId: string }>();
  const ids: string[] = [];
  const keys: string[] = [];
  for (const item of items)
    if ('events' in item.verdict)
      for (const one of item.verdict.events) {
        if (item.was !== null) ids.push(one.messageId);
        if (one.eventKey !== null) keys.push(one.eventKey);
      }
  if (ids.length === 0 && keys.length === 0) return found;
  const rows = await tx<{ id: string; event_key: string | null; contact_id: string; lead_id: string }[]>`
    select id, event_key, contact_id, lead_id from messages where id = any(${plainColumn(ids)}::uuid[])
    union
    select id, event_key, contact_id, lead_id from messages where event_key = any(${plainColumn(keys)}::uuid[])`;
  for (const row of rows) {
    const place = { contactId: row.contact_id, leadId: row.lead_id };
    found.set(row.id, place);
    if (row.event_key !== null) found.set(row.event_key, place);
  }
  return found;
}
