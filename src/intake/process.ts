/**
 * process: a batch of deliveries in one transaction. Load, decide, write; all or nothing. No network inside.
 *
 * Whatever goes wrong with one delivery stays with that delivery: a parser's bug is counted against it alone, and a
 * batch that the database refuses is halved until the one that it refuses stands by itself.
 */
import { asSystem, type Tx } from '../access/actor.ts';
import type { Clock } from '../clock.ts';
import { maskText } from '../contacts/mask.ts';
import { plainColumn, textColumn, timeColumn } from '../db/columns.ts';
import { isTransient, redact, type Sql } from '../db/open.ts';
import { causeChain } from '../errors.ts';
import type { Log } from '../log.ts';
import type { DeskBook } from '../routing/desk-book.ts';
import { holdDesk } from '../routing/desk-lock.ts';
import type { DataKey } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import { decide } from './decide.ts';
import type { EndpointBook } from './endpoint-book.ts';
import { type LockedDelivery, loadKnown, lockDeliveries } from './load.ts';
import { Overtaken } from './overtaken.ts';
import type { Item } from './plan.ts';
import { readDelivery } from './read-delivery.ts';
import { writePlan } from './write.ts';

export interface ProcessDeps {
  readonly sql: Sql;
  readonly vault: Vault;
  readonly endpoints: EndpointBook;
  readonly desk: DeskBook;
  readonly clock: Clock;
  readonly log: Log;
  /** How long one parse may take; default 10,000. */
  readonly parseLimitMs?: number;
  /** Called with the number of deliveries of each batch that was looked at. */
  readonly onProcessed?: (count: number) => void;
}

/** Attempts at one delivery before a person has to look at it. */
export const MAX_ATTEMPTS = 5;
const BACKOFF_MS = [1000, 5000, 30_000, 120_000];
/** Another batch got there first (a unique index said so, or a row changed): decide again, with what is true now. */
const MAX_REDECISIONS = 10;

/** Returns how many deliveries reached an outcome. @throws only what is transient: the batch is pending as before */
export async function processBatch(deps: ProcessDeps, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  try {
    return await processTogether(deps, ids);
  } catch (error) {
    if (isTransient(error)) throw error;
    if (ids.length === 1) return await countAgainst(deps, ids[0]!, error);
    deps.log.warn('batch.halved', { deliveries: ids.length, error: redact(error).message });
    const middle = ids.length >> 1;
    return (await processBatch(deps, ids.slice(0, middle))) + (await processBatch(deps, ids.slice(middle)));
  }
}

async function processTogether(deps: ProcessDeps, ids: readonly string[]): Promise<number> {
  for (let turn = 1; ; turn += 1)
    try {
      const startedMs = performance.now();
      const result = await asSystem(deps.sql, (tx) => processLocked(deps, tx, ids));
      deps.log.debug('batch.processed', { ...result, durationMs: Math.round(performance.now() - startedMs) });
      deps.onProcessed?.(result.deliveries);
      return result.deliveries;
    } catch (error) {
      if (turn >= MAX_REDECISIONS || !wasOvertaken(error)) throw error;
    }
}

function wasOvertaken(error: unknown): boolean {
  const { code, constraint_name } = error as { code?: string; constraint_name?: string };
  if (error instanceof Overtaken) return true;
  if (code === '40P01' || code === '40001') return true;
  const races = ['identities_pkey', 'leads_one_open', 'messages_event', 'messages_pkey', 'calls_pkey'];
  return code === '23505' && races.includes(constraint_name ?? '');
}

