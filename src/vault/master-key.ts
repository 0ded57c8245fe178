import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readMasterKeys } from './read-master-keys.ts';

const MAX_LOOKS = 20;
const LOOK_MS = 50;

export interface MasterKey {
  /** Newest first. More than one while a rotation is under way. */
  readonly keys: readonly Uint8Array[];
  /** Where it came from, for the start-up message and `inlet doctor`. */
  readonly from: string;
  /** True when this start made it. */
  readonly made: boolean;
}

export interface MasterKeySettings {
  readonly masterKey: string | undefined;
  readonly masterKeyFile: string | undefined;
  readonly dataDir: string;
}

/**
 * The master key from INLET_MASTER_KEY, INLET_MASTER_KEY_FILE, or `master.key` in the data folder, which is made once
 * (mode 0600). Two starts that race read the same file: the first to create it wins.
 */
export async function loadMasterKey(settings: MasterKeySettings): Promise<MasterKey> {
  if (settings.masterKey !== undefined)
    return { keys: readMasterKeys(settings.masterKey, 'INLET_MASTER_KEY'), from: 'INLET_MASTER_KEY', made: false };
  const file = settings.masterKeyFile ?? path.join(settings.dataDir, 'master.key');
  if (settings.masterKeyFile === undefined && (await makeFile(file)))
    return { keys: readMasterKeys(await readFile(file, 'utf8'), file), from: file, made: true };
  const text = await readWritten(file).catch((cause: unknown) => {
    throw new Error(`the master key file ${file} cannot be read`, { cause });
  });
  return { keys: readMasterKeys(text, file), from: file, made: false };
}

/** The start that made the file may not have written into it yet. */
async function readWritten(file: string): Promise<string> {
  for (let turn = 1; ; turn += 1) {
    const text = await readFile(file, 'utf8');
    if (text.trim() !== '' || turn >= MAX_LOOKS) return text;
    await sleep(LOOK_MS);
  }
}

async function makeFile(file: string): Promise<boolean> {
  await mkdir(path.dirname(file), { recursive: true });
  const handle = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined;
    throw error;
  });
  if (handle === undefined) return false;
  try {
    await handle.writeFile(`${randomBytes(32).toString('base64')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return true;
}
