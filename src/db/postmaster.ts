/** What is known about the server of a data folder without asking it: its pid file and the processes in the folder. */
import { link, readdir, readFile, readlink, rename, rm } from 'node:fs/promises';
import path from 'node:path';

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/**
 * The living server of this folder, if there is one. The pid file alone proves nothing: after a crash the number may
 * belong to somebody else, who could be listening on the old port and asking for our password. A server's working
 * directory is its data folder, and that is closed to other users.
 */
export async function livingPostmaster(dataDir: string): Promise<Postmaster | undefined> {
  const lines = (await readFile(path.join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !(await worksIn(pid, dataDir))) return undefined;
  return { pid, port: Number(lines[3]) || 0 };
}

/** Every process that works in this folder: the server, its children, and the orphans of a killed server. */
export async function inhabitants(dataDir: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => ((await worksIn(pid, dataDir)) ? [pid] : [])));
  return found.flat();
}

/** A process that exited but was not reaped (a zombie) does not count; nor does a shell that stands in the folder. */
export async function worksIn(pid: number, dataDir: string): Promise<boolean> {
  if (process.platform !== 'linux') return mayKill(pid);
  if ((await readlink(`/proc/${pid}/cwd`).catch(() => '')) !== dataDir) return false;
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() === 'postgres';
}

/** False for another user's process too: that is not our server. */
function mayKill(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/**
 * PostgreSQL refuses to start while the number in its pid file belongs to any living process of the same user, which
 * happens in a restarted container (small numbers come again) or to a killed server that nobody reaped. Moves such a
 * file away. Never one whose folder still has inhabitants: it is what protects them from a second server.
 */
export async function clearForeignPidFile(dataDir: string): Promise<boolean> {
  if (process.platform !== 'linux' || (await inhabitants(dataDir)).length > 0) return false;
  const file = path.join(dataDir, 'postmaster.pid');
  const before = await readFile(file, 'utf8').catch(() => '');
  if (before === '' || !mayKill(Number(before.split('\n')[0]))) return false;
  const aside = `${file}.stale-${process.pid}`;
  await rename(file, aside);
  // Another start may have written its own file between our look and our rename: give that one back.
  if ((await readFile(aside, 'utf8')) !== before) await link(aside, file).catch(() => {});
  await rm(aside, { force: true });
  return true;
}

/** The port of the last start, so that scripts that remember it keep working. */
export async function lastPort(dataDir: string): Promise<number | undefined> {
  const options = await readFile(path.join(dataDir, 'postmaster.opts'), 'utf8').catch(() => '');
  const port = Number(/"port=(\d+)"/.exec(options)?.[1]);
  return port > 0 ? port : undefined;
}
