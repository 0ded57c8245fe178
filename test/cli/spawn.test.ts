/** The commands as a person starts them: a process, its exit code, its two streams, and the embedded database. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { livingPostmaster } from '../../src/db/postmaster.ts';
import { testDatabase } from '../setup/database.ts';

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'inlet-cli-'));
  await chmod(folder, 0o711); // root runs the database as another user, who must get through
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));

function inlet(env: Record<string, string>, args: string[], stdin = '') {
  const child = spawn(process.execPath, ['src/cli.ts', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', INLET_DATA_DIR: path.join(folder, 'data'), ...env },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  child.stdin.end(stdin);
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, out, err })),
  );
}

test("on a PostgreSQL of one's own: one object on stdout, the rest on stderr", async () => {
  const database = await testDatabase();
  const env = { DATABASE_URL: database.url, INLET_MASTER_KEY: randomBytes(32).toString('base64') };
  const args = ['user', 'add', '--email', 'a@example.com', '--name', 'A', '--role', 'admin'];
  const made = await inlet(env, [...args, '--password-stdin', '--json'], 'correct horse battery\n');
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(made.out)).toEqual({ id: expect.any(String), setupUrl: null });
  const again = await inlet({ ...env, INLET_LOG: 'trace' }, [...args, '--json']);
  expect(again.code).toBe(1);
  expect(JSON.parse(again.out)).toMatchObject({ error: expect.stringContaining('already here') });
  expect((await inlet(env, ['user', 'add', '--json'])).code).toBe(2);
  await database.drop();
});

test('in an empty folder: database and key are made, and the database is stopped when nobody uses it', async () => {
  const migrated = await inlet({}, ['migrate', '--json']);
  expect(migrated).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(migrated.out).applied.length).toBeGreaterThan(5);
  await expect(stat(path.join(folder, 'data', 'master.key'))).rejects.toThrow('ENOENT');
  const cluster = path.join(folder, 'data', 'postgres');
  expect(await livingPostmaster(cluster)).toBeUndefined();

  const made = await inlet({}, ['channel', 'add', 'form', '--name', 'Site', '--json']);
  expect(made.code).toBe(0);
  expect(made.err).toContain('A master key was made');
  expect(JSON.parse(made.out).address).toMatch(/^http:\/\/127\.0\.0\.1:3000\/in\/form\/\w{24}$/);
  expect(await readFile(path.join(folder, 'data', 'master.key'), 'utf8')).toHaveLength(45);

  const doctor = await inlet({}, ['doctor', '--json']);
  expect(doctor).toMatchObject({ code: 0, err: '' });
  const { ok, checks } = JSON.parse(doctor.out) as { ok: boolean; checks: { name: string; status: string }[] };
  expect(ok).toBe(true);
  const statusOf = (name: string) => checks.find((check) => check.name === name)?.status;
  for (const name of ['database settings', 'roles', 'row-level security', 'endpoints', 'audit'])
    expect([name, statusOf(name)]).toEqual([name, 'ok']);
  expect(await livingPostmaster(cluster)).toBeUndefined();
}, 60_000);
