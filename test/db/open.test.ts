import { DrizzleQueryError } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isDiskFull, isTransient, openDatabase, redact, type Sql } from '../../src/db/open.ts';
import { type TestDatabase, testDatabase } from '../setup/database.ts';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await testDatabase({ migrated: false });
  sql = openDatabase(database.url, { max: 2, applicationName: 'open.test' });
});

afterAll(async () => {
  await sql.end();
  await database.drop();
});

const failureOf = (work: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(work).then(
    () => expect.fail('this should have failed'),
    (error: unknown) => error,
  );

test('sessions carry name, limits and role', async () => {
  await sql`create role visitor`;
  const visitor = openDatabase(database.url, {
    max: 1,
    applicationName: 'a test',
    role: 'visitor',
    lockTimeoutMs: 1234,
  });
  const [row] = await visitor`select current_user::text as "user", current_setting('application_name') as name,
    current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`;
  await visitor.end();
  await sql`drop role visitor`;
  expect(row).toEqual({ user: 'visitor', name: 'a test', lock: '1234ms', statement: '30s' });
});

test('int8 is a number while that is exact', async () => {
  const [row] = await sql`select 9007199254740991::int8 as safe, 9007199254740993::int8 as unsafe, ${5n} as sent`;
  expect(row).toEqual({ safe: 9007199254740991, unsafe: 9007199254740993n, sent: 5 });
});

test('arrays of built-in types go in and come back', async () => {
  const texts = ['Привет', 'a"b\\c', '{x,y}', '', 'null', 'line\nbreak', null];
  const ids = ['0198f6f0-0000-7000-8000-000000000001'];
  const bytes = [new Uint8Array([0, 255, 92]), new Uint8Array()];
  const dates = [new Date('2026-01-02T03:04:05.678Z')];
  const [row] =
    await sql`select ${texts}::text[] as texts, ${ids}::uuid[] as ids, ${sql.array(bytes)}::bytea[] as bytes,
    ${sql.array(dates)}::timestamptz[] as dates, ${[1, 2]}::int[] as ints, ${sql.array([true, false])}::bool[] as flags,
    ${sql.array([3n])}::int8[] as big, ${[]}::text[] as none, ${[{ a: 'б' }] as never}::jsonb[] as docs`;
  expect(row).toEqual({
    texts,
    ids,
    bytes: bytes.map((item) => Buffer.from(item)),
    dates,
    ints: [1, 2],
    flags: [true, false],
    big: [3],
    none: [],
    docs: [{ a: 'б' }],
  });
});

test('one statement inserts many rows from arrays', async () => {
  await sql.begin(async (tx) => {
    await tx`create temporary table crate (id int, body bytea) on commit drop`;
    const bodies = tx.array([Buffer.from('a'), Buffer.from('b')]);
    await tx`insert into crate select * from unnest(${[1, 2]}::int[], ${bodies}::bytea[])`;
    expect(await tx`select id, body from crate order by id`).toEqual([
      { id: 1, body: Buffer.from('a') },
      { id: 2, body: Buffer.from('b') },
    ]);
  });
});

test('objects go into jsonb and come back', async () => {
  const [row] = await sql`select ${sql.json({ a: [1, 'б'] })}::jsonb as doc, ${{ b: null } as never}::jsonb as plain`;
  expect(row).toEqual({ doc: { a: [1, 'б'] }, plain: { b: null } });
});

test('a redacted error names our things and no values', async () => {
  await sql`create table people (phone text primary key, age int check (age > 0))`;
  await sql`insert into people values ('+79990001122', 5)`;
  const failures = [
    await failureOf(sql`insert into people values (${'+79990001122'}, 6)`),
    await failureOf(sql`insert into people values (${'+79990001122'}, ${-6})`),
    await failureOf(sql`select ${'+79990001122'}::text::uuid`),
    await failureOf(sql`select to_date(${'+79990001122'}, 'YYYYMMDD')`),
  ];
  failures.push(
    new DrizzleQueryError('select 1', ['+79990001122\n    at +79990001122'], failures[0] as Error),
    new Error('outer', { cause: failures[2] }),
  );
  for (const failure of failures) {
    const redacted = redact(failure);
    const everything = (error: unknown): string =>
      error instanceof Error
        ? `${error.message} ${error.stack} ${JSON.stringify(error)} ${everything(error.cause)}`
        : String(error);
    expect(everything(failure)).toContain('79990001122');
    expect(everything(redacted)).not.toContain('9990001122');
    expect(redacted.stack).toContain('open.test.ts');
  }
  expect(redact(failures[0])).toMatchObject({ code: '23505', table: 'people', constraint: 'people_pkey' });
  expect(redact('+7999').message).not.toContain('+7999');
});

test('what passes by itself is transient', async () => {
  const refused = openDatabase('postgres://nobody:x@127.0.0.1:1/x', { max: 1, applicationName: 'x' });
  expect(isTransient(await failureOf(refused`select 1`))).toBe(true);
  const killed = openDatabase(database.url, { max: 1, applicationName: 'x' });
  expect(isTransient(await failureOf(killed`select pg_terminate_backend(pg_backend_pid())`))).toBe(true);
  await killed.end({ timeout: 1 }); // without a limit postgres.js may wait for ever for a connection that died
  expect(isTransient(await failureOf(killed`select 1`))).toBe(true);
  const coded = (code: string) => Object.assign(new Error('x'), { code });
  expect(isTransient(new DrizzleQueryError('select 1', [], coded('40001')))).toBe(true);
  expect(isTransient(new AggregateError([coded('ECONNREFUSED')]))).toBe(true);
  expect(isTransient(coded('08006'))).toBe(true);
  expect(isTransient(coded('23505'))).toBe(false);
  expect(isTransient(new Error('a bug'))).toBe(false);
  expect(isTransient(undefined)).toBe(false);
  expect(isDiskFull(coded('53100'))).toBe(true);
  expect(isDiskFull(coded('40001'))).toBe(false);
});
