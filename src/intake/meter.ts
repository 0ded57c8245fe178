/**
 * Rate limits per client address and per endpoint, exact across replicas and restarts: every request is counted in the
 * database before it is admitted. Requests that arrive together are counted in one statement, and a key that is over
 * its limit is refused from memory until its minute ends, so a flood costs less than honest traffic.
 */
import type { Clock } from '../clock.ts';
import { plainColumn } from '../db/columns.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { inTime } from '../in-time.ts';
import type { Vault } from '../vault/vault.ts';

export interface Limit {
  /** What is counted; hashed with the vault's key before it is stored. */
  readonly key: string;
  readonly perMinute: number;
}

export interface Meter {
  /** All of them must hold; put the narrowest first. @throws Rejected(429) with the seconds until the next window */
  readonly admit: (limits: readonly Limit[]) => Promise<void>;
}

const WINDOW_MS = 60_000;
const MAX_REFUSED = 50_000;
const COUNT_LIMIT_MS = 3000;

interface Waiting {
  readonly limits: readonly Limit[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function createMeter(sql: Sql, vault: Vault, clock: Clock): Meter {
  const refused = new Map<string, number>();
  let waiting: Waiting[] = [];
  let running = false;

  const windowOf = (ms: number): number => ms - (ms % WINDOW_MS);
  const tooMany = (): Rejected => {
    const seconds = Math.ceil((windowOf(clock.now()) + WINDOW_MS - clock.now()) / 1000);
    return new Rejected(429, 'Too many requests; please wait a moment.', { retryAfterSeconds: Math.max(1, seconds) });
  };

  /** The first limits of all are counted before the second: who is refused by his own limit uses up nobody else's. */
  const count = async (batch: readonly Waiting[]): Promise<void> => {
    const window = windowOf(clock.now());
    let left = batch;
    for (let turn = 0; left.length > 0; turn += 1) {
      const asked = new Map<string, number>();
      for (const { limits } of left) asked.set(limits[turn]!.key, (asked.get(limits[turn]!.key) ?? 0) + 1);
      const used = await addHits(sql, vault, asked, window);
      const next: Waiting[] = [];
      for (const one of left) {
        const { key, perMinute } = one.limits[turn]!;
        const hits = (used.get(key) ?? 0) + 1;
        used.set(key, hits);
        if (hits > perMinute) {
          if (refused.size >= MAX_REFUSED) refused.clear();
          refused.set(key, window);
          one.reject(tooMany());
        } else if (turn + 1 < one.limits.length) next.push(one);
        else one.resolve();
      }
      left = next;
    }
  };

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await inTime(count(batch), COUNT_LIMIT_MS);
      } catch (error) {
        for (const one of batch) one.reject(error);
      }
    }
    running = false;
  };

  return {
    admit: (limits) => {
      if (limits.length === 0) return Promise.resolve();
      const window = windowOf(clock.now());
      if (limits.some(({ key }) => refused.get(key) === window)) return Promise.reject(tooMany());
      return new Promise((resolve, reject) => {
        waiting.push({ limits, resolve, reject });
        if (running) return;
        running = true;
        queueMicrotask(() => void run());
      });
    },
  };
}

/** How often each key had been used before these hits. Losing a second of counts in a power cut hurts nobody. */
async function addHits(
  sql: Sql,
  vault: Vault,
  asked: ReadonlyMap<string, number>,
  windowMs: number,
): Promise<Map<string, number>> {
  const rows = [...asked].map(([key, hits]) => ({ key, hits, hashed: vault.lookup('rate', key) }));
  rows.sort((a, b) => (a.hashed < b.hashed ? -1 : 1)); // every replica locks counters in one order
  const totals = await sql<{ key: string; hits: number }[]>`
    with counted as (
      insert into rate_counters (key, window_start, hits)
      select k, ${new Date(windowMs)}::timestamptz, n
      from unnest(${plainColumn(rows.map((row) => row.hashed))}::uuid[],
        ${plainColumn(rows.map((row) => row.hits))}::integer[]) as t (k, n)
      on conflict (key, window_start) do update set hits = rate_counters.hits + excluded.hits
      returning key, hits
    )
    select key, hits, set_config('synchronous_commit', 'off', true) as relaxed from counted`;
  const after = new Map(totals.map((row) => [row.key, row.hits]));
  return new Map(rows.map((row) => [row.key, (after.get(row.hashed) ?? row.hits) - row.hits]));
}
