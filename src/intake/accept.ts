/**
 * accept: commit the raw delivery, then answer. Nothing is parsed here.
 *
 * Concurrent accepts share one multi-row insert (group commit). Nobody waits for a timer: whoever arrives while a
 * batch
 * is in flight goes into the next one, so a lone request pays one round trip and a crowd pays one fsync together.
 */
import type { InboundRequest } from '../channel.ts';
import type { Clock } from '../clock.ts';
import { bytesColumn, plainColumn, timeColumn } from '../db/columns.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { newId } from '../ids.ts';
import { newDataKey, seal, wrapKey } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import type { OpenEndpoint } from './endpoint-book.ts';
import { deliveryKeyPlace, rawPlace } from './places.ts';
import { packRequest } from './raw.ts';

export interface Accepted {
  /** The delivery's id; of the first one when this is a repeat. */
  readonly delivery: string;
  readonly duplicate: boolean;
}

export interface Acceptor {
  /**
   * Resolves after the delivery is committed to the database. Rejects with `Rejected(503)` when that could not be
   * confirmed in time: the sender has to ask again, and a repeat key makes asking again harmless.
   */
  readonly accept: (endpoint: OpenEndpoint, request: InboundRequest, repeatKey?: string) => Promise<Accepted>;
  /** Waits until everything handed in so far is committed or refused. */
  readonly drain: () => Promise<void>;
}

export interface AcceptorOptions {
  readonly sql: Sql;
  readonly vault: Vault;
  readonly clock: Clock;
  /** Called after each commit, with the number of new deliveries. */
  readonly onCommitted: (count: number) => void;
  readonly onError: (error: unknown) => void;
  /** How long a request waits for its commit before it is told 503, ms. */
  readonly timeoutMs?: number;
}

/** A delivery on its way into the database. */
export interface Waiting {
  readonly id: string;
  readonly endpointId: string;
  readonly repeatKey: string | null;
  /** Under which a second content of the same repeat key is kept, once. */
  readonly conflictKey: string | null;
  readonly bodyMac: string;
  readonly raw: Buffer;
  readonly keyWrap: Buffer;
  readonly receivedAt: number;
  /** Set while somebody waits for the answer. */
  answer: { readonly resolve: (result: Accepted) => void; readonly reject: (error: unknown) => void } | undefined;
}

const MAX_BATCH_ROWS = 400;
const MAX_BATCH_BYTES = 8 << 20;
/** Above this the memory of waiting requests is the danger, not the database: answer 503 at once. */
const MAX_WAITING_ROWS = 20_000;
const MAX_WAITING_BYTES = 128 << 20;
const DEFAULT_TIMEOUT_MS = 5000;

const unavailable = (cause?: unknown): Rejected =>
  new Rejected(503, 'The request could not be stored right now; please send it again.', {
    retryAfterSeconds: 2,
    cause,
  });

export function createAcceptor(options: AcceptorOptions): Acceptor {
  const { sql, vault, clock, onCommitted, onError, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let running: Promise<void> | undefined;

  const takeBatch = (): Waiting[] => {
    let bytes = 0;
    let rows = 0;
    while (rows < waiting.length && rows < MAX_BATCH_ROWS && (rows === 0 || bytes < MAX_BATCH_BYTES)) {
      bytes += waiting[rows]!.raw.length;
      rows += 1;
    }
    const batch = waiting.slice(0, rows);
    waiting = waiting.slice(rows);
    waitingBytes -= bytes;
    return batch;
  };

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      // Whoever was told 503 meanwhile is not stored: nobody counts on it.
      const batch = takeBatch().filter((one) => one.answer !== undefined);
      if (batch.length === 0) continue;
      try {
        onCommitted(await store(sql, batch));
      } catch (error) {
        onError(error);
        for (const one of batch) one.answer?.reject(unavailable(error));
      }
    }
    running = undefined;
  };

  const accept = (endpoint: OpenEndpoint, request: InboundRequest, repeatKey?: string): Promise<Accepted> => {
    if (waiting.length >= MAX_WAITING_ROWS || waitingBytes >= MAX_WAITING_BYTES) return Promise.reject(unavailable());
    const one = prepare(vault, clock, endpoint, request, repeatKey);
    const answered = new Promise<Accepted>((resolve, reject) => {
      one.answer = { resolve, reject };
    });
    const timer = setTimeout(() => {
      one.answer?.reject(unavailable());
      one.answer = undefined;
    }, timeoutMs);
    waiting.push(one);
    waitingBytes += one.raw.length;
    running ??= Promise.resolve().then(run);
    return answered.finally(() => clearTimeout(timer));
  };

  return { accept, drain: async () => running };
}

