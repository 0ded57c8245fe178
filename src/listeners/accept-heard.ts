/** accept, for what a listener heard: the lease, the delivery and its place in the line, in one statement. */
import type { Heard, InboundRequest } from '../channel.ts';
import type { Clock } from '../clock.ts';
import type { Sql } from '../db/open.ts';
import { prepare, type Waiting } from '../intake/accept.ts';
import type { OpenEndpoint } from '../intake/endpoint-book.ts';
import type { Vault } from '../vault/vault.ts';
import { heldLease, type Lease, LeaseLost } from './lease.ts';

export interface HeardDeps {
  readonly sql: Sql;
  readonly vault: Vault;
  readonly clock: Clock;
}

/** Resolves after the commit. @throws LeaseLost; what the database throws when it is away */
export async function acceptHeard(
  deps: HeardDeps,
  lease: Lease,
  endpoint: OpenEndpoint,
  heard: Heard,
  repeatKey: string | undefined,
): Promise<{ readonly delivery: string; readonly duplicate: boolean }> {
  const request: InboundRequest = {
    method: 'POST',
    url: `/in/${endpoint.channel.id}/${endpoint.context.key}`,
    headers: heard.headers ?? {},
    body: heard.body,
    address: '',
    receivedAt: heard.receivedAt ?? new Date(deps.clock.now()),
  };
  const one = prepare(deps.vault, deps.clock, endpoint, request, repeatKey);
  if (await store(deps.sql, lease, one, one.repeatKey)) return { delivery: one.id, duplicate: false };
  const [first] = await deps.sql<{ id: string; bodyMac: string }[]>`
    select id, body_mac as "bodyMac" from deliveries where repeat_key = ${one.repeatKey}`;
  if (first === undefined || first.bodyMac === one.bodyMac) return { delivery: first?.id ?? one.id, duplicate: true };
  // Another content under the same name (a server that numbers its mails anew): it is not a repeat, and it is kept.
  const fresh = await store(deps.sql, lease, one, one.conflictKey);
  return { delivery: one.id, duplicate: !fresh };
}

/** `false`: there is a delivery with this key. */
async function store(sql: Sql, lease: Lease, one: Waiting, key: string | null): Promise<boolean> {
  const [row] = await sql<{ held: boolean; stored: boolean }[]>`
    with lease as (${heldLease(sql, lease)}),
    stored as (
      insert into deliveries (id, endpoint_id, received_at, repeat_key, body_mac, raw)
      select ${one.id}::uuid, ${one.endpointId}::uuid, ${new Date(one.receivedAt)}::timestamptz, ${key}::uuid,
        ${one.bodyMac}::uuid, ${one.raw}::bytea
      where exists (select from lease)
      on conflict (repeat_key) where repeat_key is not null do nothing
      returning id
    ), queued as (
      insert into pending (delivery_id, endpoint_id, key_wrap, bytes)
      select id, ${one.endpointId}::uuid, ${one.keyWrap}::bytea, ${one.raw.length}::integer from stored
    )
    select exists (select from lease) as held, exists (select from stored) as stored`;
  if (row?.held !== true) throw new LeaseLost();
  return row.stored;
}
