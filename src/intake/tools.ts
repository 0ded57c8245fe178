import type { Tools } from '../channel.ts';
import type { Clock } from '../clock.ts';
import type { Sql } from '../db/open.ts';
import { deriveSecret } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import type { OpenEndpoint } from './endpoint-book.ts';

export interface ToolDeps {
  readonly sql: Sql;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
}

/** What `verify` and `handshake` of one endpoint may use. */
export function toolsFor(deps: ToolDeps, endpoint: OpenEndpoint): Tools {
  return {
    fetch: deps.fetch,
    now: () => new Date(deps.clock.now()),
    secret: (purpose) => deriveSecret(endpoint.dataKey, purpose),
    once: async (value, ttlSeconds) => {
      const key = deps.vault.lookup(`once:${endpoint.id}`, value);
      const expires = new Date(deps.clock.now() + ttlSeconds * 1000);
      const rows = await deps.sql`
        insert into once_values (value, expires_at) values (${key}, ${expires}) on conflict do nothing returning value`;
      return rows.length === 1;
    },
  };
}
