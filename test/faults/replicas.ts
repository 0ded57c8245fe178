/** Several server processes on one database. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type Inside, openInside } from './inside.ts';
import { makeFolder, type ServerProcess, startServer } from './server.ts';

export interface Replicas {
  readonly servers: readonly ServerProcess[];
  readonly inside: Inside;
  readonly folder: string;
  /** kill -9 of this one, and a new start: it has another address then. */
  readonly again: (n: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface ReplicasOptions {
  readonly count?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export async function startReplicas(databaseUrl: string, options: ReplicasOptions = {}): Promise<Replicas> {
  const folder = await makeFolder('replicas');
  const masterKey = randomBytes(32).toString('base64');
  const start = (n: number): Promise<ServerProcess> =>
    startServer({
      dataDir: path.join(folder.dir, `data-${n}`),
      databaseUrl,
      logFile: path.join(folder.dir, `server-${n}.log`),
      env: { INLET_MASTER_KEY: masterKey, ...options.env },
    });
  // One after the other: the first one migrates.
  const servers: ServerProcess[] = [];
  for (let n = 0; n < (options.count ?? 2); n += 1) servers.push(await start(n));
  const inside = await openInside(databaseUrl, folder.dir, masterKey);
  const close = async (): Promise<void> => {
    await inside.close();
    await Promise.all(servers.map((server) => server.stop()));
    await folder.remove();
  };
  const again = async (n: number): Promise<void> => {
    await servers[n]?.kill();
    servers[n] = await start(n);
  };
  return { servers, inside, folder: folder.dir, again, close };
}
