/**
 * Kills under load. A kill, what the senders were told meanwhile, the time until the first acknowledgement after it,
 * then the oracle. The embedded PostgreSQL is the server's to bring back: the harness starts nothing but the app.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isTransient } from '../../src/db/open.ts';
import { changeEndpoint } from '../../src/intake/endpoints.ts';
import { ADMIN, embeddedUrl, type Inside, openInside } from './inside.ts';
import { killsApp, type Mode, strike } from './killing.ts';
import { createLoad, type Load } from './load.ts';
import { createOracle, type Findings, type Oracle } from './oracle.ts';
import { type Fate, openSentBook, type SentBook } from './sent-book.ts';
import { makeFolder, type ServerProcess, startServer, within } from './server.ts';

export interface Kill {
  readonly mode: Mode;
  /** From the kill to the first acknowledgement after it. */
  readonly backMs: number;
  /** From the end of the load until nothing was pending. */
  readonly drainedMs: number;
  readonly judged: number;
}

export interface KillsResult {
  readonly kills: readonly Kill[];
  readonly requests: Readonly<Record<Fate, number>>;
  readonly stored: number;
  readonly retried: number;
  readonly findings: Findings;
  readonly seconds: number;
}

export interface KillsOptions {
  readonly modes: readonly Mode[];
  readonly clients?: number;
  /** Load before each kill, ms: uniform between the two. */
  readonly loadMs?: readonly [number, number];
  readonly say?: (line: string) => void;
}

const BACK_WITHIN_MS = 60_000;
/** Load goes on for so long after the recovery. */
const AFTERWARDS_MS = 150;

interface Scene {
  readonly dataDir: string;
  readonly inside: Inside;
  readonly book: SentBook;
  readonly load: Load;
  readonly oracle: Oracle;
  readonly logFile: string;
  /** Changes another endpoint through the verbs: an audit entry each. */
  readonly changes: Changes;
  server: ServerProcess;
}

export async function runKills(options: KillsOptions): Promise<KillsResult> {
  const { modes, loadMs = [100, 1200], say = () => undefined } = options;
  const began = performance.now();
  const folder = await makeFolder('kills');
  const scene = await setScene(folder.dir, options.clients ?? 16);
  const kills: Kill[] = [];
  try {
    for (const [index, mode] of modes.entries()) {
      const kill = await oneKill(scene, mode, loadMs[0] + Math.random() * (loadMs[1] - loadMs[0]));
      kills.push(kill);
      if ((index + 1) % 25 === 0 || index === modes.length - 1) await patiently(() => scene.oracle.whole());
      say(`${index + 1}/${modes.length} ${mode}: back in ${kill.backMs} ms, ${kill.judged} judged`);
    }
    return {
      kills,
      requests: scene.book.count(),
      stored: scene.oracle.stored(),
      retried: scene.load.retried(),
      findings: scene.oracle.findings,
      seconds: Math.round((performance.now() - began) / 1000),
    };
  } catch (error) {
    // The folder goes in a moment: what both servers said last is all there is to find the reason by.
    for (const file of [scene.logFile, path.join(scene.dataDir, 'postgres/server.log')]) say(await lastLines(file));
    throw error;
  } finally {
    await scene.load.pause();
    await scene.changes.stop();
    await scene.inside.close();
    await scene.book.close();
    await scene.server.stop();
    await folder.remove();
  }
}

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return `${path.basename(file)}:\n${text.split('\n').slice(-60).join('\n')}`;
}

async function setScene(folder: string, clients: number): Promise<Scene> {
  const dataDir = path.join(folder, 'data');
  const logFile = path.join(folder, 'server.log');
  const server = await startServer({ dataDir, logFile });
  const inside = await openInside(await embeddedUrl(dataDir), dataDir);
  const form = await inside.newForm('kills');
  const book = await openSentBook(path.join(folder, 'sent'));
  const scene = { dataDir, logFile, server, inside, book };
  const target = (): string => `${whole.server.url}/in/form/${form.key}`;
  const load = createLoad({ clients, book, target }, randomBytes(4).toString('hex'));
  const oracle = createOracle(inside, book, form.id);
  const changes = await keepChanging(inside, oracle);
  const whole: Scene = { ...scene, load, oracle, changes };
  return whole;
}

async function oneKill(scene: Scene, mode: Mode, loadMs: number): Promise<Kill> {
  scene.load.start();
  await sleep(loadMs);
  const before = scene.server;
  const back = scene.load.recovery();
  const killedAt = performance.now();
  await strike(mode, { server: before, dataDir: scene.dataDir });
  if (killsApp(mode)) scene.server = await startServer({ dataDir: scene.dataDir, logFile: scene.logFile });
  const backMs = Math.round((await within(BACK_WITHIN_MS, `acknowledging again after ${mode}`, back)) - killedAt);
  await sleep(AFTERWARDS_MS);
  await scene.load.pause();
  if (!killsApp(mode) && !scene.server.isAlive()) scene.oracle.findings.crooked.push(`the app died of ${mode}`);
  await patiently(() => scene.changes.check());
  return { mode, backMs, ...(await patiently(() => scene.oracle.look())) };
}

/** The judge asks the same database that was just killed: it may still be recovering. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let turn = 1; ; turn += 1)
    try {
      return await ask();
    } catch (error) {
      if (turn >= 120 || !isTransient(error)) throw error;
      await sleep(250);
    }
}

interface Changes {
  /** Everything that was reported as done is in the audit. */
  readonly check: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Somebody works in the office while the machine dies: changes that were confirmed must be on record. */
async function keepChanging(inside: Inside, oracle: Oracle): Promise<Changes> {
  const other = await inside.newForm('changed all the time');
  let done = 0;
  let running = true;
  const work = async (): Promise<void> => {
    while (running) {
      await changeEndpoint(inside.tools, ADMIN, other.id, { name: `changed ${done}` }).then(
        () => {
          done += 1;
        },
        () => undefined,
      );
      await sleep(100, undefined, { ref: false });
    }
  };
  const working = work();
  return {
    check: async () => {
      const expected = done;
      const [row] = await inside.sql<{ n: number }[]>`
        select count(*)::int as n from audit_log where action = 'endpoint.changed'`;
      if ((row?.n ?? 0) < expected) oracle.findings.crooked.push(`audit: ${row?.n} of ${expected} changes`);
    },
    stop: async () => {
      running = false;
      await working;
    },
  };
}
