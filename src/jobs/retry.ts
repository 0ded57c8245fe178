/** When a job comes again, and when it is given up. */
import type { Tx } from '../access/actor.ts';
import { timeOfId } from '../ids.ts';
import type { Job } from './runner.ts';

const BACKOFF_SECONDS = [2, 10, 30, 120, 600, 1800, 3600];
/** A provider that keeps saying "soon" is not asked more often than this. */
const MOST_POLITE_SECONDS = 30;
/** A provider that has been away for longer needs a person. */
const GIVE_UP_MS = 24 * 3_600_000;
/** However old it is: a message that lay behind a paused endpoint for days gets its chances too. */
const LEAST_ATTEMPTS = 5;

export function backoffSeconds(attempts: number): number {
  return BACKOFF_SECONDS[Math.min(attempts, BACKOFF_SECONDS.length) - 1] ?? 2;
}

/** The provider named a time: that one, or a longer one when it has been asking for patience again and again. */
export function laterSeconds(attempts: number, asked: number): number {
  return Math.max(asked, Math.min(backoffSeconds(attempts), MOST_POLITE_SECONDS));
}

/** By its age, not by its attempts: "come back in a second" said 28 times is half a minute, not a day. */
export function isSpent(job: Job, nowMs = Date.now()): boolean {
  return job.attempts >= LEAST_ATTEMPTS && nowMs - timeOfId(job.id) >= GIVE_UP_MS;
}

/** The answer, or an error once the time is up: a channel that does not heed its signal must not hold its place. */
export async function withinTime<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(ms);
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer within ${ms} ms`)), { once: true });
  });
  return Promise.race([work(signal), late]);
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
