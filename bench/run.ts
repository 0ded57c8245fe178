/**
 * `npm run bench -- [--contacts 10000,1000000] [--connections 64,256] [--pairs 5] [--seconds 8] [--only part,part]`
 *
 * Parts: throughput, latency, calls, claims, start, mail. Everything runs on this machine alone: the database, the
 * server under test and the load share its cores, and fsync is on.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { channels } from '../channels/index.ts';
import { systemClock } from '../src/clock.ts';
import { readSettings } from '../src/config.ts';
import { startEmbedded } from '../src/db/embedded.ts';
import { openInstallation } from '../src/installation.ts';
import { createEndpoint } from '../src/intake/endpoints.ts';
import { silentLog } from '../src/log.ts';
import { calls } from './calls.ts';
import { claims } from './claims.ts';
import { latency } from './latency.ts';
import { hasWrk } from './load.ts';
import { mail } from './mail.ts';
import { seedContacts } from './seed.ts';
import { startAndMemory } from './start.ts';
import { type Bed, type Series, throughput } from './throughput.ts';

const { values } = parseArgs({
  options: {
    contacts: { type: 'string', default: '10000' },
    connections: { type: 'string', default: '64,256' },
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '8' },
    only: { type: 'string', default: 'throughput,latency,calls,claims,start,mail' },
  },
});
const numbers = (text: string): number[] => text.split(',').map(Number);
const parts = new Set(values.only.split(','));
const log = (text: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

const folder = await mkdtemp(path.join(tmpdir(), 'inlet-bench-'));
await chmod(folder, 0o711);
const cluster = await startEmbedded({ dir: path.join(folder, 'postgres') });
const owner = postgres(cluster.url, { max: 2, onnotice: () => {} });
try {
  const bed = await makeBed();
  log(`${cpus().length} cores (${cpus()[0]?.model}), load by ${hasWrk ? 'wrk' : 'autocannon'}, fsync on`);
  for (const contacts of numbers(values.contacts)) {
    await seedContacts(owner, contacts, log);
    if (parts.has('throughput'))
      for (const connections of numbers(values.connections))
        report(contacts, await throughput(bed, connections, Number(values.pairs), Number(values.seconds), log));
    if (parts.has('latency')) console.log(await latency(bed, contacts));
    if (parts.has('calls')) {
      const connections = numbers(values.connections);
      const [pairs, seconds] = [Number(values.pairs), Number(values.seconds)];
      await calls(bed, { contacts, connections, pairs, seconds, log, report });
    }
  }
  if (parts.has('claims')) console.log(await claims(bed, log));
  if (parts.has('mail')) console.log(await mail(bed, log));
  if (parts.has('start')) console.log(await startAndMemory());
} finally {
  await owner.end();
  await cluster.stop('fast');
  await rm(folder, { recursive: true, force: true });
}

async function makeBed(): Promise<Bed> {
  const masterKey = randomBytes(32).toString('base64');
  const settings = readSettings({ DATABASE_URL: cluster.url, INLET_MASTER_KEY: masterKey, INLET_DATA_DIR: folder });
  const opened = await openInstallation(settings, { max: 2, applicationName: 'inlet bench', log: silentLog });
  const config = { publicUrl: 'http://127.0.0.1', trustedProxies: [], version: '0' };
  const endpoint = await createEndpoint(
    { sql: opened.sql, vault: opened.vault, channels, config, clock: systemClock },
    { userId: null, role: 'admin', name: 'bench', language: 'en' },
    { channel: 'form', name: 'Bench form' },
  );
  await opened.close();
  await owner`grant pg_monitor to inlet_system`;
  return {
    databaseUrl: cluster.url,
    owner,
    masterKey,
    postmasterPid: cluster.pid,
    path: `/in/form/${endpoint.key}`,
  };
}

function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

function report(contacts: number, series: readonly Series[]): void {
  for (const { subject, connections, samples, ratios } of series) {
    const of = (pick: (sample: (typeof samples)[number]) => number): string => median(samples.map(pick)).toFixed(0);
    console.log(
      `| ${contacts} | ${connections} | ${subject} | ${of((s) => s.perSecond)} | ${median(ratios).toFixed(2)} ` +
        `(${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}) | ${of((s) => s.p50Ms)} | ` +
        `${of((s) => s.p99Ms)} | ${of((s) => s.appUs)} | ${of((s) => s.databaseUs)} | ` +
        `${samples.reduce((n, s) => n + s.errors, 0)} |`,
    );
  }
}