/** Sealed and keyed, ready to be inserted. */
export function prepare(
  vault: Vault,
  clock: Clock,
  endpoint: OpenEndpoint,
  request: InboundRequest,
  repeatKey: string | undefined,
): Waiting {
  const receivedAt = clock.now();
  const id = newId(receivedAt);
  const key = newDataKey();
  const bodyMac = vault.lookup(`body:${endpoint.id}`, request.body);
  return {
    id,
    endpointId: endpoint.id,
    repeatKey: repeatKey === undefined ? null : vault.lookup(`repeat:${endpoint.id}`, repeatKey),
    conflictKey: repeatKey === undefined ? null : vault.lookup(`conflict:${endpoint.id}:${bodyMac}`, repeatKey),
    bodyMac,
    raw: seal(key, rawPlace(id), packRequest(request)),
    keyWrap: wrapKey(endpoint.dataKey, deliveryKeyPlace(id, endpoint.id), key),
    receivedAt,
    answer: undefined,
  };
}

/** Inserts the batch in one statement and answers everybody in it. Returns how many deliveries are to be processed. */
async function store(sql: Sql, batch: readonly Waiting[]): Promise<number> {
  if (batch.every((one) => one.repeatKey === null)) {
    await insertPlain(sql, batch);
    for (const one of batch) one.answer?.resolve({ delivery: one.id, duplicate: false });
    return batch.length;
  }
  const fresh = new Set(await insertUnlessRepeated(sql, batch));
  const repeats: Waiting[] = [];
  for (const one of batch)
    if (fresh.has(one.id)) one.answer?.resolve({ delivery: one.id, duplicate: false });
    else repeats.push(one);
  if (repeats.length > 0) await answerRepeats(sql, repeats);
  return fresh.size;
}

/** The hot case: no repeat keys, so nothing can conflict and nothing has to be asked back. */
async function insertPlain(sql: Sql, batch: readonly Waiting[]): Promise<void> {
  const columns = columnsOf(batch);
  await sql`
    with input as materialized (
      select * from unnest(${columns.ids}::uuid[], ${columns.endpoints}::uuid[], ${columns.times}::timestamptz[],
        ${columns.macs}::uuid[], ${columns.raws}::bytea[], ${columns.wraps}::bytea[])
        as i (id, endpoint_id, received_at, body_mac, raw, key_wrap)
    ), stored as (
      insert into deliveries (id, endpoint_id, received_at, body_mac, raw)
      select id, endpoint_id, received_at, body_mac, raw from input
    )
    insert into pending (delivery_id, endpoint_id, key_wrap, bytes)
    select id, endpoint_id, key_wrap, octet_length(raw) from input`;
}

async function insertUnlessRepeated(sql: Sql, batch: readonly Waiting[]): Promise<string[]> {
  const columns = columnsOf(batch);
  const rows = await sql<{ id: string }[]>`
    with input as materialized (
      select * from unnest(${columns.ids}::uuid[], ${columns.endpoints}::uuid[], ${columns.times}::timestamptz[],
        ${plainColumn(batch.map((one) => one.repeatKey))}::uuid[],
        ${columns.macs}::uuid[], ${columns.raws}::bytea[], ${columns.wraps}::bytea[])
        as i (id, endpoint_id, received_at, repeat_key, body_mac, raw, key_wrap)
    ), stored as (
      insert into deliveries (id, endpoint_id, received_at, repeat_key, body_mac, raw)
      select id, endpoint_id, received_at, repeat_key, body_mac, raw from input
      order by repeat_key -- two replicas with the same keys must not wait for each other in a circle
      on conflict (repeat_key) where repeat_key is not null do nothing
      returning id
    ), queued as (
      insert into pending (delivery_id, endpoint_id, key_wrap, bytes)
      select i.id, i.endpoint_id, i.key_wrap, octet_length(i.raw) from input i join stored using (id)
    )
    select id from stored`;
  return rows.map((row) => row.id);
}

