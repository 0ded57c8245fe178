/** Making a cluster so that it exists whole or not at all, however many processes try and wherever one is killed. */
import { randomBytes } from 'node:crypto';
import { chown, link, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Binaries, Runner } from './embedded-binaries.ts';

/** Folders that this process is filling right now. */
const making = new Set<string>();

/**
 * initdb fills a folder of its own, which is renamed into place when it is complete. So an interrupted initdb leaves
 * only a `.making-` folder of ours, swept at the next making, and of two processes that both make, one renames first.
 */
export async function makeCluster(wanted: {
  readonly dir: string;
  readonly password: string;
  readonly runner: Runner;
  readonly binaries: Binaries;
}): Promise<void> {
  const { dir, runner } = wanted;
  await sweep(dir);
  const workshop = await mkdtemp(`${dir}.making-${process.pid}-`);
  making.add(workshop);
  try {
    const passwordFile = path.join(workshop, 'password');
    await writeFile(passwordFile, wanted.password, { mode: 0o600 });
    if (runner.owner)
      for (const file of [workshop, passwordFile]) await chown(file, runner.owner.uid, runner.owner.gid);
    const data = path.join(workshop, 'data');
    const login = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    // The built-in C.UTF-8 knows Cyrillic letters and, unlike the system's locales, never changes its order of them.
    const text = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    await runner.run(wanted.binaries.initdb, ['-D', data, ...login, ...text, '--data-checksums', '--no-instructions']);
    await rename(data, dir).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST')
        throw new Error(
          `cannot put the new cluster at ${dir}: let its parent folder, not itself, be the mounted one`,
          {
            cause: error,
          },
        );
    });
    await syncFolder(path.dirname(dir));
  } finally {
    await rm(workshop, { recursive: true, force: true, maxRetries: 3 });
    making.delete(workshop);
  }
}

/** Removes what a killed process left half-made. */
async function sweep(dir: string): Promise<void> {
  const parent = path.dirname(dir);
  const prefix = `${path.basename(dir)}.making-`;
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const folder = path.join(parent, name);
    const pid = Number.parseInt(name.slice(prefix.length), 10);
    const busy = pid === process.pid ? making.has(folder) : isAlive(pid);
    if (!busy) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The password in this file; made once (256 bits, mode 0600) where a cluster is still to be made. */
export async function keepPassword(file: string, mayMake: boolean): Promise<string> {
  const found = await read(file);
  if (found) return found;
  if (!mayMake)
    throw new Error(
      `${file} is missing or empty, and the database beside it does not open without it: put it back from the backup`,
    );
  const fresh = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  const handle = await open(fresh, 'wx', 0o600);
  await handle.writeFile(`${randomBytes(32).toString('base64url')}\n`);
  await handle.sync();
  await handle.close();
  // link() refuses to replace: of two processes that both got here, the second reads what the first wrote.
  await link(fresh, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(fresh);
  await syncFolder(path.dirname(file));
  return (await read(file)) ?? '';
}

async function read(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`cannot read ${file}: it belongs to the user who first started Inlet here`, { cause: error });
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync();
  await handle.close();
}
