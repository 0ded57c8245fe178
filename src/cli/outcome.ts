import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '../db/open.ts';

export interface Outcome {
  readonly outcome: 'opened' | 'attached' | 'ignored' | 'quarantined' | 'pending';
  readonly reason: string | null;
  readonly leadId: string | null;
}

const WAIT_MS = 20_000;
const POLL_MS = 100;

/** A server beside us may have been faster, and be in the middle of it. `pending` when it takes longer than 20 s. */
export async function awaitOutcome(sql: Sql, delivery: string): Promise<Outcome> {
  const began = Date.now();
  for (;;) {
    const [row] = await sql<Outcome[]>`
      select outcome, reason, lead_id as "leadId" from outcomes where delivery_id = ${delivery}`;
    if (row !== undefined) return row;
    if (Date.now() - began > WAIT_MS) return { outcome: 'pending', reason: null, leadId: null };
    await sleep(POLL_MS);
  }
}
