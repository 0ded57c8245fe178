import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrate } from '../../src/db/migrate.ts';
import { type TestDatabase, testDatabase } from '../setup/database.ts';

let database: TestDatabase;
let dir: string;

beforeEach(async () => {
  database = await testDatabase({ migrated: false });
  dir = await mkdtemp(path.join(tmpdir(), 'inlet-migrations-'));
});

afterEach(async () => {
  await database.drop();
  await rm(dir, { recursive: true });
});

const write = (name: string, text: string) => writeFile(path.join(dir, name), text);

async function query(text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end();
  }
}

test('files are applied once, in order', async () => {
  await write('0002-second.sql', 'insert into steps values (2); insert into steps values (3)');
  await write('0001-first.sql', 'create table steps (n int);\ninsert into steps values (1);');
  await write('notes.md', 'not a migration');
  expect(await migrate(database.url, { dir })).toEqual({ applied: ['0001-first.sql', '0002-second.sql'] });
  expect(await migrate(database.url, { dir })).toEqual({ applied: [] });
  expect(await query('select n from steps order by n')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
});

test('a failing file leaves nothing, and the next start goes on behind the last good one', async () => {
  await write('0001-first.sql', 'create table steps (n int)');
  await write('0002-second.sql', 'create table half (n int);\n\ninsert into nowhere values (1)');
  await expect(migrate(database.url, { dir })).rejects.toThrow(/0002-second\.sql failed in line 3 .*"nowhere"/);
  expect(await query("select to_regclass('half') as half, to_regclass('steps')::text as steps")).toEqual([
    { half: null, steps: 'steps' },
  ]);
  await write('0002-second.sql', 'create table half (n int)');
  expect(await migrate(database.url, { dir })).toEqual({ applied: ['0002-second.sql'] });
});

test('two replicas that start together apply each file once', async () => {
  await write('0001-first.sql', 'create table steps (n int); select pg_sleep(0.3)');
  await write('0002-second.sql', 'insert into steps values (2)');
  const waits: string[] = [];
  const log = (event: string) => waits.push(event);
  const both = await Promise.all([migrate(database.url, { dir, log }), migrate(database.url, { dir, log })]);
  expect(both.flatMap(({ applied }) => applied)).toEqual(['0001-first.sql', '0002-second.sql']);
  expect(waits).toContain('migration.waiting');
  expect(await query('select n from steps')).toEqual([{ n: 2 }]);
});

test('a changed file is refused; other line ends are no change', async () => {
  await write('0001-first.sql', 'create table steps (n int);\n');
  await migrate(database.url, { dir });
  await write('0001-first.sql', 'create table steps (n int);\r\n');
  expect(await migrate(database.url, { dir })).toEqual({ applied: [] });
  await write('0001-first.sql', 'create table steps (n bigint);\n');
  await expect(migrate(database.url, { dir })).rejects.toThrow('0001-first.sql was changed after it was applied');
});

test('a database of a newer Inlet is refused', async () => {
  await write('0001-first.sql', 'select 1');
  await write('0002-future.sql', 'select 1');
  await migrate(database.url, { dir });
  await rm(path.join(dir, '0002-future.sql'));
  await expect(migrate(database.url, { dir })).rejects.toThrow('newer Inlet (0002-future.sql is unknown here)');
});

test('names and numbers are checked', async () => {
  await write('0002-second.sql', 'select 1');
  await migrate(database.url, { dir });
  await write('0001-first.sql', 'select 1');
  await expect(migrate(database.url, { dir })).rejects.toThrow('0001-first.sql comes before 0002-second.sql');
  await rm(path.join(dir, '0001-first.sql'));
  await write('0002-other.sql', 'select 1');
  await expect(migrate(database.url, { dir })).rejects.toThrow('two migrations have the number 0002');
  await rm(path.join(dir, '0002-other.sql'));
  await write('first.sql', 'select 1');
  await expect(migrate(database.url, { dir })).rejects.toThrow('name it like 0001-what-it-does.sql');
});
