/** The master key file, changed so that at every moment there is a whole one: a new file beside it, then a rename. */
import { randomBytes } from 'node:crypto';
import { open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Conflict } from '../conflict.ts';
import { readMasterKeys } from '../vault/read-master-keys.ts';

/** A new key in front of what the file holds. Returns it. */
export async function makeNewKey(file: string): Promise<Uint8Array> {
  const key = randomBytes(32);
  await replace(file, [key, ...readMasterKeys(await readFile(file, 'utf8'), file)]);
  return key;
}

/** Only the first key stays; `known` are the keys that the caller looked at, and others are not forgotten unseen. */
export async function forgetOldKeys(file: string, known: readonly Uint8Array[]): Promise<void> {
  const keys = readMasterKeys(await readFile(file, 'utf8'), file);
  if (keys.length !== known.length || !keys.every((key, index) => Buffer.from(known[index]!).equals(key)))
    throw new Conflict(`${file} was changed meanwhile: look at it, then ask again.`);
  await replace(file, keys.slice(0, 1));
}

/** When the file was last replaced. */
export async function changedAt(file: string): Promise<Date> {
  return (await stat(file)).mtime;
}

async function replace(link: string, keys: readonly Uint8Array[]): Promise<void> {
  const file = await realpath(link); // renaming over a link would leave the linked file as it is
  const before = await stat(file);
  const draft = `${file}.new-${process.pid}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(keys.map((key) => `${Buffer.from(key).toString('base64')}\n`).join(''));
    // Root may run this for a server that is not root.
    if (process.getuid?.() === 0) await handle.chown(before.uid, before.gid);
    await handle.sync();
    await handle.close();
    await rename(draft, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await unlink(draft).catch(() => undefined);
    throw error;
  }
  const folder = await open(path.dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
