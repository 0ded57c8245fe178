/**
 * What happens by the clock: offers and escalations every second, sweeping every minute. Plain timers, no job queue:
 * each run finds its work by the state of the rows, whoever comes first does it, and a run that is late, lost or
 * doubled changes nothing. Node only; a Worker would call `tick` and `sweep` from a cron trigger.
 */
import { asSystem } from '../access/actor.ts';
import type { Clock } from '../clock.ts';
import { redact, type Sql } from '../db/open.ts';
import { causeChain } from '../errors.ts';
import { closeCalls } from '../intake/close-calls.ts';
import { watchEndpoints } from '../listeners/alarms.ts';
import type { Log } from '../log.ts';
import { tick } from '../routing/offers.ts';
import { expireRecordings } from './expire-recordings.ts';

export interface Timers {
  /** No new runs from now on; resolves when those under way have ended. */
  readonly stop: () => Promise<void>;
}

const TICK_MS = 1000;
const SWEEP_MS = 60_000;
const WATCH_MS = 60_000;
const CLOSE_MS = 20_000;
const EXPIRE_MS = 600_000;
/** Files of answers that were never sent. */
const UPLOADS_MS = 86_400_000;
/** Rate counters are kept for the longest window, a day, and a bit. */
const COUNTERS_MS = 26 * 3_600_000;
/** Why a call rang where it rang is asked in the days after it. */
const ROUTES_MS = 400 * 86_400_000;
const SWEEP_AT_ONCE = 10_000;

type TimerDeps = Parameters<typeof closeCalls>[0] & { readonly sql: Sql; readonly clock: Clock; readonly log: Log };

export function startTimers(deps: TimerDeps): Timers {
  const { sql, clock, log } = deps;
  const stops = [
    every(TICK_MS, 'offers.ticked', log, async () => {
      const done = await tick(sql, clock.now());
      return done === undefined || done.missed + done.offered + done.escalated === 0 ? undefined : { ...done };
    }),
    every(SWEEP_MS, 'sweep.done', log, async () => {
      const swept = await sweep(sql, clock.now());
      return swept === 0 ? undefined : { rows: swept };
    }),
    every(CLOSE_MS, 'calls.closed', log, async () => {
      const { closed, unplaced } = await closeCalls(deps);
      return closed + unplaced === 0 ? undefined : { closed, unplaced };
    }),
    every(EXPIRE_MS, 'recordings.expired', log, async () => {
      const deleted = await expireRecordings(deps);
      return deleted === 0 ? undefined : { deleted };
    }),
    every(WATCH_MS, 'endpoints.watched', log, async () => {
      const { raised, ended } = await watchEndpoints(sql);
      return raised + ended === 0 ? undefined : { raised, ended };
    }),
  ];
  return { stop: async () => void (await Promise.all(stops.map((stop) => stop()))) };
}

/** Never two runs of one kind at a time in this process: a slow one makes the next ones wait for their turn. */
function every(
  ms: number,
  event: string,
  log: Log,
  run: () => Promise<Record<string, number> | undefined>,
): () => Promise<void> {
  let running: Promise<void> | undefined;
  const once = async (): Promise<void> => {
    const began = Date.now();
    try {
      const fields = await run();
      if (fields !== undefined) log.info(event, { ...fields, ms: Date.now() - began });
    } catch (error) {
      log.warn(`${event}.failed`, { error: causeChain(redact(error)), ms: Date.now() - began });
    }
  };
  const timer = setInterval(() => {
    running ??= once().finally(() => {
      running = undefined;
    });
  }, ms);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/** Forgets what has run out: values that may be used once, counters, sessions, links. Returns how many rows. */
export async function sweep(sql: Sql, nowMs: number): Promise<number> {
  const now = new Date(nowMs);
  return asSystem(sql, async (tx) => {
    const results = await Promise.all([
      tx`delete from once_values where value in (
        select value from once_values where expires_at <= ${now} limit ${SWEEP_AT_ONCE} for update skip locked)`,
      tx`delete from rate_counters where ctid in (
        select ctid from rate_counters where window_start < ${new Date(nowMs - COUNTERS_MS)}
        limit ${SWEEP_AT_ONCE} for update skip locked)`,
      tx`delete from reveals where until <= ${now}`,
      tx`delete from sessions where expires_at <= ${now}`,
      tx`delete from setup_links where expires_at <= ${now}`,
      tx`delete from uploads where created_at < ${new Date(nowMs - UPLOADS_MS)}`,
      tx`delete from call_routes where call_id in (
        select call_id from call_routes where at < ${new Date(nowMs - ROUTES_MS)} limit ${SWEEP_AT_ONCE})`,
      tx`delete from endpoint_keys where valid_until <= ${now}`,
    ]);
    return results.reduce((sum, result) => sum + result.count, 0);
  });
}
