/** What a listener says of itself, for the endpoint's page, /metrics and the head's alarms. */
import { asSystem } from '../access/actor.ts';
import type { Health } from '../channel.ts';
import type { Sql } from '../db/open.ts';
import { newId } from '../ids.ts';
import type { OpenEndpoint } from '../intake/endpoint-book.ts';
import { announce } from '../leads/announce.ts';
import { type Place, seal } from '../vault/seal.ts';
import { heldLease, type Lease } from './lease.ts';

/** QR codes and pairing codes: whoever has them has the account. */
export function pairingPlace(endpointId: string): Place {
  return { table: 'endpoint_health', column: 'pairing', row: endpointId, subject: endpointId };
}

/** Written under the lease: a frozen holder must not paint over what its successor says. */
export async function writeHealth(sql: Sql, lease: Lease, endpoint: OpenEndpoint, health: Health): Promise<void> {
  const { pairing } = health;
  const sealed =
    pairing === undefined ? null : seal(endpoint.dataKey, pairingPlace(endpoint.id), JSON.stringify(pairing));
  await asSystem(sql, async (tx) => {
    const [before] = await tx<{ state: string; account: string | null }[]>`
      select state, account from endpoint_health where endpoint_id = ${endpoint.id}`;
    const written = await tx`
      with lease as (${heldLease(tx, lease)})
      insert into endpoint_health as h (endpoint_id, state, since, account, detail, retry_at, pairing, reported_at)
      select ${endpoint.id}::uuid, ${health.state}::text, now(), ${health.as ?? null}::text,
        ${health.detail?.slice(0, 500) ?? null}::text, ${health.retryAt ?? null}::timestamptz, ${sealed}::bytea, now()
      where exists (select from lease)
      on conflict (endpoint_id) do update set state = excluded.state,
        since = case when h.state = excluded.state then h.since else excluded.since end,
        account = coalesce(excluded.account, h.account), detail = excluded.detail, retry_at = excluded.retry_at,
        pairing = excluded.pairing, reported_at = excluded.reported_at`;
    if (written.count === 0) return;
    // Somebody who never was in is being set up: the person who does that is looking at the page already.
    const wasIn = before !== undefined && before.account !== null;
    if (health.state === 'needs-human' && wasIn)
      await tx`
        insert into alarms (id, endpoint_id, kind, detail)
        values (${newId()}, ${endpoint.id}, 'logged-out', ${health.detail?.slice(0, 500) ?? null})
        on conflict (endpoint_id, kind) where ended_at is null do nothing`;
    if (health.state === 'connected')
      await tx`update alarms set ended_at = now()
        where endpoint_id = ${endpoint.id} and kind = 'logged-out' and ended_at is null`;
    if (before?.state !== health.state || pairing !== undefined)
      await announce(tx, [{ type: 'endpoint', endpoint: endpoint.id }]);
  });
}
