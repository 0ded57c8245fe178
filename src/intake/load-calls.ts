/** What is known of the calls of a batch, under lock: two replicas that hear of one call take turns. */
import type { Tx } from '../access/actor.ts';
import { foldCall } from '../calls/fold.ts';
import { unsealFacts } from '../calls/pack-facts.ts';
import { plainColumn } from '../db/columns.ts';
import type { DataKey } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import { Overtaken } from './overtaken.ts';
import type { Item, Known, KnownCall } from './plan.ts';

interface CallRow {
  readonly id: string;
  readonly endpoint_id: string;
  readonly delivery_id: string;
  readonly message_id: string | null;
  readonly contact_id: string | null;
  readonly lead_id: string | null;
  readonly skipped: string | null;
  readonly opened: boolean;
  readonly given_to: string | null;
  readonly facts: Uint8Array;
  readonly queue_id: string | null;
  readonly owner_id: string | null;
  readonly closed: boolean | null;
  readonly wrapped: Uint8Array | null;
}

interface LoadedCalls extends Pick<Known, 'calls' | 'erasedCalls' | 'extensions' | 'rung'> {
  readonly contactKeys: ReadonlyMap<string, DataKey>;
}

const NONE: LoadedCalls = {
  calls: new Map(),
  erasedCalls: new Set(),
  extensions: new Map(),
  rung: new Map(),
  contactKeys: new Map(),
};

export async function loadCallsOf(tx: Tx, vault: Vault, items: readonly Item[]): Promise<LoadedCalls> {
  const ids = new Set<string>();
  const endpointKeys = new Map<string, DataKey>();
  for (const { verdict, endpoint } of items)
    if ('events' in verdict)
      for (const { event, eventKey } of verdict.events)
        if (event.call !== undefined && eventKey !== null) {
          ids.add(eventKey);
          endpointKeys.set(endpoint.id, endpoint.dataKey);
        }
  return ids.size === 0 ? NONE : loadCalls(tx, vault, [...ids], endpointKeys);
}

/** @param endpointKeys of every endpoint that these calls may belong to */
export async function loadCalls(
  tx: Tx,
  vault: Vault,
  ids: readonly string[],
  endpointKeys: ReadonlyMap<string, DataKey>,
): Promise<LoadedCalls> {
  const wanted = plainColumn(ids);
  const [locked, rows, names, routes] = await Promise.all([
    // Locked first, read by the next statement: a row that was waited for comes back new, but what is joined to it old.
    tx`select from calls where id = any(${wanted}::uuid[]) order by id for update`,
    tx<CallRow[]>`
      select c.id, c.endpoint_id, c.delivery_id, c.message_id, c.contact_id, c.lead_id, c.skipped, c.opened, c.given_to,
        c.facts, l.queue_id, l.owner_id, l.closed_at is not null as closed, k.wrapped
      from calls c left join leads l on l.id = c.lead_id left join contact_keys k on k.contact_id = c.contact_id
      where c.id = any(${wanted}::uuid[])`,
    tx<{ name: string; user_id: string }[]>`
      select endpoint_id::text || ':' || extension as name, user_id from extensions
      where endpoint_id = any(${plainColumn([...endpointKeys.keys()])}::uuid[]) and user_id is not null`,
    tx<{ call_id: string; people: string[] }[]>`
      select call_id, to_json(people) as people from call_routes where call_id = any(${wanted}::uuid[])`,
  ]);
  // Made by somebody else between the two statements: not locked, and so not ours to change.
  if (rows.length !== locked.length) throw new Overtaken('another replica heard of a call first');
  const calls = new Map<string, KnownCall>();
  const erasedCalls = new Set<string>();
  const contactKeys = new Map<string, DataKey>();
  for (const row of rows) {
    const key = keyOf(vault, row, endpointKeys);
    if (key === undefined) {
      erasedCalls.add(row.id);
      continue;
    }
    if (row.contact_id !== null) contactKeys.set(row.contact_id, key);
    calls.set(row.id, knownCall(row, key));
  }
  return {
    calls,
    erasedCalls,
    extensions: new Map(names.map((row) => [row.name, row.user_id])),
    rung: new Map(routes.map((row) => [row.call_id, row.people])),
    contactKeys,
  };
}

/** `undefined`: the contact was erased, and nobody can read the call any more. */
function keyOf(vault: Vault, row: CallRow, endpointKeys: ReadonlyMap<string, DataKey>): DataKey | undefined {
  if (row.contact_id === null) return endpointKeys.get(row.endpoint_id);
  return row.wrapped === null ? undefined : vault.openKey('contact', row.contact_id, row.wrapped);
}

function knownCall(row: CallRow, key: DataKey): KnownCall {
  const facts = unsealFacts(key, row.id, row.contact_id ?? row.endpoint_id, row.facts);
  return {
    facts,
    call: foldCall(facts),
    placed:
      row.message_id === null || row.contact_id === null || row.lead_id === null
        ? undefined
        : {
            messageId: row.message_id,
            contactId: row.contact_id,
            leadId: row.lead_id,
            queueId: row.queue_id ?? undefined,
            ownerId: row.owner_id,
            leadClosed: row.closed !== false,
          },
    skipped: row.skipped ?? undefined,
    opened: row.opened,
    givenTo: row.given_to,
    deliveryId: row.delivery_id,
    firstHeardMs: Math.min(...facts.map(({ heardAtMs }) => heardAtMs)),
    stored: true,
  };
}
