import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type Sql } from '../../src/db/open.ts';
import { loadMasterKey } from '../../src/vault/master-key.ts';
import { openVault } from '../../src/vault/open-vault.ts';
import { readMasterKeys } from '../../src/vault/read-master-keys.ts';
import { CannotOpen, makeKey } from '../../src/vault/seal.ts';
import { blindIndex, openKeyring, UnknownMasterKey } from '../../src/vault/vault.ts';
import { type TestDatabase, testDatabase } from '../setup/database.ts';

let database: TestDatabase;
let sql: Sql;
let folder: string;
beforeAll(async () => {
  database = await testDatabase();
  sql = openDatabase(database.url, { max: 10, role: 'inlet_system', applicationName: 'vault' });
  folder = await mkdtemp(path.join(tmpdir(), 'inlet-vault-'));
});
afterAll(async () => {
  await sql.end();
  await database.drop();
  await rm(folder, { recursive: true });
});

describe('the keyring', () => {
  const [old, fresh] = [randomBytes(32), randomBytes(32)];

  test('opens a key for the subject and the kind it was made for, and for no other', () => {
    const ring = openKeyring([old]);
    const { key, wrapped } = ring.newKey('contact', 'c1');
    expect(ring.openKey('contact', 'c1', wrapped).equals(key)).toBe(true);
    expect(() => ring.openKey('contact', 'c2', wrapped)).toThrow(CannotOpen);
    expect(() => ring.openKey('endpoint', 'c1', wrapped)).toThrow(CannotOpen);
  });

  test('names a master key that it does not hold', () => {
    const { wrapped } = openKeyring([old]).newKey('contact', 'c1');
    expect(() => openKeyring([fresh]).openKey('contact', 'c1', wrapped)).toThrow(UnknownMasterKey);
    expect(() => openKeyring([])).toThrow('at least one');
  });

  test('wraps again under the newest, the key staying what it is', () => {
    const before = openKeyring([old]);
    const { key, wrapped } = before.newKey('contact', 'c1');
    const during = openKeyring([fresh, old]);
    expect([before.isCurrent(wrapped), during.isCurrent(wrapped)]).toEqual([true, false]);
    const again = during.rewrap('contact', 'c1', wrapped);
    expect(during.isCurrent(again)).toBe(true);
    const after = openKeyring([fresh]);
    expect(after.openKey('contact', 'c1', again).equals(key)).toBe(true);
    expect(() => before.openKey('contact', 'c1', again)).toThrow(UnknownMasterKey);
    expect(() => during.rewrap('contact', 'c2', wrapped)).toThrow(CannotOpen);
  });

  test('tells nothing of the master key in front of what it wraps', () => {
    const { wrapped } = openKeyring([Buffer.alloc(32, 7)]).newKey('contact', 'c1');
    expect(wrapped.toString('hex', 0, 4)).toBe('fc79889f');
  });
});

describe('the blind index', () => {
  const lookup = blindIndex(makeKey(Buffer.alloc(32, 7)));

  test('is 128 bits of HMAC-SHA-256 over scope, NUL and value: fixed, or nobody is ever found again', () => {
    const digest = createHmac('sha256', Buffer.alloc(32, 7)).update('identity\0phone:+79991112233').digest('hex');
    const value = lookup('identity', 'phone:+79991112233');
    expect(value.replaceAll('-', '')).toBe(digest.slice(0, 32));
    expect(value).toBe('c64ac476-4af8-36d3-818b-e1c7b5939317');
    expect(lookup('identity', Buffer.from('phone:+79991112233'))).toBe(value);
  });

  test('keeps scopes apart, also where one runs into the value', () => {
    const values = [lookup('a', 'bc'), lookup('ab', 'c'), lookup('abc', ''), lookup('', 'abc')];
    expect(new Set(values).size).toBe(4);
    expect(blindIndex(makeKey(Buffer.alloc(32, 8)))('a', 'bc')).not.toBe(values[0]);
  });
});

