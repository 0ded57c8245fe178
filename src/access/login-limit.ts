/**
 * How often one may guess. Counted in the database, before the password is looked at: exact when many guesses come at
 * once, the same on every replica, and not forgotten by a restart. What is counted is a keyed hash, not an address.
 */

import type { Clock } from '../clock.ts';
import { plainColumn } from '../db/columns.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import type { Vault } from '../vault/vault.ts';

const WINDOW_MS = 15 * 60_000;

/** Guesses in a window. An office shares one address; an account has one owner, who may try from two places. */
const LIMITS = { accountHere: 10, account: 40, address: 100 } as const;

export interface Guess {
  readonly email: string;
  /** The client's address, `''` when unknown. */
  readonly address: string;
}

function keysOf(vault: Pick<Vault, 'lookup'>, guess: Guess): Record<keyof typeof LIMITS, string> {
  const address = networkOf(guess.address);
  return {
    accountHere: vault.lookup('login account here', `${guess.email}\0${address}`),
    account: vault.lookup('login account', guess.email),
    address: vault.lookup('login address', address),
  };
}

/** An IPv6 customer has a whole /64 to guess from. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? 0 : tail.split(':').length;
    while (groups.length + after < 8 && groups.length < 4) groups.push('0');
  }
  return groups
    .slice(0, 4)
    .map((group) => group.padStart(4, '0'))
    .join(':');
}

/**
 * Counts one guess and throws 429 when it is one too many, for an account that exists just as for one that does not.
 */
export async function countGuess(
  sql: Sql,
  vault: Pick<Vault, 'lookup'>,
  clock: Clock,
  guess: Guess,
): Promise<{ readonly forget: () => Promise<void> }> {
  const keys = keysOf(vault, guess);
  const window = new Date(Math.floor(clock.now() / WINDOW_MS) * WINDOW_MS);
  const rows = await sql<{ key: string; hits: number }[]>`
    insert into rate_counters (key, window_start, hits)
    select key, ${window}::timestamptz, 1 from unnest(${plainColumn(Object.values(keys).sort())}::uuid[]) as k (key)
    on conflict (key, window_start) do update set hits = rate_counters.hits + 1
    returning key, hits`;
  const hits = new Map(rows.map((row) => [row.key, row.hits]));
  const over = Object.entries(LIMITS).some(([name, limit]) => (hits.get(keys[name as 'account']) ?? 0) > limit);
  if (over)
    throw new Rejected(429, 'Too many attempts to log in; please wait.', {
      retryAfterSeconds: Math.max(1, Math.ceil((window.getTime() + WINDOW_MS - clock.now()) / 1000)),
    });
  return {
    /** The password was right: the owner's earlier typing errors no longer count. The address keeps its count. */
    forget: async () => {
      await sql`delete from rate_counters
        where key = any(${plainColumn([keys.accountHere, keys.account])}::uuid[]) and window_start = ${window}`;
    },
  };
}
