/**
 * Quarantine: deliveries that could not become a lead by themselves, with the reason, in front of the people whose
 * client it may be. They look, and then retry, edit and retry, or dismiss; each is on record.
 */
import { type Actor, asSystem, type Tx } from '../access/actor.ts';
import { audit } from '../access/audit.ts';
import type { InboundRequest } from '../channel.ts';
import type { Clock } from '../clock.ts';
import { maskText } from '../contacts/mask.ts';
import { spendReveal } from '../contacts/reveal.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { isId } from '../ids.ts';
import { type DataKey, seal } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import type { EndpointBook } from './endpoint-book.ts';
import type { LockedDelivery } from './load.ts';
import { editPlace } from './places.ts';
import { packRequest, withBody } from './raw.ts';
import { openDeliveryKey, openRequest } from './read-delivery.ts';
import { requeue } from './requeue.ts';

export interface QuarantineDeps {
  readonly sql: Sql;
  readonly vault: Vault;
  readonly endpoints: EndpointBook;
  readonly clock: Clock;
  /** Wakes the processor after a retry. */
  readonly wake: () => void;
}

export interface QuarantinedDelivery {
  readonly id: string;
  readonly endpoint: { readonly id: string; readonly name: string; readonly channel: string };
  readonly receivedAt: string;
  readonly decidedAt: string;
  readonly reason: string;
  readonly attempts: number;
  readonly size: number;
}

export interface QuarantinePage {
  readonly deliveries: QuarantinedDelivery[];
  readonly nextCursor: string | null;
  readonly total: number;
}

interface ListRow {
  id: string;
  endpoint_id: string;
  name: string;
  channel: string;
  received_at: Date;
  decided_at: Date;
  reason: string;
  attempts: number;
  size: number;
}

/** Newest first. `total` is counted up to 1,000. */
export async function listQuarantine(
  deps: Pick<QuarantineDeps, 'sql'>,
  page: { readonly cursor?: string | undefined; readonly limit?: number | undefined },
): Promise<QuarantinePage> {
  const limit = Math.min(Math.max(page.limit ?? 50, 1), 200);
  const before = page.cursor !== undefined && isId(page.cursor) ? page.cursor : 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  const [rows, counted] = await Promise.all([
    deps.sql<ListRow[]>`
      select o.delivery_id as id, o.endpoint_id, e.name, e.channel, d.received_at, o.decided_at, o.reason, o.attempts,
        octet_length(d.raw) as size
      from outcomes o join deliveries d on d.id = o.delivery_id join endpoints e on e.id = o.endpoint_id
      where o.outcome = 'quarantined' and o.delivery_id < ${before}
      order by o.delivery_id desc limit ${limit + 1}`,
    deps.sql<{ n: number }[]>`
      select count(*)::int as n from (select from outcomes where outcome = 'quarantined' limit 1000) x`,
  ]);
  const shown = rows.slice(0, limit);
  return {
    deliveries: shown.map((row) => ({
      id: row.id,
      endpoint: { id: row.endpoint_id, name: row.name, channel: row.channel },
      receivedAt: row.received_at.toISOString(),
      decidedAt: row.decided_at.toISOString(),
      reason: row.reason,
      attempts: row.attempts,
      size: row.size,
    })),
    nextCursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
    total: counted[0]?.n ?? 0,
  };
}

interface Opened {
  readonly request: InboundRequest;
  readonly key: DataKey;
  readonly editVersion: number;
}

