/** The commands on a database of their own, called in this process: what they print is caught. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from '../../src/cli/run.ts';
import { openDatabase, type Sql } from '../../src/db/open.ts';
import { testDatabase } from '../setup/database.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface House {
  readonly url: string;
  readonly env: Record<string, string>;
  /** As the superuser: what nobody may do is done here on purpose. */
  readonly owner: Sql;
  readonly run: (...args: string[]) => Promise<Ran>;
  readonly runWith: (more: { stdin?: string; env?: Record<string, string> }, ...args: string[]) => Promise<Ran>;
  /** Adds `--json`, expects exactly one line on stdout, and gives what stands in it. */
  readonly json: (...args: string[]) => Promise<ReturnType<typeof JSON.parse>>;
  readonly close: () => Promise<void>;
}

export async function openHouse(): Promise<House> {
  const database = await testDatabase();
  const folder = await mkdtemp(path.join(tmpdir(), 'inlet-cli-'));
  const owner = openDatabase(database.url, { max: 2, applicationName: 'test' });
  const env = {
    DATABASE_URL: database.url,
    INLET_MASTER_KEY: randomBytes(32).toString('base64'),
    INLET_DATA_DIR: folder,
    INLET_LOG: 'silent',
    INLET_PUBLIC_URL: 'https://inlet.example.com',
  };
  const runWith: House['runWith'] = async (more, ...args) => {
    let out = '';
    let err = '';
    const code = await runCli(args, {
      env: { ...env, ...more.env },
      readStdin: () => Promise.resolve(more.stdin ?? ''),
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
    });
    return { code, out, err };
  };
  const json: House['json'] = async (...args) => {
    const { out, err } = await runWith({}, ...args, '--json');
    if (!/^\{[^\n]*\}\n$/.test(out)) throw new Error(`not one JSON object on stdout: ${out}\n${err}`);
    return JSON.parse(out);
  };
  const close = async (): Promise<void> => {
    await owner.end();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: database.url, env, owner, run: (...args) => runWith({}, ...args), runWith, json, close };
}
