/**
 * The loop that keeps `pending` empty. Every replica runs one; they share the work through `for update skip locked`.
 *
 * Before a batch is touched, its ids are written down (`batch_claims`). If the process dies in the middle, somebody
 * finds
 * the note a minute later and counts an attempt against each: what has been counted is processed by itself, so a
 * delivery that kills its process can do so five times, alone, and then stands in quarantine.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { asSystem } from '../access/actor.ts';
import { plainColumn } from '../db/columns.ts';
import { isTransient, redact } from '../db/open.ts';
import { newId } from '../ids.ts';
import { MAX_ATTEMPTS, type ProcessDeps, processBatch, quarantineSpent } from './process.ts';

export interface Processor {
  /** Something new is pending: look now instead of at the next tick. */
  readonly wake: () => void;
  /** Finishes the batch under way and stops. */
  readonly stop: () => Promise<void>;
}

const MAX_BATCH = 400;
/** Unsealed bytes in memory at once; a batch of large attachments is small. */
const MAX_BATCH_BYTES = 32 << 20;
/** Nobody woke us: another replica may have died with its work undone. */
const IDLE_MS = 1000;
const RETRY_MS = 250;
const STALE_CLAIM_SECONDS = 60;

interface Picked {
  readonly delivery_id: string;
  readonly bytes: number;
}

/**
 * Notes a batch down and returns it: the oldest untried ones together, else one that failed before; with
 * `retriesFirst`
 * the other way round, so that neither waits for the other to run out.
 */
async function pick(deps: ProcessDeps, claimId: string, retriesFirst: boolean): Promise<string[]> {
  // The note must survive this process, not the database server: it need not wait for the disk.
  const rows = await deps.sql<(Picked & { relaxed: string })[]>`
    with again as (
      select delivery_id, bytes from pending
      where attempts > 0 and (not_before is null or not_before <= now())
      order by not_before limit 1 for update skip locked
    ), fresh as (
      select delivery_id, bytes from pending
      where attempts = 0 and (not ${retriesFirst}::boolean or not exists (select from again))
      order by delivery_id limit ${MAX_BATCH} for update skip locked
    ), picked as (
      select * from fresh union all
      select * from again where ${retriesFirst}::boolean or not exists (select from fresh)
    ), noted as (
      insert into batch_claims (id, delivery_ids)
      select ${claimId}, jsonb_agg(delivery_id) from picked having count(*) > 0
    )
    select delivery_id, bytes, set_config('synchronous_commit', 'off', true) as relaxed
    from picked order by delivery_id`;
  const ids: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += row.bytes;
    if (ids.length > 0 && bytes > MAX_BATCH_BYTES) break;
    ids.push(row.delivery_id);
  }
  return ids;
}

/**
 * One batch from note to outcome. Returns how many deliveries it looked at; 0 when nothing is pending.
 *
 * @param retriesFirst every other time in a loop: under steady traffic there is always something untried
 */
export async function processNext(deps: ProcessDeps, retriesFirst = false): Promise<number> {
  const claimId = newId();
  const ids = await pick(deps, claimId, retriesFirst);
  if (ids.length === 0) return 0;
  // Only a process that died leaves its note behind: a lock that timed out is not the deliveries' fault.
  await processBatch(deps, ids).catch(async (error: unknown) => {
    await strike(deps, claimId).catch(() => undefined);
    throw error;
  });
  await strike(deps, claimId);
  return ids.length;
}

async function strike(deps: ProcessDeps, claimId: string): Promise<void> {
  await deps.sql`
    with gone as (delete from batch_claims where id = ${claimId})
    select set_config('synchronous_commit', 'off', true)`;
}

/** Everything pending now, for the Worker's cron, the commands and tests. Returns how many deliveries it looked at. */
export async function drainPending(deps: ProcessDeps, maxBatches = 1000): Promise<number> {
  let total = 0;
  for (let batch = 0; batch < maxBatches; batch += 1) {
    const done = await processNext(deps, batch % 2 === 1);
    if (done === 0) break;
    total += done;
  }
  return total;
}

/**
 * Counts an attempt against what a dead process was working on. Whatever is locked is being worked on by somebody who
 * lives, however slowly: its note stays.
 */
export async function recoverClaims(deps: ProcessDeps): Promise<number> {
  return asSystem(deps.sql, async (tx) => {
    const counted = await tx<{ delivery_id: string; attempts: number }[]>`
      with stale as (
        select id, delivery_ids from batch_claims
        where claimed_at < now() - make_interval(secs => ${STALE_CLAIM_SECONDS}) for update skip locked
      ), noted as (
        select s.id as note, d.id::uuid as delivery_id
        from stale s, jsonb_array_elements_text(s.delivery_ids) as d (id)
      ), free as (
        select delivery_id from pending where delivery_id in (select delivery_id from noted) for update skip locked
      ), dead as (
        delete from batch_claims c using stale s
        where c.id = s.id and not exists (
          select from noted n join pending p using (delivery_id)
          where n.note = s.id and p.delivery_id not in (select delivery_id from free))
        returning c.id
      )
      update pending p set attempts = p.attempts + 1, not_before = now()
      where p.delivery_id in (select n.delivery_id from noted n join dead d on d.id = n.note)
      returning p.delivery_id, p.attempts`;
    const spent = counted.filter((row) => row.attempts >= MAX_ATTEMPTS).map((row) => row.delivery_id);
    if (spent.length > 0)
      await quarantineSpent(
        tx,
        spent,
        spent.map(() => 'the process died each time it worked on this delivery'),
      );
    if (counted.length > 0)
      deps.log.warn('claims.recovered', { deliveries: counted.length, quarantined: spent.length });
    return counted.length;
  });
}

export function startProcessor(deps: ProcessDeps): Processor {
  const stopping = new AbortController();
  let woken = false;
  let wakeUp: (() => void) | undefined;
  const wake = (): void => {
    woken = true;
    wakeUp?.();
  };
  const idle = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, IDLE_MS);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async (): Promise<void> => {
    let lastRecoveryMs = 0;
    let retriesFirst = false;
    while (!stopping.signal.aborted)
      try {
        if (performance.now() - lastRecoveryMs > 10_000) {
          await recoverClaims(deps);
          lastRecoveryMs = performance.now();
        }
        woken = false;
        const done = await processNext(deps, retriesFirst);
        retriesFirst = !retriesFirst;
        if (done === 0 && !woken && !stopping.signal.aborted) await idle();
      } catch (error) {
        deps.log[isTransient(error) ? 'warn' : 'error']('processor.stumbled', { error: redact(error).message });
        await sleep(RETRY_MS);
      }
  };
  const running = run();
  return {
    wake,
    stop: async () => {
      stopping.abort();
      wakeUp?.();
      await running;
    },
  };
}

/** Which of these are still pending: the Worker processes its own delivery after the answer. */
export async function processThese(deps: ProcessDeps, ids: readonly string[]): Promise<number> {
  const rows = await deps.sql<{ delivery_id: string }[]>`
    select delivery_id from pending where delivery_id = any(${plainColumn(ids)}::uuid[])`;
  return processBatch(
    deps,
    rows.map((row) => row.delivery_id),
  );
}
