/** A listener's cursors and sessions: sealed with the endpoint's key, written under the lease only. */
import type { ListenTools } from '../channel.ts';
import { bytesColumn, plainColumn } from '../db/columns.ts';
import type { Sql } from '../db/open.ts';
import type { OpenEndpoint } from '../intake/endpoint-book.ts';
import { type Place, seal, unsealText } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import { heldLease, type Lease, LeaseLost } from './lease.ts';

const MAX_NAME_CHARS = 500;

function statePlace(endpointId: string, lookup: string): Place {
  return { table: 'listener_state', column: 'value', row: lookup, subject: endpointId };
}

export function stateOf(
  { sql, vault }: { readonly sql: Sql; readonly vault: Vault },
  lease: Lease,
  endpoint: OpenEndpoint,
): ListenTools['state'] {
  const lookup = (name: string): string => {
    if (name.length > MAX_NAME_CHARS) throw new Error(`a name of more than ${MAX_NAME_CHARS} characters`);
    return vault.lookup(`state:${endpoint.id}`, name);
  };
  return {
    get: async (names) => {
      const byLookup = new Map(names.map((name) => [lookup(name), name]));
      const rows = await sql<{ name: string; value: Uint8Array }[]>`
        select name, value from listener_state
        where endpoint_id = ${endpoint.id} and name = any(${plainColumn([...byLookup.keys()])}::uuid[])`;
      return Object.fromEntries(
        rows.map((row) => [
          byLookup.get(row.name) ?? '',
          unsealText(endpoint.dataKey, statePlace(endpoint.id, row.name), row.value),
        ]),
      );
    },
    set: async (values) => {
      const entries = Object.entries(values).map(([name, value]) => ({ name: lookup(name), value }));
      if (entries.length === 0) return;
      const kept = entries.filter((one) => one.value !== null);
      const gone = entries.filter((one) => one.value === null);
      const sealed = kept.map(({ name, value }) => seal(endpoint.dataKey, statePlace(endpoint.id, name), value ?? ''));
      const [row] = await sql<{ held: boolean }[]>`
        with lease as (${heldLease(sql, lease)}),
        forgotten as (
          delete from listener_state
          where endpoint_id = ${endpoint.id} and name = any(${plainColumn(gone.map((one) => one.name))}::uuid[])
            and exists (select from lease)
        ), kept as (
          insert into listener_state (endpoint_id, name, value)
          select ${endpoint.id}::uuid, v.name, v.value
          from unnest(${plainColumn(kept.map((one) => one.name))}::uuid[], ${bytesColumn(sealed)}::bytea[])
            as v (name, value)
          where exists (select from lease)
          on conflict (endpoint_id, name) do update set value = excluded.value
        )
        select exists (select from lease) as held`;
      if (row?.held !== true) throw new LeaseLost();
    },
    clear: async () => {
      const [row] = await sql<{ held: boolean }[]>`
        with lease as (${heldLease(sql, lease)}),
        gone as (delete from listener_state where endpoint_id = ${endpoint.id} and exists (select from lease))
        select exists (select from lease) as held`;
      if (row?.held !== true) throw new LeaseLost();
    },
  };
}
