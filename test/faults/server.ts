/** Real processes of Inlet: `node src/node.ts` with an environment of their own, to be killed at any moment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ENTRY = path.resolve(import.meta.dirname, '../../src/node.ts');
const READY = /^Inlet \S+ is ready: (http:\/\/\S+)$/m;
const READY_WITHIN_MS = 60_000;

export interface StartOptions {
  readonly dataDir: string;
  /** Absent: the embedded PostgreSQL in the data folder. */
  readonly databaseUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Gets everything that the process says on stderr: its log. */
  readonly logFile?: string;
}

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** The exit code, null after a signal. */
  readonly exited: Promise<number | null>;
  readonly isAlive: () => boolean;
  /** SIGKILL; resolves when the process is gone. */
  readonly kill: () => Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  readonly stop: () => Promise<number | null>;
  /** Resident memory, MB. */
  readonly residentMb: () => Promise<number>;
}

/** Resolves when the server says that it is ready. @throws with what it said when it exits instead */
export async function startServer(options: StartOptions): Promise<ServerProcess> {
  const log = options.logFile === undefined ? undefined : openSync(options.logFile, 'a');
  const { DATABASE_URL: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [ENTRY], {
    stdio: ['ignore', 'pipe', log ?? 'ignore'],
    env: {
      ...inherited,
      INLET_DATA_DIR: options.dataDir,
      ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
      HOST: '127.0.0.1',
      PORT: '0',
      INLET_LOG: 'info',
      ...options.env,
    },
  });
  if (log !== undefined) closeSync(log);
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const url = await readyUrl(child, exited);
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    url,
    pid: child.pid!,
    exited,
    isAlive,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      child.kill('SIGTERM');
      return exited;
    },
    residentMb: () => residentMb(child.pid!),
  };
}

function readyUrl(child: ChildProcess, exited: Promise<number | null>): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the server is not ready after ${READY_WITHIN_MS} ms; it said: ${said}`));
    }, READY_WITHIN_MS);
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
      const ready = READY.exec(said);
      if (ready === null) return;
      clearTimeout(timer);
      resolve(ready[1]!);
    });
    void exited.then((code) => {
      clearTimeout(timer);
      reject(new Error(`the server ended with ${code} before it was ready; it said: ${said}`));
    });
  });
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** A folder that the database's own user may pass through, removed at the end whatever is left in it. */
export async function makeFolder(
  name: string,
): Promise<{ readonly dir: string; readonly remove: () => Promise<void> }> {
  const dir = await mkdtemp(path.join(tmpdir(), `inlet-${name}-`));
  await chmod(dir, 0o711);
  return { dir, remove: () => rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) };
}

/** Asks until the answer is the wanted one. Returns the ms that it took. @throws when it does not come in time */
export async function until(
  what: string,
  withinMs: number,
  ask: () => Promise<boolean>,
  everyMs = 20,
): Promise<number> {
  const began = performance.now();
  for (;;) {
    if (await ask()) return Math.round(performance.now() - began);
    if (performance.now() - began > withinMs) throw new Error(`${what}: not within ${withinMs} ms`);
    await sleep(everyMs);
  }
}

export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
