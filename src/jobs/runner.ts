/**
 * run: work with the outside world, after the commit that asked for it. Every replica runs one runner; they share the
 * jobs through `for update skip locked`. Jobs of one lane (a conversation) run one after the other, in order.
 *
 * A job is held for `HELD_SECONDS` at a time; whoever finds one past that knows that its holder died in the middle, and
 * says so to the job: only it can tell whether doing it again is harmless (docs/decisions/0012).
 */
import { plainColumn, textColumn } from '../db/columns.ts';
import { isTransient, redact } from '../db/open.ts';
import { causeChain } from '../errors.ts';
import { newId } from '../ids.ts';
import type { EndpointBook } from '../intake/endpoint-book.ts';
import type { ToolDeps } from '../intake/tools.ts';
import type { Log } from '../log.ts';
import { runFetch } from './run-fetch.ts';
import { runSend } from './run-send.ts';

export interface JobDeps extends ToolDeps {
  readonly endpoints: EndpointBook;
  readonly log: Log;
  /** Endpoints whose listener runs in this process: only here can be sent through its connection. */
  readonly heldHere: () => readonly string[];
  /** Channels that send through their listener. */
  readonly boundChannels: readonly string[];
  /** What one call to a channel may take, ms; default 300,000. */
  readonly attemptMs?: number;
  /** Told after each job: metrics. */
  readonly onRan?: (kind: Job['kind'], result: Result) => void;
}

export interface Job {
  readonly id: string;
  readonly kind: 'send' | 'fetch';
  readonly subjectId: string;
  readonly endpointId: string;
  /** 1 at the first attempt. */
  readonly attempts: number;
  /** Somebody took it before and did not come back. */
  readonly orphaned: boolean;
}

export type Result = 'done' | 'again' | 'failed' | 'unknown' | 'gone';

export interface Jobs {
  /** There is something new: look now instead of at the next tick. */
  readonly wake: () => void;
  /** No new jobs from now on; resolves when those under way have ended. */
  readonly stop: () => Promise<void>;
}

const AT_ONCE = 8;
const TICK_MS = 1000;
/** A sign of life keeps a job held; whoever gives none for so long is taken for dead. */
const HELD_SECONDS = 30;
const SIGN_OF_LIFE_MS = 8000;

export function startJobs(deps: JobDeps): Jobs {
  const me = newId();
  const running = new Map<string, Promise<void>>();
  let stopping = false;
  let looking: Promise<void> | undefined;
  let woken = false;

  const look = async (): Promise<void> => {
    do {
      woken = false;
      const jobs = await takeJobs(deps, me, AT_ONCE - running.size);
      for (const job of jobs) {
        const work = runJob(deps, job).finally(() => {
          running.delete(job.id);
          wake();
        });
        running.set(job.id, work);
      }
    } while (woken && !stopping && running.size < AT_ONCE);
  };
  const wake = (): void => {
    woken = true;
    if (stopping || running.size >= AT_ONCE) return;
    looking ??= look()
      .catch((error: unknown) => deps.log.warn('jobs.not_taken', { causes: causeChain(redact(error)) }))
      .finally(() => {
        looking = undefined;
      });
  };
  const timer = setInterval(wake, TICK_MS);
  const life = setInterval(() => {
    if (running.size > 0) void stayHeld(deps, me, [...running.keys()]);
  }, SIGN_OF_LIFE_MS);
  wake();
  return {
    wake,
    stop: async () => {
      stopping = true;
      clearInterval(timer);
      await looking;
      await Promise.all(running.values());
      clearInterval(life);
    },
  };
}

/** Takes and runs what is due until nothing is: for commands and tests. Returns how many jobs ran. */
export async function drainJobs(deps: JobDeps): Promise<number> {
  const me = newId();
  for (let total = 0; ; ) {
    const jobs = await takeJobs(deps, me, AT_ONCE);
    if (jobs.length === 0) return total;
    await Promise.all(jobs.map((job) => runJob(deps, job)));
    total += jobs.length;
  }
}

async function takeJobs(deps: JobDeps, me: string, most: number): Promise<Job[]> {
  if (most <= 0) return [];
  return deps.sql<Job[]>`
    with due as (
      select j.id, j.held_by is not null as orphaned from jobs j
      where j.run_at <= now() and (j.held_until is null or j.held_until < now())
        and not exists (select from jobs e where e.lane = j.lane and e.id < j.id)
        and (j.kind <> 'send' or j.endpoint_id = any(${plainColumn(deps.heldHere())}::uuid[]) or not exists (
          select from endpoints p
          where p.id = j.endpoint_id and p.channel = any(${textColumn(deps.boundChannels)}::text[])))
      order by j.run_at limit ${most} for update of j skip locked
    )
    update jobs j set held_by = ${me}, held_until = now() + make_interval(secs => ${HELD_SECONDS}),
      attempts = least(j.attempts + 1, 30000)
    from due where due.id = j.id
    returning j.id, j.kind, j.subject_id as "subjectId", j.endpoint_id as "endpointId", j.attempts::integer,
      due.orphaned`;
}

/**
 * Jobs that are written back meanwhile have no row any more, or no holder. One that could not be written back is not
 * among those that run: its note runs out, and somebody looks at it again.
 */
async function stayHeld(deps: JobDeps, me: string, ids: readonly string[]): Promise<void> {
  await deps.sql`
    update jobs set held_until = now() + make_interval(secs => ${HELD_SECONDS})
    where held_by = ${me} and id = any(${plainColumn(ids)}::uuid[])`.catch((error: unknown) =>
    deps.log.warn('jobs.not_held', { causes: causeChain(redact(error)) }),
  );
}

async function runJob(deps: JobDeps, job: Job): Promise<void> {
  const began = performance.now();
  const { id, kind, attempts, endpointId } = job;
  try {
    const result = kind === 'send' ? await runSend(deps, job) : await runFetch(deps, job);
    deps.onRan?.(kind, result);
    const durationMs = Math.round(performance.now() - began);
    deps.log.info('job.ran', { job: id, kind, endpoint: endpointId, attempts, result, durationMs });
  } catch (error) {
    // Its holder's note runs out by itself, and the next one knows that nobody came back.
    deps.log[isTransient(error) ? 'warn' : 'error']('job.not_written_back', {
      job: id,
      kind,
      causes: causeChain(redact(error)),
    });
  }
}
