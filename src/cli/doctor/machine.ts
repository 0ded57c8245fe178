/** What can be told without a database: this machine, the files, the environment. */
import { existsSync } from 'node:fs';
import { open, stat, statfs, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Settings } from '../../config.ts';
import { clientAddress } from '../../http/client-address.ts';
import { loadMasterKey } from '../../vault/master-key.ts';
import { publicUrlOf } from '../open.ts';
import { type Check, check, fail, ok, type Verdict, warn, words } from './check.ts';

const NODE_MAJOR = 24;
const GIGABYTE = 1e9;
const FREE_WARN_BYTES = 2 * GIGABYTE;
/** PostgreSQL stops when the log of what it does cannot grow: 16 MB at a time, up to 2 GB. */
const FREE_FAIL_BYTES = 0.2 * GIGABYTE;
const WEB_PAGE = path.resolve(import.meta.dirname, '../../../dist/web/index.html');

export function checkMachine(settings: Settings): Promise<Check[]> {
  return Promise.all([
    check('node', () => nodeVersion(process.versions.node)),
    check('data folder', () => dataFolder(settings)),
    check('web app', webApp),
    check('public address', () => publicAddress(settings)),
    check('trusted proxies', () => trustedProxies(settings)),
  ]);
}

function nodeVersion(version: string): Verdict {
  return Number.parseInt(version, 10) >= NODE_MAJOR
    ? ok(`Node ${version}`)
    : fail(`Node ${version} is too old`, `Start Inlet with Node ${NODE_MAJOR} or newer.`);
}

async function dataFolder({ dataDir }: Settings): Promise<Verdict> {
  if (!existsSync(dataDir)) return ok(`${dataDir} is not there yet; the first start makes it`);
  const probe = path.join(dataDir, `.doctor-${process.pid}`);
  try {
    const file = await open(probe, 'wx', 0o600);
    await file.writeFile('x').then(() => file.sync());
    await file.close();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT')
      return fail(`the disk of ${dataDir} is full`, 'Free space or enlarge the disk; Inlet goes on by itself then.');
    return fail(`${dataDir} cannot be written (${code})`, 'Give the folder to the user who runs Inlet: chown -R.');
  } finally {
    await unlink(probe).catch(() => undefined);
  }
  const { bavail, bsize } = await statfs(dataDir);
  const free = `${((bavail * bsize) / GIGABYTE).toFixed(1)} GB free in ${dataDir}`;
  const remedy = 'Free space or enlarge the disk: a full one stops the database, and with it the intake.';
  if (bavail * bsize < FREE_FAIL_BYTES) return fail(free, remedy);
  return bavail * bsize < FREE_WARN_BYTES ? warn(free, remedy) : ok(free);
}

function webApp(): Verdict {
  return existsSync(WEB_PAGE)
    ? ok('the web app is built')
    : warn('the web app is not built', 'A server builds it when it starts; by hand: npm run build');
}

const isLoopback = (host: string): boolean => /^(localhost|127\.[\d.]+|\[?::1\]?)$/.test(host);

function publicAddress(settings: Settings): Verdict {
  const { publicUrl, host } = settings;
  const address = publicUrlOf(settings);
  const url = new URL(address);
  const remedy = 'Set INLET_PUBLIC_URL to the https:// address under which people and sites reach this server.';
  if (publicUrl === undefined)
    return isLoopback(host)
      ? warn(`${address}: nobody but this machine reaches it`, remedy)
      : warn(`INLET_PUBLIC_URL is not set: links and forms would say ${address}`, remedy);
  if (isLoopback(url.hostname)) return warn(`${address}: a site elsewhere cannot post there`, remedy);
  if (url.protocol === 'http:')
    return warn(`${address}: passwords and personal data go over the network in the clear`, remedy);
  return ok(address);
}

function trustedProxies({ trustedProxies: list, publicUrl }: Settings): Verdict {
  try {
    clientAddress(list);
  } catch (error) {
    return fail(
      `INLET_TRUSTED_PROXIES: ${words(error)}`,
      'Write addresses or networks such as 10.0.0.0/8, by commas.',
    );
  }
  if (list.length > 0) return ok(`X-Forwarded-For is believed from ${list.join(', ')}`);
  if (publicUrl?.startsWith('https:') !== true) return ok('none: the address of the socket is the client');
  return warn(
    'https is made by a proxy in front, and none is trusted: all visitors share its address, and its limits',
    "Set INLET_TRUSTED_PROXIES to the proxy's address.",
  );
}

export interface Keys {
  readonly check: Check;
  /** Newest first; undefined where none could be read. */
  readonly masters: readonly Uint8Array[] | undefined;
}

/** Reads the master key the way a start does, except that it makes none. */
export async function readKeys(settings: Settings): Promise<Keys> {
  const name = 'master key';
  const file = settings.masterKeyFile ?? path.join(settings.dataDir, 'master.key');
  if (settings.masterKey === undefined && settings.masterKeyFile === undefined && !existsSync(file))
    return { check: { name, ...ok(`${file} is not there yet; the first start makes it`) }, masters: undefined };
  try {
    const { keys, from } = await loadMasterKey(settings);
    const verdict = settings.masterKey === undefined ? await fileMode(file, settings) : ok(`from ${from}`);
    return { check: { name, ...verdict }, masters: keys };
  } catch (error) {
    const remedy = 'Put the key back from your copy: 32 random bytes as base64 or hex.';
    return { check: { name, ...fail(words(error), remedy) }, masters: undefined };
  }
}

async function fileMode(file: string, { masterKeyFile }: Settings): Promise<Verdict> {
  const { mode } = await stat(file);
  if ((mode & 0o077) === 0 || process.platform === 'win32') return ok(`${file}, readable by its owner alone`);
  const message = `${file} can be read by others (mode ${(mode & 0o777).toString(8)})`;
  // A secret that an orchestrator mounts has the mode it was given there.
  return masterKeyFile === undefined
    ? fail(message, `chmod 600 ${file}`)
    : warn(message, `If others have accounts on this machine: chmod 600 ${file}`);
}
