/** Looking into an installation from beside it: the oracle's own connection and keys, never the server's. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { channels } from '../../channels/node.ts';
import type { Actor } from '../../src/access/actor.ts';
import { systemClock } from '../../src/clock.ts';
import { openDatabase, type Sql } from '../../src/db/open.ts';
import { livingPostmaster } from '../../src/db/postmaster.ts';
import { createEndpointBook, type EndpointBook } from '../../src/intake/endpoint-book.ts';
import { createEndpoint, type Endpoint, type EndpointTools } from '../../src/intake/endpoints.ts';
import { loadMasterKey } from '../../src/vault/master-key.ts';
import { openVault } from '../../src/vault/open-vault.ts';
import type { Vault } from '../../src/vault/vault.ts';

export const ADMIN: Actor = { userId: null, role: 'admin', name: 'cli', language: 'en' };

export interface Inside {
  readonly sql: Sql;
  readonly vault: Vault;
  readonly endpoints: EndpointBook;
  readonly tools: EndpointTools;
  readonly newForm: (name: string, settings?: Readonly<Record<string, unknown>>) => Promise<Endpoint>;
  readonly close: () => Promise<void>;
}

/** The superuser's address of the embedded server in this data folder, without starting one. */
export async function embeddedUrl(dataDir: string): Promise<string> {
  const dir = path.join(dataDir, 'postgres');
  const living = await livingPostmaster(dir);
  if (living === undefined) throw new Error(`no server runs in ${dir}`);
  const password = (await readFile(`${dir}-password`, 'utf8')).trim();
  return `postgres://postgres:${password}@127.0.0.1:${living.port}/inlet`;
}

/** @param masterKey as INLET_MASTER_KEY takes it; absent: the file in the data folder */
export async function openInside(databaseUrl: string, dataDir: string, masterKey?: string): Promise<Inside> {
  const { keys } = await loadMasterKey({ masterKey, masterKeyFile: undefined, dataDir });
  // Not called inlet: a server that stops waits for other processes of Inlet, and this is none.
  const sql = openDatabase(databaseUrl, { max: 4, role: 'inlet_system', applicationName: 'oracle' });
  const vault = await openVault(sql, keys);
  const config = { publicUrl: 'http://127.0.0.1', trustedProxies: [], version: '0.0.0' };
  const tools: EndpointTools = { sql, vault, channels, config, clock: systemClock };
  return {
    sql,
    vault,
    tools,
    endpoints: createEndpointBook(vault, channels, config, systemClock),
    newForm: (name, settings = {}) => createEndpoint(tools, ADMIN, { channel: 'form', name, settings }),
    close: () => sql.end({ timeout: 1 }),
  };
}
