/**
 * The embedded PostgreSQL: a real server out of npm binaries, on one folder, for people who bring no database.
 *
 * It outlives the app on purpose: an app that was killed finds it running and adopts it. It listens on 127.0.0.1 only,
 * without unix sockets, and asks everybody for a random password that is kept beside the folder.
 */
import { mkdir, readdir, readFile, realpath, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { type Binaries, chooseRunner, exists, findBinaries, type Runner } from './embedded-binaries.ts';
import { keepPassword, makeCluster } from './embedded-make.ts';
import { isDiskFull, isTransient } from './open.ts';
import {
  clearForeignPidFile,
  inhabitants,
  lastPort,
  livingPostmaster,
  type Postmaster,
  worksIn,
} from './postmaster.ts';

export interface Embedded {
  /** Superuser connection to the database `inlet`, password included: never log it. */
  readonly url: string;
  readonly port: number;
  /** The server's process id. */
  readonly pid: number;
  /** The absolute data folder of the cluster. */
  readonly dir: string;
  /** True when the server was running already. */
  readonly adopted: boolean;
  /** `fast` ends sessions and writes a checkpoint; `immediate` leaves a crash to recover from (tests). */
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
}

export interface EmbeddedOptions {
  /** The cluster's own folder, made when absent. Beside it `<dir>-password` and `<dir>.making-*` are ours too. */
  readonly dir: string;
  /** Over {@link DEFAULTS}. A running server that is adopted keeps the settings it was started with. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

const DATABASE = 'inlet';
/** How long orphans of a killed server may keep us waiting, and when we stop waiting politely. */
const orphanLimitMs = 20_000;
const orphanPatienceMs = 5_000;
/** Recovery after a crash replays up to max_wal_size; on a slow disk that is minutes. */
const recoveryLimitMs = 600_000;
const stopLimitMs = 60_000;
/** server.log is never rotated while the server runs; at a start a longer one becomes server.log.1. */
const logLimitBytes = 10_000_000;

const DEFAULTS: Readonly<Record<string, string>> = {
  shared_buffers: '128MB',
  work_mem: '8MB',
  max_connections: '60',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  autovacuum_naptime: '10s',
  jit: 'off',
  // No parallel queries and no I/O workers: fewer idle processes, and no shared memory beyond Docker's 64 MB /dev/shm.
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  io_method: 'sync',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // People's data must not reach server.log: no statements, no parameters, no DETAIL ("Key (phone)=(...) exists").
  log_min_error_statement: 'panic',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_error_verbosity: 'terse',
};

interface Cluster {
  readonly dir: string;
  readonly password: string;
  readonly runner: Runner;
  readonly binaries: Binaries;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: NonNullable<EmbeddedOptions['log']>;
}

/** Adopts the folder's running server, or makes the cluster where there is none and starts it. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const log = options.log ?? (() => {});
  await mkdir(path.dirname(path.resolve(options.dir)), { recursive: true });
  const dir = path.join(await realpath(path.dirname(path.resolve(options.dir))), path.basename(options.dir));
  const binaries = await findBinaries();
  const made = await isCluster(dir);
  const runner = await chooseRunner(made ? dir : undefined, path.dirname(dir), binaries);
  const password = await keepPassword(`${dir}-password`, !made);
  if (!made) {
    log('postgres.making', { dir, as: runner.as });
    await makeCluster({ dir, password, runner, binaries });
  }
  const cluster: Cluster = {
    dir: await realpath(dir),
    password,
    runner,
    binaries,
    settings: { ...DEFAULTS, ...options.settings },
    log,
  };
  const { pid, port, adopted } = await bringUp(cluster);
  log(adopted ? 'postgres.adopted' : 'postgres.started', { pid, port, as: runner.as });
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/${DATABASE}`,
    port,
    pid,
    dir: cluster.dir,
    adopted,
    stop: (mode = 'fast') => stop(cluster, pid, mode),
  };
}

async function isCluster(dir: string): Promise<boolean> {
  if (await exists(path.join(dir, 'PG_VERSION'))) return true;
  const inside = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new Error(`cannot read the database folder ${dir} (${error.code}): give it to the user who runs Inlet`);
  });
  if (inside.length > 0)
    throw new Error(`${dir} holds files but no PostgreSQL cluster: empty it, or choose another INLET_DATA_DIR`);
  return false;
}

/** Until a server of this folder answers: look, wait for what is ending or recovering, start where nothing lives. */
async function bringUp(cluster: Cluster): Promise<Postmaster & { adopted: boolean }> {
  const since = Date.now();
  let startedPid = 0;
  let orphansSince = 0;
  for (;;) {
    const living = await livingPostmaster(cluster.dir);
    if (living) {
      if (await answers(cluster, living)) return { ...living, adopted: living.pid !== startedPid };
      if (Date.now() - since > recoveryLimitMs)
        throw await failure(cluster, 0, `PostgreSQL (pid ${living.pid}) is still not ready, try again later`);
    } else {
      const orphans = await inhabitants(cluster.dir);
      if (orphans.length > 0) {
        orphansSince ||= Date.now();
        await awaitOrphans(cluster, orphans, Date.now() - orphansSince);
      } else startedPid = await start(cluster, since);
    }
    await sleep(100);
  }
}

/** Sessions of a killed server end when they notice; one that is deep in a query must be told. */
async function awaitOrphans(cluster: Cluster, orphans: number[], waitedMs: number): Promise<void> {
  if (waitedMs > orphanLimitMs)
    throw await failure(
      cluster,
      0,
      `processes of an earlier server still hold ${cluster.dir}: end ${orphans.join(', ')}`,
    );
  if (waitedMs < orphanPatienceMs) return;
  cluster.log('postgres.orphans', { pids: orphans });
  for (const pid of orphans) if (await worksIn(pid, cluster.dir)) signal(pid, 'SIGQUIT');
}

/** One try. Answers with the pid, or 0 when another start won or a retry makes sense; throws when none does. */
async function start(cluster: Cluster, since: number): Promise<number> {
  const logFile = path.join(cluster.dir, 'server.log');
  const size = (await stat(logFile).catch(() => undefined))?.size ?? 0;
  if (size > logLimitBytes) await rename(logFile, `${logFile}.1`);
  const before = size > logLimitBytes ? 0 : size;
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...cluster.settings };
  const list = Object.entries({ ...settings, port: String(await choosePort(cluster.dir)) });
  const flags = list.map(([name, value]) => `-c ${quote(`${name}=${value}`)}`).join(' ');
  const waitSeconds = String(recoveryLimitMs / 1000);
  const args = ['start', '-w', '-s', '-t', waitSeconds, '-D', cluster.dir, '-l', logFile, '-o', flags];
  try {
    await cluster.runner.run(cluster.binaries.pgCtl, args);
    return (await livingPostmaster(cluster.dir))?.pid ?? 0;
  } catch (error) {
    if (await livingPostmaster(cluster.dir)) return 0;
    const said = await tail(logFile, before);
    const passing = /lock file .* already exists|pre-existing shared memory|Address already in use/.test(said);
    if (passing && Date.now() - since < orphanLimitMs) {
      if (await clearForeignPidFile(cluster.dir)) cluster.log('postgres.stale-pid-file', { dir: cluster.dir });
      await sleep(300);
      return 0;
    }
    throw await failure(cluster, before, 'PostgreSQL does not start', error);
  }
}

/** Ready, and really the server of this folder? False: not yet. */
async function answers(cluster: Cluster, at: Postmaster): Promise<boolean> {
  const { password } = cluster;
  const database = { host: '127.0.0.1', port: at.port, user: 'postgres', password, database: 'postgres' };
  const sql = postgres({ ...database, max: 1, connect_timeout: 5, fetch_types: false, onnotice: () => {} });
  try {
    const [row] = await sql<{ data_directory: string }[]>`show data_directory`;
    if ((await realpath(row?.data_directory ?? '/')) !== cluster.dir)
      throw new Error(
        `port ${at.port} is served from ${row?.data_directory}, not from ${cluster.dir}: stop that server`,
      );
    const known = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (known.length === 0) await sql.unsafe(`create database ${DATABASE}`).catch(unlessCode('42P04', '23505'));
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === '28P01')
      throw new Error(
        `the password in ${cluster.dir}-password is not this cluster's: restore that file together with the folder`,
        { cause: error },
      );
    if (!isTransient(error) || isDiskFull(error)) throw error;
    return false; // starting up, shutting down, or gone meanwhile
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function stop(cluster: Cluster, pid: number, mode: 'fast' | 'immediate'): Promise<void> {
  const began = Date.now();
  let told = '';
  while (await worksIn(pid, cluster.dir)) {
    const late = Date.now() - began > stopLimitMs;
    const wanted = late || mode === 'immediate' ? 'SIGQUIT' : 'SIGINT';
    if (told !== wanted) signal(pid, wanted);
    told = wanted;
    if (Date.now() - began > 2 * stopLimitMs) throw new Error(`PostgreSQL (pid ${pid}) does not stop: end it by hand`);
    await sleep(20);
  }
  cluster.log('postgres.stopped', { pid, mode });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The port of the last start when it is free, else any free one. */
async function choosePort(dir: string): Promise<number> {
  const last = await lastPort(dir);
  return (last && (await tryPort(last))) || (await tryPort(0)) || 0;
}

const tryPort = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === 'object' && bound ? bound.port : undefined));
    });
  });

/** pg_ctl hands the options to a shell. */
function quote(setting: string): string {
  if (!/^[a-z_.]+=[\w\s.,:%@/+-]*$/i.test(setting)) throw new Error(`not a PostgreSQL setting: ${setting}`);
  return `'${setting}'`;
}

async function failure(cluster: Cluster, from: number, message: string, cause?: unknown): Promise<Error> {
  const logFile = path.join(cluster.dir, 'server.log');
  const lines = (await tail(logFile, from)).trim().split('\n').slice(-15).join('\n');
  return new Error(`${message}. The end of ${logFile}:\n${lines || '(empty)'}`, { cause });
}

/** At most the last 8 kB that were written after `from`. */
async function tail(file: string, from: number): Promise<string> {
  const text = await readFile(file).catch(() => Buffer.alloc(0));
  return text.subarray(Math.max(from, text.length - 8192)).toString('utf8');
}

const unlessCode =
  (...codes: string[]) =>
  (error: unknown): void => {
    if (!codes.includes((error as { code?: string }).code ?? '')) throw error;
  };
