import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Embedded, startEmbedded } from '../../src/db/embedded.ts';

let folder: string;
let dir: string;
let running: Embedded[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'inlet-embedded-'));
  await chmod(folder, 0o711);
  dir = path.join(folder, 'pg');
});

afterEach(async () => {
  for (const server of running) await server.stop('immediate');
  running = [];
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function start(settings: Record<string, string> = {}): Promise<Embedded> {
  const server = await startEmbedded({ dir, settings: { shared_buffers: '16MB', ...settings } });
  running.push(server);
  return server;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** A second process that starts the same folder and prints what it got. */
async function startElsewhere(): Promise<{ pid: number; adopted: boolean }> {
  const child = elsewhere();
  let out = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  expect(await once(child, 'exit')).toEqual([0, null]);
  return JSON.parse(out);
}

function elsewhere(): ChildProcess {
  const module = path.resolve(import.meta.dirname, '../../src/db/embedded.ts');
  const script = `const { startEmbedded } = await import(process.argv[1]);
    const { pid, adopted } = await startEmbedded({ dir: process.argv[2], settings: { shared_buffers: '16MB' } });
    console.log(JSON.stringify({ pid, adopted }));`;
  const args = ['--input-type=module', '-e', script, module, dir];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('a new cluster is closed to others and keeps data, port and password over a restart', async () => {
  const first = await start();
  expect(first.adopted).toBe(false);
  await query(first.url, 'create table kept as select 1 as n');
  const [row] = await query(
    first.url,
    `select current_setting('data_checksums') as checksums, current_setting('listen_addresses') as addresses,
      current_setting('unix_socket_directories') as sockets, current_database() as database, lower('ПРИВЕТ') as lower`,
  );
  expect(row).toEqual({
    checksums: 'on',
    addresses: '127.0.0.1',
    sockets: '',
    database: 'inlet',
    lower: 'привет',
  });
  const stranger = new URL(first.url);
  stranger.password = 'guess';
  await expect(query(stranger.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  expect((await stat(`${dir}-password`)).mode & 0o777).toBe(0o600);
  expect((await stat(dir)).mode & 0o777).toBe(0o700);

  await first.stop();
  const second = await start();
  expect(second.adopted).toBe(false);
  expect(second.url).toBe(first.url);
  expect(await query(second.url, 'select n from kept')).toEqual([{ n: 1 }]);
});

test('what people wrote stays out of server.log', async () => {
  const { url } = await start();
  await query(url, "create table people (phone text primary key); insert into people values ('+79990001122')");
  await expect(query(url, "insert into people values ('+79990001122')")).rejects.toMatchObject({ code: '23505' });
  const log = await readFile(path.join(dir, 'server.log'), 'utf8');
  expect(log).toContain('people_pkey');
  expect(log).not.toContain('9990001122');
});

test('a server that outlived the app is adopted', async () => {
  const first = await start();
  const elsewhere = await startElsewhere();
  expect(elsewhere).toEqual({ pid: first.pid, adopted: true });
});

test('concurrent starts of an empty folder end with one server', async () => {
  const [a, b, c] = await Promise.all([startElsewhere(), startElsewhere(), start()]);
  expect(new Set([a.pid, b.pid, c.pid]).size).toBe(1);
  expect([a, b, c].filter(({ adopted }) => !adopted)).toHaveLength(1);
  expect((await readdir(folder)).sort()).toEqual(['pg', 'pg-password']);
});

test('a killed server is started again and has everything that was committed', async () => {
  const first = await start();
  await query(first.url, 'create table kept as select 1 as n');
  process.kill(first.pid, 'SIGKILL');
  const second = await start();
  expect(second.pid).not.toBe(first.pid);
  expect(second.port).toBe(first.port);
  expect(await query(second.url, 'select n from kept')).toEqual([{ n: 1 }]);
});

test('a session of a killed server that is deep in a query cannot outlive it', async () => {
  const first = await start();
  const busy = query(first.url, 'select count(*) from generate_series(1, 100000000000)').catch(() => 'lost');
  await sleep(500);
  process.kill(first.pid, 'SIGKILL');
  const second = await start();
  expect(await query(second.url, 'select 1 as n')).toEqual([{ n: 1 }]);
  expect(await busy).toBe('lost');
}, 40_000);

test('a stale pid file whose number belongs to somebody else does not block', async () => {
  const first = await start();
  const pidFile = path.join(dir, 'postmaster.pid');
  const stale = await readFile(pidFile, 'utf8');
  await first.stop();
  const owner = await stat(dir);
  // A living process of the server's own user, as happens in a restarted container where low numbers come again.
  const other = spawn('sleep', ['60'], { stdio: 'ignore', uid: owner.uid, gid: owner.gid });
  try {
    await writeFile(pidFile, stale.replace(/^\d+/, String(other.pid)));
    expect((await start()).adopted).toBe(false);
  } finally {
    other.kill();
  }
});

test('an interrupted initdb is swept away and made anew', async () => {
  const child = elsewhere();
  const half = async () => (await readdir(folder)).filter((name) => name.startsWith('pg.making-'));
  for (let tries = 0; tries < 500 && (await half()).length === 0; tries++) await sleep(10);
  await sleep(100);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await half()).toHaveLength(1);
  await start();
  expect((await readdir(folder)).sort()).toEqual(['pg', 'pg-password']);
});

test('a folder with something else in it is left alone', async () => {
  await mkdir(dir);
  await writeFile(path.join(dir, 'diary.txt'), 'mine');
  await expect(start()).rejects.toThrow('holds files but no PostgreSQL cluster');
  expect(await readdir(dir)).toEqual(['diary.txt']);
});

test('a lost password file and a wrong one are explained', async () => {
  const first = await start();
  const password = await readFile(`${dir}-password`, 'utf8');
  await rm(`${dir}-password`);
  await expect(start()).rejects.toThrow('put it back from the backup');
  await writeFile(`${dir}-password`, 'another', { mode: 0o600 });
  await expect(start()).rejects.toThrow("is not this cluster's");
  await writeFile(`${dir}-password`, password, { mode: 0o600 });
  expect((await start()).pid).toBe(first.pid);
});

test('a server that cannot start shows the end of its log', async () => {
  await expect(start({ shared_buffers: '1kB' })).rejects.toThrow(/server\.log:\n.*shared_buffers/s);
});
