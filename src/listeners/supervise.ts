/**
 * Starts, watches and moves the listeners. Every replica runs one supervisor; each endpoint has one listener among
 * them, under a lease. A listener that ends is started again with back-off; one whose endpoint was changed, paused or
 * deleted is ended; one whose lease is gone is cut off.
 */
import type { Health, ListenTools } from '../channel.ts';
import { textColumn } from '../db/columns.ts';
import { redact } from '../db/open.ts';
import { causeChain } from '../errors.ts';
import { newId } from '../ids.ts';
import type { EndpointBook, OpenEndpoint } from '../intake/endpoint-book.ts';
import { type ToolDeps, toolsFor } from '../intake/tools.ts';
import type { Log } from '../log.ts';
import { heardAcceptor } from './accept-heard.ts';
import { writeHealth } from './health.ts';
import { LEASE_SECONDS, type Lease, LeaseLost, releaseLease, renewLeases, takeLease } from './lease.ts';
import { stateOf } from './state.ts';

export interface ListenerDeps extends ToolDeps {
  readonly endpoints: EndpointBook;
  readonly log: Log;
  /** Channels that listen. */
  readonly channels: readonly string[];
  /** Called after each commit of something heard. */
  readonly onAccepted: () => void;
  readonly timing?: Partial<Timing>;
}

export interface Timing {
  /** How often it looks for endpoints without a listener. */
  readonly lookMs: number;
  readonly renewMs: number;
  /** Waits after the first, second, ... failure in a row; the last one goes on. */
  readonly backoffMs: readonly number[];
  /** What only a person can mend is tried again by itself seldom: nobody should be locked out by our knocking. */
  readonly humanMs: number;
}

export interface Listeners {
  /** Endpoints whose listener runs here now. */
  readonly held: () => readonly string[];
  readonly stop: () => Promise<void>;
}

const TIMING: Timing = {
  lookMs: 2000,
  renewMs: 2500,
  backoffMs: [1000, 2000, 5000, 15_000, 30_000, 60_000],
  humanMs: 15 * 60_000,
};
/** Without a renewal for so long we do not know any more whether it is ours: cut off before somebody else may start. */
const BLIND_MS = (LEASE_SECONDS - 2) * 1000;
const STOP_WITHIN_MS = 8000;
const HEALTH_EVERY_MS = 30_000;

interface Wanted {
  readonly id: string;
  /** Changes with the settings, the name and the key. */
  readonly version: string;
}

interface Running {
  readonly lease: Lease;
  readonly version: string;
  readonly abort: AbortController;
  renewedAt: number;
  ended: Promise<void>;
}

export function startListeners(deps: ListenerDeps): Listeners {
  const me = newId();
  const timing = { ...TIMING, ...deps.timing };
  const running = new Map<string, Running>();
  let stopping = false;
  const busy = new Set<Promise<void>>();

  const look = async (): Promise<void> => {
    const wanted = new Map((await listWanted(deps)).map((one) => [one.id, one]));
    for (const [id, one] of running) if (wanted.get(id)?.version !== one.version) one.abort.abort();
    for (const { id, version } of wanted.values()) {
      if (stopping || running.has(id)) continue;
      const lease = await takeLease(deps.sql, id, me);
      if (lease === undefined) continue;
      if (stopping) await releaseLease(deps.sql, lease);
      else begin(lease, version);
    }
  };
  const begin = (lease: Lease, version: string): void => {
    const now = performance.now();
    const one: Running = {
      lease,
      version,
      abort: new AbortController(),
      renewedAt: now,
      ended: Promise.resolve(),
    };
    running.set(lease.endpointId, one);
    one.ended = hold(deps, one, timing)
      .catch((error: unknown) => deps.log.error('listener.broke', { causes: causeChain(redact(error)) }))
      .then(() => releaseLease(deps.sql, lease))
      .catch(() => undefined) // it runs out by itself
      .finally(() => running.delete(lease.endpointId));
  };
  const renew = async (): Promise<void> => {
    // Those that begin while we wait for the answer were not asked about.
    const all = [...running.values()];
    if (all.length === 0) return;
    const asked = performance.now();
    const ours = await renewLeases(
      deps.sql,
      all.map((one) => one.lease),
    );
    for (const one of all) {
      const still = ours.find((row) => row.endpointId === one.lease.endpointId && row.term === one.lease.term);
      if (still === undefined) one.abort.abort(new LeaseLost());
      else if (still.restartAt !== null && still.restartAt > one.lease.takenAt) one.abort.abort();
      else one.renewedAt = asked;
    }
  };
  const cutOff = (): void => {
    for (const one of running.values())
      if (performance.now() - one.renewedAt > BLIND_MS) one.abort.abort(new LeaseLost());
  };
  const every = (ms: number, event: string, work: () => Promise<void>): NodeJS.Timeout => {
    let under: Promise<void> | undefined;
    return setInterval(() => {
      if (event === 'listeners.renew') cutOff();
      if (under !== undefined) return;
      const turn = work()
        .catch((error: unknown) => deps.log.warn(event, { causes: causeChain(redact(error)) }))
        .finally(() => {
          under = undefined;
          busy.delete(turn);
        });
      under = turn;
      busy.add(turn);
    }, ms);
  };
  const timers = [every(timing.lookMs, 'listeners.look', look), every(timing.renewMs, 'listeners.renew', renew)];

  return {
    held: () => [...running.keys()],
    stop: async () => {
      stopping = true;
      for (const timer of timers) clearInterval(timer);
      await Promise.all(busy);
      const all = [...running.values()];
      for (const one of all) one.abort.abort();
      let late: NodeJS.Timeout | undefined;
      const given = new Promise<void>((resolve) => {
        late = setTimeout(resolve, STOP_WITHIN_MS);
      });
      await Promise.race([Promise.all(all.map((one) => one.ended)), given]);
      clearTimeout(late);
    },
  };
}