describe('the vault of a database', () => {
  test('has one index key, however many starts race for it; a wrong master key is refused', async () => {
    const master = randomBytes(32);
    const vaults = await Promise.all(Array.from({ length: 10 }, () => openVault(sql, [master])));
    expect(new Set(vaults.map((vault) => vault.lookup('identity', 'x'))).size).toBe(1);
    expect(await sql`select from vault_keys`).toHaveLength(1);
    const later = await openVault(sql, [randomBytes(32), master]);
    expect(later.lookup('identity', 'x')).toBe(vaults[0]!.lookup('identity', 'x'));
    await expect(openVault(sql, [randomBytes(32)])).rejects.toThrow(UnknownMasterKey);
    expect(await sql`select from vault_keys`).toHaveLength(1);
  });
});

describe('the master key', () => {
  const hex = 'a1'.repeat(32);
  const base64 = Buffer.alloc(32, 3).toString('base64');

  test('is read as hex or base64, several of them newest first', () => {
    expect(readMasterKeys(`${base64}\n`, 'X')[0]).toEqual(Buffer.alloc(32, 3));
    expect(readMasterKeys(Buffer.alloc(32, 3).toString('base64url'), 'X')[0]).toEqual(Buffer.alloc(32, 3));
    expect(readMasterKeys(`${hex.toUpperCase()}, ${base64}`, 'X').map((key) => key[0])).toEqual([0xa1, 3]);
  });

  test.each(['', ' \n', 'short', hex.slice(2), `${hex}00`, `g${hex.slice(1)}`, `${base64} x`])(
    'is refused by name, without a word of it, when it is wrong: %j',
    (text) => {
      try {
        readMasterKeys(text, 'INLET_MASTER_KEY');
        expect.unreachable();
      } catch (error) {
        expect(String(error)).toMatch(/INLET_MASTER_KEY (is empty|must hold 32 bytes)/);
        if (text.trim() !== '') expect(String(error)).not.toContain(text.slice(0, 8));
      }
    },
  );

  test('is made once, for the owner alone, and is the same at the next start', async () => {
    const settings = { masterKey: undefined, masterKeyFile: undefined, dataDir: path.join(folder, 'data') };
    const starts = await Promise.all(Array.from({ length: 8 }, () => loadMasterKey(settings)));
    expect(new Set(starts.map((one) => Buffer.from(one.keys[0]!).toString('hex'))).size).toBe(1);
    expect(starts.filter((one) => one.made)).toHaveLength(1);
    const { made, keys, from } = await loadMasterKey(settings);
    expect([made, keys]).toEqual([false, starts[0]!.keys]);
    expect((await stat(from)).mode & 0o777).toBe(0o600);
    expect(readMasterKeys(await readFile(from, 'utf8'), from)).toEqual(keys);
  });

  test('a start waits for one that is just writing it', async () => {
    const dataDir = await mkdtemp(path.join(folder, 'race-'));
    const file = path.join(dataDir, 'master.key');
    await writeFile(file, '');
    const loading = loadMasterKey({ masterKey: undefined, masterKeyFile: undefined, dataDir });
    setTimeout(() => void writeFile(file, hex), 100);
    expect((await loading).keys[0]).toEqual(Buffer.from(hex, 'hex'));
  });

  test('from the environment needs no file; a file that was named is never made', async () => {
    const dataDir = path.join(folder, 'none');
    expect((await loadMasterKey({ masterKey: hex, masterKeyFile: undefined, dataDir })).from).toBe('INLET_MASTER_KEY');
    const masterKeyFile = path.join(folder, 'missing.key');
    await expect(loadMasterKey({ masterKey: undefined, masterKeyFile, dataDir })).rejects.toThrow('cannot be read');
    await expect(stat(masterKeyFile)).rejects.toThrow('ENOENT');
  });
});