async function processLocked(
  deps: ProcessDeps,
  tx: Tx,
  ids: readonly string[],
): Promise<{ deliveries: number; leads: number; attached: number }> {
  const [, rows] = await Promise.all([holdDesk(tx), lockDeliveries(tx, ids)]);
  const none = { deliveries: 0, leads: 0, attached: 0 };
  if (rows.length === 0) return none;
  const deliveryKeys = new Map<string, DataKey>();
  const contactKeys = new Map<string, DataKey>();
  const items: Item[] = [];
  const failed: { row: LockedDelivery; error: unknown }[] = [];
  for (const row of rows)
    try {
      const endpoint = await deps.endpoints.byId(deps.sql, row.endpoint_id);
      if (endpoint === undefined) throw new Error(`endpoint ${row.endpoint_id} or its channel does not exist here`);
      const read = await readDelivery(deps.vault, endpoint, row, deps.parseLimitMs);
      if (row.contact_id !== null && row.contact_key !== null)
        contactKeys.set(row.contact_id, deps.vault.openKey('contact', row.contact_id, row.contact_key));
      deliveryKeys.set(row.delivery_id, read.deliveryKey);
      items.push(read.item);
    } catch (error) {
      if (isTransient(error)) throw error;
      failed.push({ row, error });
    }
  await setBack(deps, tx, failed);
  if (items.length === 0) return { ...none, deliveries: failed.length };
  const loaded = await loadKnown(tx, deps.vault, items);
  for (const [id, key] of loaded.contactKeys) contactKeys.set(id, key);
  const plan = decide(items, loaded.known, await deps.desk.current(tx, rows[0]!.desk_version), deps.clock.now());
  const attempts = new Map(rows.map((row) => [row.delivery_id, row.attempts + 1]));
  await writePlan(tx, plan, { vault: deps.vault, contacts: contactKeys, deliveries: deliveryKeys }, attempts);
  return { deliveries: rows.length, leads: plan.leads.length, attached: plan.messages.length - plan.leads.length };
}

/** A delivery that the database refused even when it stood alone. */
function countAgainst(deps: ProcessDeps, id: string, error: unknown): Promise<number> {
  return asSystem(deps.sql, async (tx) => {
    const [row] = await lockDeliveries(tx, [id]);
    if (row === undefined) return 0;
    await setBack(deps, tx, [{ row, error }]);
    return 1;
  });
}

/** Counts an attempt: again later, or, at the limit, quarantined with the whole chain of causes. */
async function setBack(
  deps: ProcessDeps,
  tx: Tx,
  failed: readonly { readonly row: LockedDelivery; readonly error: unknown }[],
): Promise<void> {
  if (failed.length === 0) return;
  for (const { row, error } of failed)
    deps.log.error('delivery.failed', {
      delivery: row.delivery_id,
      attempt: row.attempts + 1,
      causes: causeChain(redact(error)).map(maskText),
    });
  const again = failed.filter(({ row }) => row.attempts + 1 < MAX_ATTEMPTS);
  const spent = failed.filter(({ row }) => row.attempts + 1 >= MAX_ATTEMPTS);
  if (again.length > 0) {
    const when = again.map(({ row }) => deps.clock.now() + (BACKOFF_MS[row.attempts] ?? BACKOFF_MS.at(-1)!));
    await tx`
      update pending p set attempts = p.attempts + 1, not_before = a.at
      from unnest(${plainColumn(again.map(({ row }) => row.delivery_id))}::uuid[], ${timeColumn(when)}::timestamptz[])
        as a (id, at)
      where p.delivery_id = a.id`;
  }
  if (spent.length > 0)
    await quarantineSpent(
      tx,
      spent.map(({ row }) => row.delivery_id),
      spent.map(({ error }) => `error: ${maskText(causeChain(redact(error)).join(' <- '))}`.slice(0, 1000)),
    );
}

/**
 * Moves deliveries out of the way of the others; their keys stay as they are wrapped, so that a retry can read them.
 */
export async function quarantineSpent(tx: Tx, ids: readonly string[], reasons: readonly string[]): Promise<void> {
  await tx`
    with spent as (
      delete from pending p using unnest(${plainColumn(ids)}::uuid[], ${textColumn(reasons)}::text[]) as s (id, reason)
      where p.delivery_id = s.id
      returning p.delivery_id, p.endpoint_id, p.key_wrap, p.contact_id, p.lead_id, p.attempts, p.was, s.reason
    )
    insert into outcomes (delivery_id, endpoint_id, outcome, reason, contact_id, lead_id, key_wrap, attempts)
    select delivery_id, endpoint_id, case when was in ('opened', 'attached') then was else 'quarantined' end, reason,
      contact_id, lead_id, key_wrap, attempts + 1
    from spent`;
}
