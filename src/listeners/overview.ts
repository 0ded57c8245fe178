/** How every endpoint is doing, for the admin's and the head's page, and what they can do about it. */
import { type Actor, asSystem } from '../access/actor.ts';
import { audit } from '../access/audit.ts';
import { mustBe } from '../access/must-be.ts';
import type { Channel } from '../channel.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { openEndpoint, type SealedEndpoint } from '../intake/endpoints.ts';
import { announce } from '../leads/announce.ts';
import { unsealText } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import { pairingPlace } from './health.ts';

export interface OverviewDeps {
  readonly sql: Sql;
  readonly vault: Vault;
  readonly channels: readonly Channel[];
}

interface Row extends SealedEndpoint {
  readonly channel: string;
  readonly paused: boolean;
  readonly state: 'connecting' | 'connected' | 'waiting' | 'needs-human' | null;
  readonly since: Date | null;
  readonly account: string | null;
  readonly detail: string | null;
  readonly retryAt: Date | null;
  readonly pairing: Uint8Array | null;
  readonly held: boolean;
  readonly lastDeliveryAt: Date | null;
  readonly deliveries24h: number;
  readonly jobs: number;
}

/** Looked at in the newest deliveries only: they have no index by endpoint. */
const RECENT_DELIVERIES = 20_000;

export async function listHealth(deps: OverviewDeps, actor: Actor) {
  mustBe(actor, 'admin', 'head');
  const rows = await deps.sql<Row[]>`
    with recent as (
      select endpoint_id, max(received_at) as last_at,
        count(*) filter (where received_at > now() - interval '1 day')::integer as day
      from (select endpoint_id, received_at from deliveries order by id desc limit ${RECENT_DELIVERIES}) as newest
      group by endpoint_id
    ), waiting as (select endpoint_id, count(*)::integer as jobs from jobs group by endpoint_id)
    select e.id, e.channel, e.key_wrap, e.settings, e.paused_at is not null as paused, h.state, h.since, h.account,
      h.detail, h.retry_at as "retryAt", h.pairing, coalesce(l.until > now(), false) as held,
      coalesce(r.last_at, a.last_at) as "lastDeliveryAt", coalesce(r.day, 0) as "deliveries24h",
      coalesce(w.jobs, 0) as jobs
    from endpoints e left join endpoint_health h on h.endpoint_id = e.id left join leases l on l.endpoint_id = e.id
      left join recent r on r.endpoint_id = e.id left join endpoint_activity a on a.endpoint_id = e.id
      left join waiting w on w.endpoint_id = e.id
    where e.deleted_at is null order by e.id`;
  return rows.map((row) => healthOf(deps, actor, row));
}

function healthOf({ vault, channels }: OverviewDeps, actor: Actor, row: Row) {
  const listens = hasListener(channels, vault, row);
  // What a holder said that is gone since, and that nobody has taken over, is old news.
  const state = row.paused
    ? ('paused' as const)
    : !listens || row.state === null
      ? ('not-started' as const)
      : row.held
        ? row.state
        : ('silent-holder' as const);
  // A pairing code is the account itself.
  const mayPair = actor.role === 'admin' && row.pairing !== null && state === 'needs-human';
  return {
    endpoint: row.id,
    listens,
    state,
    since: row.since?.toISOString() ?? null,
    account: row.account,
    detail: row.detail,
    retryAt: row.retryAt?.toISOString() ?? null,
    pairing: mayPair ? openPairing(vault, row) : null,
    lastDeliveryAt: row.lastDeliveryAt?.toISOString() ?? null,
    deliveries24h: row.deliveries24h,
    jobs: row.jobs,
  };
}

/** Of some channels only those endpoints that are set up so. */
function hasListener(channels: readonly Channel[], vault: Vault, row: Row): boolean {
  const channel = channels.find((one) => one.id === row.channel);
  const when = channel?.capabilities.listensWhen;
  if (channel?.listen === undefined || when === undefined) return channel?.listen !== undefined;
  return when.is.includes(String(openEndpoint(vault, row).settings[when.setting]));
}

function openPairing(vault: Vault, row: Row): { qr?: string; code?: string } {
  const { key } = openEndpoint(vault, row);
  return JSON.parse(unsealText(key, pairingPlace(row.id), row.pairing ?? Buffer.alloc(0))) as {
    qr?: string;
    code?: string;
  };
}

/** "Try now": whoever holds it ends its session and begins anew. */
export async function restartListener(sql: Sql, actor: Actor, endpointId: string): Promise<void> {
  mustBe(actor, 'admin');
  await asSystem(sql, async (tx) => {
    const [found] = await tx`select from endpoints where id = ${endpointId} and deleted_at is null`;
    if (found === undefined) throw new Rejected(404, 'There is no such endpoint.');
    await tx`
      insert into leases (endpoint_id, restart_at) values (${endpointId}, now())
      on conflict (endpoint_id) do update set restart_at = now()`;
    await audit(tx, { actor, action: 'endpoint.restarted', target: `endpoint:${endpointId}` });
    await announce(tx, [{ type: 'endpoint', endpoint: endpointId }]);
  });
}