/**
 * A repeat gets the first delivery's id. The same key with another content is somebody's mistake or attack, not a
 * repeat: it is kept beside the first one and shown to a person, never mixed into it.
 */
async function answerRepeats(sql: Sql, repeats: readonly Waiting[]): Promise<void> {
  const originals = await findByRepeatKey(
    sql,
    repeats.map((one) => one.repeatKey),
  );
  const conflicting: Waiting[] = [];
  for (const one of repeats) {
    const original = originals.get(one.repeatKey ?? '');
    if (original === undefined) one.answer?.reject(unavailable());
    else if (original.bodyMac === one.bodyMac) one.answer?.resolve({ delivery: original.id, duplicate: true });
    else conflicting.push(one);
  }
  if (conflicting.length === 0) return;
  await setAside(sql, conflicting);
  const kept = await findByRepeatKey(
    sql,
    conflicting.map((one) => one.conflictKey),
  );
  for (const one of conflicting) {
    const delivery = kept.get(one.conflictKey ?? '')?.id ?? one.id;
    one.answer?.resolve({ delivery, duplicate: delivery !== one.id });
  }
}

async function findByRepeatKey(
  sql: Sql,
  keys: readonly (string | null)[],
): Promise<Map<string, { readonly id: string; readonly bodyMac: string }>> {
  const rows = await sql<{ id: string; repeat_key: string; body_mac: string }[]>`
    select id, repeat_key, body_mac from deliveries where repeat_key = any(${plainColumn(keys)}::uuid[])`;
  return new Map(rows.map((row) => [row.repeat_key, { id: row.id, bodyMac: row.body_mac }]));
}

async function setAside(sql: Sql, conflicting: readonly Waiting[]): Promise<void> {
  const columns = columnsOf(conflicting);
  await sql`
    with input as materialized (
      select * from unnest(${columns.ids}::uuid[], ${columns.endpoints}::uuid[], ${columns.times}::timestamptz[],
        ${plainColumn(conflicting.map((one) => one.conflictKey))}::uuid[],
        ${columns.macs}::uuid[], ${columns.raws}::bytea[], ${columns.wraps}::bytea[])
        as i (id, endpoint_id, received_at, repeat_key, body_mac, raw, key_wrap)
    ), stored as (
      insert into deliveries (id, endpoint_id, received_at, repeat_key, body_mac, raw)
      select id, endpoint_id, received_at, repeat_key, body_mac, raw from input order by repeat_key
      on conflict (repeat_key) where repeat_key is not null do nothing
      returning id
    )
    insert into outcomes (delivery_id, endpoint_id, outcome, reason, key_wrap, attempts)
    select i.id, i.endpoint_id, 'quarantined', 'key-reused', i.key_wrap, 0 from input i join stored using (id)`;
}

/** A batch as array literals, one a column. */
interface Columns {
  readonly ids: string;
  readonly endpoints: string;
  readonly times: string;
  readonly macs: string;
  readonly raws: string;
  readonly wraps: string;
}

export function columnsOf(batch: readonly Waiting[]): Columns {
  return {
    ids: plainColumn(batch.map((one) => one.id)),
    endpoints: plainColumn(batch.map((one) => one.endpointId)),
    times: timeColumn(batch.map((one) => one.receivedAt)),
    macs: plainColumn(batch.map((one) => one.bodyMac)),
    raws: bytesColumn(batch.map((one) => one.raw)),
    wraps: bytesColumn(batch.map((one) => one.keyWrap)),
  };
}
