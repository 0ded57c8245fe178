/** Which master key is everything wrapped by? A wrapped key begins with 4 bytes that name it. */
import type { Sql } from '../db/open.ts';
import { openKeyring } from '../vault/vault.ts';

/** Hex. */
export function keyIdOf(master: Uint8Array): string {
  return openKeyring([master]).newKey('installation', 'id').wrapped.toString('hex', 0, 4);
}

export interface Wrapped {
  readonly contacts: number;
  readonly endpoints: number;
  readonly installation: number;
}

/** By the id of the master key; one statement, one snapshot. */
export async function countWrapped(sql: Sql): Promise<Map<string, Wrapped>> {
  const rows = await sql<(Wrapped & { key: string })[]>`
    select encode(key, 'hex') as key, count(*) filter (where kind = 'contact')::float8 as contacts,
      count(*) filter (where kind = 'endpoint')::float8 as endpoints,
      count(*) filter (where kind = 'installation')::float8 as installation
    from (
      select 'contact' as kind, substring(wrapped from 1 for 4) as key from contact_keys
      union all select 'endpoint', substring(key_wrap from 1 for 4) from endpoints
      union all select 'installation', substring(wrapped from 1 for 4) from vault_keys
    ) as every group by 1`;
  return new Map(rows.map(({ key, ...wrapped }) => [key, wrapped]));
}

export function sumOf({ contacts, endpoints, installation }: Wrapped): number {
  return contacts + endpoints + installation;
}
