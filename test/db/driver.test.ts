/** What our copy of postgres.js repairs (vendor/postgres/REPAIRS.md): the life after a lost connection. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Sql } from '../../src/db/open.ts';
import { type TestDatabase, testDatabase } from '../setup/database.ts';

let database: TestDatabase;
let admin: Sql;
const opened: Sql[] = [];

beforeAll(async () => {
  database = await testDatabase({ migrated: false });
  admin = open(1, 'admin');
  await admin`create table notes (text text not null)`;
});
beforeEach(async () => {
  await admin`truncate notes`;
});
afterAll(async () => {
  await Promise.all(opened.map((sql) => sql.end({ timeout: 1 })));
  await database.drop();
});

function open(max: number, applicationName: string): Sql {
  const sql = openDatabase(database.url, { max, applicationName });
  opened.push(sql);
  return sql;
}

const cut = (applicationName: string) =>
  admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${applicationName}`;

const notes = async (): Promise<string[]> =>
  (await admin<{ text: string }[]>`select text from notes order by text`).map((row) => row.text);

/** Opens when told. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test.each(['throws', 'goes on'])(
  'a transaction whose connection died, and which %s, cannot touch the next one',
  async (then) => {
    const sql = open(1, `late ${then}`);
    const began = gate();
    const late = gate();
    const first = sql.begin(async (tx) => {
      await tx`insert into notes values ('first')`;
      began.open();
      await late.opened;
      if (then === 'throws') throw new Error('late');
      await tx`insert into notes values ('too late')`;
    });
    const failed = expect(first).rejects.toThrow(/CONNECTION|terminat/);
    await began.opened;
    await cut(`late ${then}`);
    await failed;
    await sql.begin(async (tx) => {
      await tx`insert into notes values ('second, one')`;
      late.open();
      await sleep(100);
      await tx`insert into notes values ('second, two')`;
    });
    expect(await notes()).toEqual(['second, one', 'second, two']);
  },
);

test('everything that was asked in a transaction is answered when its connection dies', async () => {
  const sql = open(1, 'many');
  const asked: Promise<unknown>[] = [];
  const work = sql.begin(async (tx) => {
    asked.push(tx`select pg_sleep(30)`);
    for (let i = 0; i < 300; i += 1) asked.push(tx`select ${i}::int, ${'x'.repeat(200)}::text`);
    await Promise.all(asked);
  });
  const failed = expect(work).rejects.toThrow(/CONNECTION|terminat/);
  await sleep(200);
  await cut('many');
  await failed;
  const settled = await Promise.race([Promise.allSettled(asked), sleep(2000)]);
  expect(settled?.every(({ status }) => status === 'rejected')).toBe(true);
});

test('a busy pool that loses all its connections again and again works at once', async () => {
  const sql = open(8, 'busy');
  let running = true;
  let slowest = 0;
  const client = async (n: number): Promise<void> => {
    while (running) {
      const began = performance.now();
      const asking =
        n % 2 === 0 ? sql`select ${n}::int` : sql.begin((tx) => Promise.all([tx`select 1`, tx`select 2`]));
      await Promise.resolve(asking).catch(() => undefined);
      slowest = Math.max(slowest, performance.now() - began);
    }
  };
  const clients = Array.from({ length: 16 }, (_, n) => client(n));
  for (let i = 0; i < 20; i += 1) {
    await sleep(50 + Math.random() * 100);
    await cut('busy');
  }
  running = false;
  const all = await Promise.race([Promise.all(clients), sleep(5000)]);
  expect(all, 'a query is never answered').toBeDefined();
  expect(slowest).toBeLessThan(2500);
});

test('a pool can be closed after it lost its connections', async () => {
  const sql = open(2, 'closing');
  const asking = sql`select pg_sleep(30)`.catch(() => undefined);
  await sleep(100);
  await cut('closing');
  await asking;
  const ended = await Promise.race([sql.end().then(() => 'ended'), sleep(2000)]);
  expect(ended).toBe('ended');
});

test('a query on a connection that was cut without a word is given up', async () => {
  const { port } = new URL(database.url);
  const cable = createServer((near) => {
    const far = connect(Number(port), '127.0.0.1');
    near.pipe(far).pipe(near);
    for (const end of [near, far]) end.on('error', () => undefined);
    cables.push([near, far]);
  });
  const cables: (readonly [Socket, Socket])[] = [];
  await new Promise<void>((resolve) => cable.listen(0, '127.0.0.1', resolve));
  const url = new URL(database.url);
  url.port = String((cable.address() as AddressInfo).port);
  const sql = openDatabase(url.href, { max: 1, applicationName: 'cable', statementTimeoutMs: 500 });
  opened.push(sql);
  await sql`select 1`;
  for (const [near, far] of cables) {
    near.unpipe(far);
    far.unpipe(near);
  }
  const began = performance.now();
  await expect(sql`select 2`).rejects.toThrow('ETIMEDOUT');
  expect(performance.now() - began).toBeLessThan(4000);
  await expect(sql`select 3 as n`).resolves.toEqual([{ n: 3 }]);
  cable.close();
});
