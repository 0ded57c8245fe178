import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bytesColumn, plainColumn } from '../../src/db/columns.ts';
import { openDatabase } from '../../src/db/open.ts';
import { newId } from '../../src/ids.ts';
import { openKeyring } from '../../src/vault/vault.ts';
import { type House, openHouse } from './house.ts';

let house: House;
let file: string;
beforeEach(async () => {
  house = await openHouse();
  house.env.INLET_MASTER_KEY = '';
  file = path.join(house.env.INLET_DATA_DIR!, 'master.key');
  await house.json('channel', 'add', 'form', '--name', 'Site');
  await house.json('channel', 'test', 'Site');
});
afterEach(() => house.close());

const keys = async (): Promise<Buffer[]> =>
  (await readFile(file, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => Buffer.from(line, 'base64'));

/** Contacts that have a key and nothing else. */
async function addKeys(count: number, masters: readonly Uint8Array[]): Promise<string[]> {
  const ring = openKeyring(masters);
  const ids = Array.from({ length: count }, () => newId());
  await house.owner`
    insert into contact_keys select * from unnest(${plainColumn(ids)}::uuid[],
      ${bytesColumn(ids.map((id) => ring.newKey('contact', id).wrapped))}::bytea[])`;
  return ids;
}

/** How many keys open with this master alone. */
async function openWith(master: Uint8Array): Promise<{ yes: number; no: number }> {
  const ring = openKeyring([master]);
  const rows = await house.owner<{ id: string; wrapped: Uint8Array }[]>`
    select contact_id as id, wrapped from contact_keys`;
  let yes = 0;
  for (const { id, wrapped } of rows)
    try {
      ring.openKey('contact', id, wrapped);
      yes += 1;
    } catch {}
  return { yes, no: rows.length - yes };
}

test('the three steps: nothing is unreadable in between, and the old key opens nothing in the end', async () => {
  const [old] = await keys();
  await addKeys(2300, [old!]);
  const made = await house.json('rotate-key', '--make');
  expect(made).toEqual({ made: true, file, key: expect.any(String), previous: expect.any(String) });
  const [fresh, second, third] = await keys();
  expect([second, third]).toEqual([old, undefined]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await house.json('channel', 'test', 'Site')).toMatchObject({ outcome: 'attached' });
  expect((await house.run('rotate-key', '--make')).code).toBe(1);
  const early = await house.run('rotate-key', '--forget-old');
  expect(early).toMatchObject({ code: 1, err: expect.stringContaining('2303 keys still need the old one') });

  // While requests come in.
  const tests = Array.from({ length: 4 }, () => house.json('channel', 'test', 'Site'));
  const [done, ...tested] = await Promise.all([house.json('rotate-key'), ...tests]);
  expect(tested.map(({ outcome }) => outcome)).toEqual(['attached', 'attached', 'attached', 'attached']);
  expect(done).toEqual({
    rewrapped: { contacts: 2301, endpoints: 1, installation: 1 },
    remaining: 0,
    key: made.key,
  });
  expect(await openWith(old!)).toEqual({ yes: 0, no: 2301 });
  expect(await openWith(fresh!)).toEqual({ yes: 2301, no: 0 });

  expect(await house.json('rotate-key', '--forget-old')).toEqual({ forgotten: 1, remaining: 0, key: made.key });
  expect(await keys()).toEqual([fresh]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await house.json('channel', 'test', 'Site')).toMatchObject({ outcome: 'attached' });
  expect((await house.json('rotate-key')).rewrapped).toEqual({ contacts: 0, endpoints: 0, installation: 0 });
});

test('killed in the middle, it goes on where it was', async () => {
  const [old] = await keys();
  await addKeys(12_000, [old!]);
  await house.json('rotate-key', '--make');
  const [fresh] = await keys();
  const child = spawn(process.execPath, ['src/cli.ts', 'rotate-key'], {
    cwd: path.resolve(import.meta.dirname, '../..'),
    env: { ...process.env, ...house.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await firstProgress(child);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  const halfway = await openWith(fresh!);
  expect(halfway.yes).toBeGreaterThan(0);
  expect(halfway.no).toBeGreaterThan(0);
  expect((await openWith(old!)).yes).toBe(halfway.no);
  const { rewrapped, remaining } = await house.json('rotate-key');
  expect(remaining).toBe(0);
  expect(rewrapped.contacts).toBeLessThanOrEqual(halfway.no);
  expect(await openWith(fresh!)).toEqual({ yes: 12_001, no: 0 });
});

function firstProgress(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (text: Buffer) => (text.includes('contacts:') ? resolve() : undefined));
    child.once('exit', () => reject(new Error('it ended before it could be killed')));
  });
}

test('rows that somebody holds, and rows that come in under the old key, are met in a later round', async () => {
  const [old] = await keys();
  const [held] = await addKeys(1, [old!]);
  await house.json('rotate-key', '--make');
  const [fresh] = await keys();
  const other = openDatabase(house.url, { max: 1, applicationName: 'test' });
  let rotated: Promise<{ remaining: number }> | undefined;
  await other.begin(async (tx) => {
    await tx`select from contact_keys where contact_id = ${held!} for update`;
    rotated = house.json('rotate-key') as Promise<{ remaining: number }>;
    await new Promise((resolve) => setTimeout(resolve, 700));
    await addKeys(5, [old!]);
  });
  await other.end();
  expect((await rotated!).remaining).toBe(0);
  expect(await openWith(fresh!)).toEqual({ yes: 7, no: 0 });
});

test('a server that was started before the new key is in the way, unless one insists', async () => {
  await house.json('rotate-key', '--make');
  const server = openDatabase(house.url, { max: 1, applicationName: 'inlet server' });
  await server`select 1`;
  const later = new Date(Date.now() + 5000);
  await utimes(file, later, later);
  const { code, err } = await house.run('rotate-key');
  expect(code).toBe(1);
  expect(err).toContain('restart it first');
  await utimes(file, new Date(0), new Date(0));
  expect((await house.run('rotate-key')).code).toBe(0);
  await utimes(file, later, later);
  expect((await house.run('rotate-key', '--forget-old')).code).toBe(1);
  expect((await house.run('rotate-key', '--forget-old', '--force')).code).toBe(0);
  await server.end();
});

test('with the key in the environment the file is not touched, and the words are others', async () => {
  const [old] = await keys();
  const fresh = randomBytes(32);
  const env = (...list: Uint8Array[]) => ({
    env: { INLET_MASTER_KEY: list.map((key) => Buffer.from(key).toString('base64')).join(',') },
  });
  const make = await house.runWith(env(old!), 'rotate-key', '--make');
  expect(make).toMatchObject({ code: 2, err: expect.stringContaining('set that to "new,old"') });
  const done = await house.runWith(env(fresh, old!), 'rotate-key');
  expect(done).toMatchObject({ code: 0, out: expect.stringContaining('set INLET_MASTER_KEY to the new key alone') });
  const forget = await house.runWith(env(fresh, old!), 'rotate-key', '--forget-old', '--json');
  expect(JSON.parse(forget.out)).toMatchObject({ forgotten: 0, remaining: 0 });
  expect((await house.runWith(env(fresh), 'channel', 'test', 'Site')).code).toBe(0);
  expect(await house.run('ledger')).toMatchObject({ code: 1, err: expect.stringContaining('another master key') });
});

test('a key that nobody gave us is told, and does not stop the others', async () => {
  const [old] = await keys();
  await addKeys(3, [randomBytes(32)]);
  await house.json('rotate-key', '--make');
  const { code, out } = await house.run('rotate-key');
  expect(code).toBe(1);
  expect(out).toContain('3 are under a key that is not here');
  expect((await openWith(old!)).yes).toBe(0);
  expect((await house.run('rotate-key', '--forget-old')).code).toBe(1);
});