/** The bytes of a quarantined delivery. Others are read through their lead, under its rights. */
async function open(deps: QuarantineDeps, tx: Tx, deliveryId: string): Promise<Opened> {
  const [row] = await tx<(LockedDelivery & { outcome: string })[]>`
    select o.delivery_id, o.endpoint_id, o.key_wrap, o.contact_id, o.lead_id, o.attempts, o.outcome,
      d.raw, d.received_at,
      e.version as edit_version, e.raw as edit_raw, k.wrapped as contact_key
    from outcomes o
    join deliveries d on d.id = o.delivery_id
    left join contact_keys k on k.contact_id = o.contact_id
    left join lateral (
      select x.version, x.raw from delivery_edits x where x.delivery_id = o.delivery_id order by x.version desc limit 1
    ) e on true
    where o.delivery_id = ${deliveryId} for update of o`;
  const endpoint = row === undefined ? undefined : await deps.endpoints.byId(deps.sql, row.endpoint_id);
  if (row === undefined || endpoint === undefined || row.outcome !== 'quarantined')
    throw new Rejected(404, 'This delivery is not in quarantine.');
  const key = openDeliveryKey(deps.vault, endpoint, row);
  return { request: openRequest(key, row), key, editVersion: row.edit_version ?? 0 };
}

export interface DeliveryContent {
  readonly id: string;
  readonly url: string;
  readonly contentType: string | null;
  readonly body: string;
  readonly binary: boolean;
}

/**
 * The body as text, on record: who looked at which delivery. It may hold anybody's phone: one of a manager's
 * reveals.
 */
export function readContent(deps: QuarantineDeps, actor: Actor, deliveryId: string): Promise<DeliveryContent> {
  return asSystem(deps.sql, async (tx) => {
    const { request } = await open(deps, tx, deliveryId);
    const text = new TextDecoder('utf-8').decode(request.body);
    if (actor.role === 'manager') await spendReveal(tx, deps.vault, actor, deps.clock.now());
    await audit(tx, { actor, action: 'delivery.read', target: `delivery:${deliveryId}` });
    return {
      id: deliveryId,
      url: request.url,
      contentType: request.headers['content-type'] ?? null,
      body: text,
      binary: text.includes('\uFFFD') || text.includes('\0'),
    };
  });
}

/** Once more with today's code; a suspicion (honeypot, too fast) is spent by the person who asks. */
export async function retry(deps: QuarantineDeps, actor: Actor, deliveryId: string): Promise<void> {
  await asSystem(deps.sql, async (tx) => {
    const moved = await requeue(tx, [deliveryId], { only: 'quarantined', forgiven: true });
    if (moved.length === 0) throw new Rejected(404, 'This delivery is not in quarantine.');
    await audit(tx, { actor, action: 'delivery.retried', target: `delivery:${deliveryId}` });
  });
  deps.wake();
}

/** Keeps the edited body beside the original and retries with it. */
export async function editAndRetry(
  deps: QuarantineDeps,
  actor: Actor,
  deliveryId: string,
  edit: { readonly body: string; readonly contentType?: string | undefined },
): Promise<void> {
  await asSystem(deps.sql, async (tx) => {
    const { request, key, editVersion } = await open(deps, tx, deliveryId);
    const version = editVersion + 1;
    const edited = withBody(request, Buffer.from(edit.body), edit.contentType);
    await tx`
      insert into delivery_edits (delivery_id, version, edited_by, raw)
      values (${deliveryId}, ${version}, ${actor.userId},
        ${seal(key, editPlace(deliveryId, version), packRequest(edited))})`;
    await requeue(tx, [deliveryId], { only: 'quarantined', forgiven: true });
    await audit(tx, { actor, action: 'delivery.edited', target: `delivery:${deliveryId}`, data: { version } });
  });
  deps.wake();
}

/**
 * Ignored for good, with who said so and why; a phone typed into the reason is masked. The bytes stay: a dismissed
 * delivery can still be replayed.
 */
export function dismiss(deps: QuarantineDeps, actor: Actor, deliveryId: string, reason: string): Promise<void> {
  return asSystem(deps.sql, async (tx) => {
    const done = await tx`
      update outcomes set outcome = 'ignored', decided_at = now(),
        reason = ${`dismissed: ${maskText(reason).slice(0, 300)}`}
      where delivery_id = ${deliveryId} and outcome = 'quarantined'`;
    if (done.count === 0) throw new Rejected(404, 'This delivery is not in quarantine.');
    await audit(tx, { actor, action: 'delivery.dismissed', target: `delivery:${deliveryId}` });
  });
}
