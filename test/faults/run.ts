/**
 * `npm run faults -- [--kills N] [--modes a,b] [--storm] [--claims] [--calls N] [--stops N] [--json FILE]`: the long
 * forms of the fault tests. Prints what was counted; exits 1 when anything was lost, doubled, invented, stuck or
 * crooked.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbedded } from '../../src/db/embedded.ts';
import { runCalls } from './calls.ts';
import { makeManagers, raceForLeads } from './claims.ts';
import { MEANING, MODES, type Mode, strike } from './killing.ts';
import { type Kill, runKills } from './kills.ts';
import { faultsFound } from './oracle.ts';
import { runOutside } from './outside.ts';
import { type Replicas, startReplicas } from './replicas.ts';
import { makeFolder } from './server.ts';
import { stopUnderLoad } from './stops.ts';
import { storm } from './storm.ts';

const HELP = `npm run faults -- [options]
  --kills N      N kills under load, the modes in random order (300 take about 20 minutes on 2 cores)
  --modes a,b    only these modes: ${MODES.join(', ')}
  --storm        1,000 ids x 100 repeats over 2 replicas
  --claims       200 managers race for 2,000 leads over 2 replicas
  --calls N      the events of N calls, three times each and shuffled, to 2 replicas that are killed meanwhile
  --outside N    N kills of the app while mail and Telegram updates come in and answers go out
  --stops N      N graceful stops (SIGTERM) under load
  --json FILE    writes the counts there too`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string' },
      modes: { type: 'string' },
      storm: { type: 'boolean' },
      claims: { type: 'boolean' },
      calls: { type: 'string' },
      stops: { type: 'string' },
      outside: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const results: Record<string, unknown> = {};
  let faults = 0;
  if (values.kills !== undefined) {
    const { summary, found } = await kills(Number(values.kills), values.modes);
    results.kills = summary;
    faults += found;
  }
  if (values.stops !== undefined) {
    const { findings, ...stops } = await stopUnderLoad(Number(values.stops), say);
    const found = faultsFound(findings) + stops.serverErrors + stops.unfinished + stops.badExits;
    results.stops = { ...stops, faults: found };
    say(`stops: ${JSON.stringify(results.stops)}`);
    faults += found;
  }
  if (values.outside !== undefined) {
    const { backMs, lost, doubled, invented, ...counts } = await runOutside({ kills: Number(values.outside), say });
    for (const line of [...lost, ...doubled, ...invented].slice(0, 20)) say(line);
    const found = lost.length + doubled.length + invented.length;
    const times = [...backMs].sort((a, b) => a - b);
    const back = { median: times[times.length >> 1], worst: times.at(-1) };
    results.outside = { ...counts, back, lost: lost.length, doubled: doubled.length, invented: invented.length };
    say(`outside: ${JSON.stringify(results.outside)}`);
    faults += found;
  }
  if (values.storm === true) faults += await onReplicas(results, 'storm', fullStorm);
  if (values.claims === true) faults += await onReplicas(results, 'claims', fullClaims);
  if (values.calls !== undefined) faults += await onReplicas(results, 'calls', fullCalls(Number(values.calls)));
  if (values.help === true || Object.keys(results).length === 0) return say(HELP);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
  say(faults === 0 ? 'no faults found' : `${faults} FAULTS FOUND`);
  process.exitCode = faults === 0 ? 0 : 1;
}

async function kills(count: number, only: string | undefined) {
  const chosen = only === undefined ? [...MODES] : MODES.filter((mode) => only.split(',').includes(mode));
  if (!Number.isInteger(count) || count < 1 || chosen.length === 0) throw new Error(HELP);
  // Equally many of each, in a random order.
  const modes = Array.from({ length: count }, (_, n) => ({ mode: chosen[n % chosen.length]!, place: Math.random() }));
  const result = await runKills({ modes: modes.sort((a, b) => a.place - b.place).map(({ mode }) => mode), say });
  const found = faultsFound(result.findings);
  for (const [kind, list] of Object.entries(result.findings))
    for (const line of (list as string[]).slice(0, 20)) say(`${kind}: ${line}`);
  const byMode = Object.fromEntries(chosen.map((mode) => [mode, backAgain(mode, result.kills)]));
  const { seconds, requests, stored, retried } = result;
  const counts = Object.fromEntries(Object.entries(result.findings).map(([kind, list]) => [kind, list.length]));
  const summary = { kills: count, seconds, requests, stored, retried, ...counts, byMode };
  say(
    `\n${count} kills in ${seconds} s; requests ${JSON.stringify(requests)}; sent again ${retried}; stored ${stored}`,
  );
  say(JSON.stringify(counts));
  for (const [mode, back] of Object.entries(byMode))
    say(`${mode} (${MEANING[mode as Mode]}): ${JSON.stringify(back)}`);
  if (found === 0)
    say(`No failure in ${count} kills: fewer than ${percent(3 / count)} of kills fail, with 95 % confidence.`);
  return { summary, found };
}

const percent = (share: number): string => `${(100 * Math.min(1, share)).toFixed(1)} %`;

/** How long until the first acknowledgement after a kill, ms. */
function backAgain(mode: Mode, all: readonly Kill[]) {
  const times = all.filter((kill) => kill.mode === mode).map(({ backMs }) => backMs);
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0;
  return { kills: times.length, backMs: { median: at(0.5), p95: at(0.95), worst: times.at(-1) ?? 0 } };
}

