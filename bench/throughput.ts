/** BARE, accept and complete, interleaved: the ratio of each pair, then the median of the pairs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type postgres from 'postgres';
import { cpuUs, type Served, startServer } from './cluster.ts';
import { applyLoad, type LoadKind } from './load.ts';

export interface Bed {
  readonly databaseUrl: string;
  readonly owner: postgres.Sql;
  readonly masterKey: string;
  readonly postmasterPid: number;
  /** Path of the form endpoint: `/in/form/<key>`. */
  readonly path: string;
}

export interface Sample {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  /** CPU time a request: the server under test, and PostgreSQL. */
  readonly appUs: number;
  readonly databaseUs: number;
}

export type Subject = 'bare' | 'steps' | 'accept' | 'complete';

const SCRIPTS: Readonly<Record<Subject, string>> = {
  bare: 'bench/bare.ts',
  steps: 'bench/steps.ts',
  accept: 'bench/accept-only.ts',
  complete: 'src/node.ts',
};

export async function serveSubject(bed: Bed, subject: Subject): Promise<Served> {
  const served = await startServer(SCRIPTS[subject], {
    DATABASE_URL: bed.databaseUrl,
    INLET_MASTER_KEY: bed.masterKey,
    INLET_LOG: 'warn',
    PORT: '0',
  });
  return { ...served, url: subject === 'bare' || subject === 'steps' ? served.url : served.url + bed.path };
}

/** One run of one subject. `complete` counts until nothing is pending: the time of the drain is part of it. */
export async function measure(
  bed: Bed,
  subject: Subject,
  served: Served,
  connections: number,
  seconds: number,
  kind: LoadKind = 'form',
): Promise<Sample> {
  await applyLoad(served.url, connections, 2, kind); // warm-up: JIT, prepared statements, pool
  await drained(bed, subject);
  const before = { app: await cpuUs(served.child.pid!), database: await cpuUs(bed.postmasterPid) };
  const startedMs = performance.now();
  const load = await applyLoad(served.url, connections, seconds, kind);
  await drained(bed, subject);
  const tookSeconds = subject === 'complete' ? (performance.now() - startedMs) / 1000 : load.seconds;
  const after = { app: await cpuUs(served.child.pid!), database: await cpuUs(bed.postmasterPid) };
  const done = load.requests - load.errors;
  return {
    perSecond: done / tookSeconds,
    p50Ms: load.p50Ms,
    p99Ms: load.p99Ms,
    errors: load.errors,
    appUs: (after.app - before.app) / done,
    databaseUs: (after.database - before.database) / done,
  };
}

async function drained(bed: Bed, subject: Subject): Promise<void> {
  if (subject !== 'complete') return;
  for (;;) {
    const [row] = await bed.owner<{ n: number }[]>`select count(*)::int as n from pending`;
    if (row?.n === 0) return;
    await sleep(20);
  }
}

export interface Series {
  readonly subject: Subject;
  readonly connections: number;
  readonly samples: readonly Sample[];
  /** Against the BARE of the same pair. */
  readonly ratios: readonly number[];
}

const FORMS = { subjects: ['bare', 'steps', 'accept', 'complete'], load: 'form' } as const;

/** @param what the baselines get forms, whatever the others get */
export async function throughput(
  bed: Bed,
  connections: number,
  pairs: number,
  seconds: number,
  log: (text: string) => void,
  what: { readonly subjects: readonly Subject[]; readonly load: LoadKind } = FORMS,
): Promise<Series[]> {
  const { subjects } = what;
  const samples: Record<Subject, Sample[]> = { bare: [], steps: [], accept: [], complete: [] };
  for (let pair = 0; pair < pairs; pair += 1)
    for (const subject of subjects) {
      const served = await serveSubject(bed, subject);
      const kind = subject === 'bare' || subject === 'steps' ? 'form' : what.load;
      const sample = await measure(bed, subject, served, connections, seconds, kind);
      await served.stop();
      if (subject === 'accept') await bed.owner`delete from pending`;
      if (subject === 'accept')
        await bed.owner`delete from deliveries d where not exists (select from outcomes o where o.delivery_id = d.id)`;
      samples[subject].push(sample);
      log(
        `${connections} connections, pair ${pair + 1}: ${subject} ${sample.perSecond.toFixed(0)}/s, ` +
          `p50 ${sample.p50Ms} ms, p99 ${sample.p99Ms} ms, app ${sample.appUs.toFixed(0)} µs, ` +
          `database ${sample.databaseUs.toFixed(0)} µs a request, ${sample.errors} errors`,
      );
    }
  return subjects.map((subject) => ({
    subject,
    connections,
    samples: samples[subject],
    ratios: samples[subject].map((sample, i) => sample.perSecond / samples.bare[i]!.perSecond),
  }));
}