function listWanted(deps: ListenerDeps): Promise<Wanted[]> {
  return deps.sql<Wanted[]>`
    select id, md5(settings || convert_to(name || key || language || default_country, 'utf8')) as version
    from endpoints
    where deleted_at is null and paused_at is null and channel = any(${textColumn(deps.channels)}::text[])
    order by id`;
}

/** One listener from lease to end: started again with back-off for as long as the lease is ours. */
async function hold(deps: ListenerDeps, one: Running, timing: Timing): Promise<void> {
  const { signal } = one.abort;
  const { endpointId } = one.lease;
  for (let failures = 0; !signal.aborted; ) {
    deps.endpoints.forget(endpointId); // a second old is too old: it may have been begun anew for what has changed
    const endpoint = await deps.endpoints.byId(deps.sql, endpointId);
    // Ended before it began: a channel that only waits for the event would wait for ever.
    if (endpoint?.channel.listen === undefined || signal.aborted) return;
    const began = performance.now();
    const reporter = reports(deps, one.lease, endpoint);
    let problem: unknown;
    try {
      await endpoint.channel.listen(endpoint.context, listenTools(deps, one.lease, endpoint, reporter.report), signal);
    } catch (error) {
      problem = error;
    }
    if (signal.aborted || problem instanceof LeaseLost) return reporter.end();
    const human = problem === undefined && reporter.last()?.state === 'needs-human';
    failures = performance.now() - began > 120_000 ? 1 : failures + 1;
    const { backoffMs, humanMs } = timing;
    const waitMs = human ? humanMs : jittered(backoffMs[Math.min(failures, backoffMs.length) - 1] ?? 1000);
    if (!human) {
      deps.log.warn('listener.ended', { endpoint: endpointId, causes: causeChain(redact(problem)), waitMs });
      reporter.report({
        state: 'waiting',
        detail: 'The connection ended and will be made again.',
        retryAt: new Date(Date.now() + waitMs),
      });
    }
    await pause(waitMs, signal);
    await reporter.end();
  }
}

const jittered = (ms: number): number => Math.round(ms * (0.75 + Math.random() / 2));

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

function listenTools(
  deps: ListenerDeps,
  lease: Lease,
  endpoint: OpenEndpoint,
  report: (health: Health) => void,
): ListenTools {
  const acceptHeard = heardAcceptor(deps, lease, endpoint);
  return {
    ...toolsFor(deps, endpoint),
    accept: async (heard, repeatKey) => {
      const { duplicate } = await acceptHeard(heard, repeatKey);
      if (!duplicate) deps.onAccepted();
      return { duplicate };
    },
    state: stateOf(deps, lease, endpoint),
    report,
    log: (event, fields) => deps.log.info(`listener.${event}`, { ...fields, endpoint: endpoint.id }),
  };
}

interface Reporter {
  readonly report: (health: Health) => void;
  readonly last: () => Health | undefined;
  readonly end: () => Promise<void>;
}

/** One writing at a time, the newest wins; what did not change is said again now and then, as a sign of life. */
function reports(deps: ListenerDeps, lease: Lease, endpoint: OpenEndpoint): Reporter {
  let last: Health | undefined;
  let unwritten: Health | undefined;
  let writing: Promise<void> | undefined;
  const flush = (): void => {
    writing ??= (async () => {
      while (unwritten !== undefined) {
        const next = unwritten;
        unwritten = undefined;
        await writeHealth(deps.sql, lease, endpoint, next).catch((error: unknown) =>
          deps.log.warn('listener.health_unwritten', { endpoint: endpoint.id, causes: causeChain(redact(error)) }),
        );
      }
      writing = undefined;
    })();
  };
  const report = (health: Health): void => {
    last = health;
    unwritten = health;
    flush();
  };
  const timer = setInterval(() => last !== undefined && report(last), HEALTH_EVERY_MS);
  return {
    report,
    last: () => last,
    end: async () => {
      clearInterval(timer);
      await writing;
    },
  };
}
