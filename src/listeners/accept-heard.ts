/**
 * accept, for what a listener heard: the lease, the deliveries and their places in the line, in one statement. Whatever
 * is handed in while one is under way goes together in the next, so that a mailbox of thousands is not thousands of
 * commits.
 */
import type { Heard, InboundRequest } from '../channel.ts';
import type { Clock } from '../clock.ts';
import { plainColumn } from '../db/columns.ts';
import type { Sql } from '../db/open.ts';
import { columnsOf, prepare, type Waiting } from '../intake/accept.ts';
import type { OpenEndpoint } from '../intake/endpoint-book.ts';
import type { Vault } from '../vault/vault.ts';
import { heldLease, type Lease, LeaseLost } from './lease.ts';

export interface HeardDeps {
  readonly sql: Sql;
  readonly vault: Vault;
  readonly clock: Clock;
}

export interface HeardResult {
  readonly delivery: string;
  readonly duplicate: boolean;
}

/** Resolves after the commit. @throws LeaseLost; what the database throws when it is away */
export type AcceptHeard = (heard: Heard, repeatKey?: string) => Promise<HeardResult>;

const MAX_BATCH_ROWS = 200;
const MAX_BATCH_BYTES = 16 << 20;

interface Handed {
  readonly one: Waiting;
  readonly resolve: (result: HeardResult) => void;
  readonly reject: (error: unknown) => void;
}

export function heardAcceptor(deps: HeardDeps, lease: Lease, endpoint: OpenEndpoint): AcceptHeard {
  let waiting: Handed[] = [];
  let running = false;
  const takeBatch = (): Handed[] => {
    let bytes = 0;
    let rows = 0;
    const names = new Set<string>();
    // A multi-row insert cannot tell two rows of one name apart: the second goes into the next batch.
    for (const { one } of waiting) {
      if (rows >= MAX_BATCH_ROWS || (rows > 0 && bytes + one.raw.length > MAX_BATCH_BYTES)) break;
      if (one.repeatKey !== null && names.has(one.repeatKey)) break;
      if (one.repeatKey !== null) names.add(one.repeatKey);
      bytes += one.raw.length;
      rows += 1;
    }
    const batch = waiting.slice(0, rows);
    waiting = waiting.slice(rows);
    return batch;
  };
  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = takeBatch();
      try {
        const results = await storeAll(
          deps.sql,
          lease,
          batch.map(({ one }) => one),
        );
        batch.forEach(({ resolve }, at) => {
          resolve(results[at]!);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    running = false;
  };
  return (heard, repeatKey) => {
    const one = prepare(deps.vault, deps.clock, endpoint, requestOf(deps, endpoint, heard), repeatKey);
    return new Promise((resolve, reject) => {
      waiting.push({ one, resolve, reject });
      if (running) return;
      running = true;
      queueMicrotask(() => void run());
    });
  };
}

function requestOf(deps: HeardDeps, endpoint: OpenEndpoint, heard: Heard): InboundRequest {
  return {
    method: 'POST',
    url: `/in/${endpoint.channel.id}/${endpoint.context.key}`,
    headers: heard.headers ?? {},
    body: heard.body,
    address: '',
    receivedAt: heard.receivedAt ?? new Date(deps.clock.now()),
  };
}

async function storeAll(sql: Sql, lease: Lease, batch: readonly Waiting[]): Promise<HeardResult[]> {
  const fresh = await store(
    sql,
    lease,
    batch,
    batch.map((one) => one.repeatKey),
  );
  const repeats = batch.filter((one) => !fresh.has(one.id));
  const originals = repeats.length === 0 ? new Map<string, Original>() : await findOriginals(sql, repeats);
  const original = (one: Waiting): Original | undefined => originals.get(one.repeatKey ?? '');
  // Another content under the same name (a server that numbers its mails anew): it is not a repeat, and it is kept.
  const other = repeats.filter((one) => original(one) !== undefined && original(one)?.bodyMac !== one.bodyMac);
  const kept =
    other.length === 0
      ? fresh
      : await store(
          sql,
          lease,
          other,
          other.map((one) => one.conflictKey),
        );
  return batch.map((one) => {
    if (fresh.has(one.id) || kept.has(one.id)) return { delivery: one.id, duplicate: false };
    return { delivery: original(one)?.id ?? one.id, duplicate: true };
  });
}

/** Returns the ids of those that were not there yet. */
async function store(
  sql: Sql,
  lease: Lease,
  batch: readonly Waiting[],
  keys: readonly (string | null)[],
): Promise<Set<string>> {
  const columns = columnsOf(batch);
  const [row] = await sql<{ held: boolean; stored: string[] }[]>`
    with lease as (${heldLease(sql, lease)}),
    input as materialized (
      select * from unnest(${columns.ids}::uuid[], ${columns.endpoints}::uuid[], ${columns.times}::timestamptz[],
        ${plainColumn(keys)}::uuid[], ${columns.macs}::uuid[], ${columns.raws}::bytea[], ${columns.wraps}::bytea[])
        as i (id, endpoint_id, received_at, repeat_key, body_mac, raw, key_wrap)
      where exists (select from lease)
    ), stored as (
      insert into deliveries (id, endpoint_id, received_at, repeat_key, body_mac, raw)
      select id, endpoint_id, received_at, repeat_key, body_mac, raw from input order by repeat_key
      on conflict (repeat_key) where repeat_key is not null do nothing
      returning id
    ), queued as (
      insert into pending (delivery_id, endpoint_id, key_wrap, bytes)
      select i.id, i.endpoint_id, i.key_wrap, octet_length(i.raw) from input i join stored using (id)
    )
    select exists (select from lease) as held, coalesce((select jsonb_agg(id) from stored), '[]') as stored`;
  if (row?.held !== true) throw new LeaseLost();
  return new Set(row.stored);
}

interface Original {
  readonly id: string;
  readonly bodyMac: string;
}

async function findOriginals(sql: Sql, repeats: readonly Waiting[]): Promise<Map<string, Original>> {
  const rows = await sql<(Original & { key: string })[]>`
    select id, repeat_key as key, body_mac as "bodyMac" from deliveries
    where repeat_key = any(${plainColumn(repeats.map((one) => one.repeatKey))}::uuid[])`;
  return new Map(rows.map((row) => [row.key, row]));
}