/** @param strikeDatabase kill -9 of all of PostgreSQL, and a new start */
type Scenario = (
  replicas: Replicas,
  strikeDatabase: () => Promise<void>,
) => Promise<{ readonly counts: object; readonly faults: number }>;

async function onReplicas(results: Record<string, unknown>, name: string, run: Scenario): Promise<number> {
  const folder = await makeFolder('database');
  const dir = path.join(folder.dir, 'postgres');
  let database = await startEmbedded({ dir });
  const replicas = await startReplicas(database.url);
  const strikeDatabase = async (): Promise<void> => {
    await strike('pg-kill9', { server: replicas.servers[0]!, dataDir: folder.dir });
    database = await startEmbedded({ dir });
  };
  try {
    const { counts, faults } = await run(replicas, strikeDatabase);
    results[name] = { ...counts, faults };
    say(`${name}: ${JSON.stringify(results[name])}`);
    return faults;
  } finally {
    await replicas.close();
    await database.stop('immediate');
    await folder.remove();
  }
}

const fullStorm: Scenario = async ({ inside, servers }) => {
  const form = await inside.newForm('storm');
  const targets = servers.map((server) => `${server.url}/in/form/${form.key}`);
  const counts = await storm(inside, { targets, endpointId: form.id, ids: 1000, repeats: 100 });
  const { failed, confused, deliveries, messages, leads, contacts } = counts;
  const wrong = [deliveries, messages, leads, contacts].filter((count) => count !== 1000).length;
  return { counts, faults: failed + confused + wrong };
};

const fullClaims: Scenario = async ({ inside, servers }) => {
  const form = await inside.newForm('claims');
  const targets = servers.map((server) => `${server.url}/in/form/${form.key}`);
  await storm(inside, { targets, endpointId: form.id, ids: 2000, repeats: 1 });
  const leads = (await inside.sql<{ id: string }[]>`select id from leads where endpoint_id = ${form.id}`).map(
    (row) => row.id,
  );
  const replicas = servers.map((server) => server.url);
  const managers = await makeManagers(inside, 200);
  const counts = await raceForLeads(inside, { replicas, managers, leads, askers: 20 });
  const { failed, twoOwners, unclaimed, misled, crooked } = counts;
  return { counts, faults: failed + twoOwners + unclaimed + misled + crooked };
};

const fullCalls =
  (calls: number): Scenario =>
  async (replicas, strikeDatabase) => {
    const { findings, ...counts } = await runCalls(replicas, { calls, kills: 12, strikeDatabase, say });
    for (const [kind, list] of Object.entries(findings))
      for (const line of (list as string[]).slice(0, 20)) say(`${kind}: ${line}`);
    return { counts, faults: faultsFound(findings) };
  };

await main();
