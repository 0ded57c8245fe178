import type { Sql } from '../db/open.ts';
import { makeKey } from './seal.ts';
import { blindIndex, openKeyring, type Vault } from './vault.ts';

const INDEX_KEY = 'blind-index';

/**
 * Opens the vault of this database: reads the index key, or makes it on the very first start (two replicas may race,
 * the row decides). Fails when the database belongs to another master key, so that nothing is written under a wrong
 * one.
 *
 * @param sql a session as inlet_system
 * @param masters 32 bytes each, newest first
 */
export async function openVault(sql: Sql, masters: readonly Uint8Array[]): Promise<Vault> {
  const ring = openKeyring(masters);
  const stored = async (): Promise<Uint8Array | undefined> => {
    const rows = await sql<{ wrapped: Uint8Array }[]>`select wrapped from vault_keys where purpose = ${INDEX_KEY}`;
    return rows[0]?.wrapped;
  };
  let wrapped = await stored();
  if (wrapped === undefined) {
    const fresh = ring.newKey('installation', INDEX_KEY).wrapped;
    await sql`insert into vault_keys (purpose, wrapped) values (${INDEX_KEY}, ${fresh}) on conflict do nothing`;
    wrapped = await stored();
  }
  if (wrapped === undefined) throw new Error('vault_keys holds no index key and none could be written');
  const indexKey = ring.openKey('installation', INDEX_KEY, wrapped);
  return { ...ring, lookup: blindIndex(makeKey(indexKey.export())) };
}
