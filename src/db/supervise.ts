/**
 * Keeps the embedded PostgreSQL up for as long as this process lives. Nobody else would: it is no service of the
 * operating system, and who brings no database should not have to look after one. A server that was killed (the kernel
 * short of memory, a person, a full disk) is started again; requests meanwhile get 503, and the pool finds it by
 * itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';
import type { Embedded } from './embedded.ts';
import { redact, type Sql } from './open.ts';
import { livingPostmaster } from './postmaster.ts';

export interface SuperviseOptions {
  readonly log: Log;
  /** Brings the server of the same folder up, or adopts it when somebody else just did. */
  readonly start: () => Promise<Embedded>;
  /** Called when it came back on another port: the old one was taken meanwhile. */
  readonly onMoved: (port: number) => void;
  /** How often to look, ms. A look reads one file and one link of /proc. */
  readonly lookMs?: number;
}

/** Waits between starts that fail: a full disk is not emptied by trying every moment. */
const RETRY_MS = [250, 500, 1000, 2000, 5000];

export interface Supervised extends Embedded {
  /** Looks after it no longer; the server itself runs on. `stop` does this first, so that a stop stays a stop. */
  leave(): Promise<void>;
}

export function supervise(first: Embedded, options: SuperviseOptions): Supervised {
  const { log, start, onMoved, lookMs = 150 } = options;
  let current = first;
  let stopped = false;
  let failures = 0;

  const restart = async (): Promise<void> => {
    const since = Date.now();
    if (failures === 0) log.warn('postgres.gone', { pid: current.pid });
    try {
      const back = await start();
      if (back.port !== current.port) onMoved(back.port);
      current = back;
      failures = 0;
      log.warn('postgres.back', { pid: back.pid, port: back.port, adopted: back.adopted, ms: Date.now() - since });
    } catch (error) {
      log.error('postgres.start_failed', { error: redact(error).message });
      await sleep(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)], undefined, { ref: false });
      failures += 1;
    }
  };

  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    if ((await livingPostmaster(current.dir)) === undefined && !stopped) await restart();
  };
  const timer = setInterval(() => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
  }, lookMs);
  timer.unref();
  const leave = async (): Promise<void> => {
    stopped = true;
    clearInterval(timer);
    await looking;
  };
  return {
    get url() {
      return current.url;
    },
    get port() {
      return current.port;
    },
    get pid() {
      return current.pid;
    },
    dir: first.dir,
    adopted: first.adopted,
    leave,
    stop: async (mode) => {
      await leave();
      await current.stop(mode);
    },
  };
}

/** postgres.js reads the port anew for every connection it opens, out of a list that all its connections share. */
export function followPort(sql: Sql, port: number): void {
  const ports = sql.options.port as number[];
  ports.fill(port);
}
