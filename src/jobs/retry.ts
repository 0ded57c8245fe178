/** When a job comes again. */
import type { Tx } from '../access/actor.ts';
import type { Job } from './runner.ts';

const BACKOFF_SECONDS = [2, 10, 30, 120, 600, 1800, 3600];
/** With the waits above: about a day. A provider that has been away for longer needs a person. */
export const MAX_ATTEMPTS = 28;

export function backoffSeconds(attempts: number): number {
  return BACKOFF_SECONDS[Math.min(attempts, BACKOFF_SECONDS.length) - 1] ?? 2;
}

export async function comeAgain(tx: Tx, job: Job, seconds: number): Promise<void> {
  await tx`
    update jobs set held_by = null, held_until = null, run_at = now() + make_interval(secs => ${seconds})
    where id = ${job.id}`;
}

/** The work is over, for good or bad. */
export async function endJob(tx: Tx, job: Job): Promise<void> {
  await tx`delete from jobs where id = ${job.id}`;
}
