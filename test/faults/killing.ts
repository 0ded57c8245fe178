/** The ways in which the server and its embedded PostgreSQL are killed. */
import path from 'node:path';
import { inhabitants, livingPostmaster } from '../../src/db/postmaster.ts';
import type { ServerProcess } from './server.ts';

export const MODES = ['app', 'pg-immediate', 'pg-kill9', 'pg-orphans', 'both'] as const;
export type Mode = (typeof MODES)[number];

export const MEANING: Readonly<Record<Mode, string>> = {
  app: 'kill -9 of the app',
  'pg-immediate': 'immediate shutdown of PostgreSQL (SIGQUIT)',
  'pg-kill9': 'kill -9 of the postmaster and all its processes',
  'pg-orphans': 'kill -9 of the postmaster alone',
  both: 'kill -9 of the app, the postmaster and all its processes at once',
};

export interface Victims {
  readonly server: ServerProcess;
  readonly dataDir: string;
}

export async function strike(mode: Mode, { server, dataDir }: Victims): Promise<void> {
  const dir = path.join(dataDir, 'postgres');
  if (mode === 'app') return server.kill();
  const postmaster = await livingPostmaster(dir);
  if (postmaster === undefined) throw new Error('PostgreSQL is dead before it was killed');
  if (mode === 'pg-immediate') return send('SIGQUIT', [postmaster.pid]);
  if (mode === 'pg-orphans') return send('SIGKILL', [postmaster.pid]);
  // The postmaster first, so that it cannot start anew what is killed next.
  const killed = send('SIGKILL', [postmaster.pid, ...(await inhabitants(dir))]);
  if (mode === 'both') await server.kill();
  return killed;
}

function send(signal: NodeJS.Signals, pids: readonly number[]): void {
  for (const pid of pids)
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
}

/** Whether the server has to be started again; else it has to recover by itself. */
export const killsApp = (mode: Mode): boolean => mode === 'app' || mode === 'both';
