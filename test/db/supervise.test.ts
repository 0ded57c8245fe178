import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSettings } from '../../src/config.ts';
import { inhabitants, livingPostmaster } from '../../src/db/postmaster.ts';
import { type Installation, openInstallation } from '../../src/installation.ts';
import { silentLog } from '../../src/log.ts';

let folder: string;
let installation: Installation;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'inlet-supervise-'));
  await chmod(folder, 0o711);
  installation = await open();
});
afterEach(async () => {
  await installation.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

function open(): Promise<Installation> {
  const settings = readSettings({ INLET_DATA_DIR: path.join(folder, 'data') });
  return openInstallation(settings, { max: 3, applicationName: 'inlet test', log: silentLog });
}

async function killAll(): Promise<void> {
  for (const pid of await inhabitants(installation.embedded!.dir)) process.kill(pid, 'SIGKILL');
}

/** A statement, as soon as one works. */
async function backAgain(): Promise<number> {
  const began = performance.now();
  while (performance.now() - began < 20_000) {
    const worked = await installation.sql`select 1`.then(
      () => true,
      () => false,
    );
    if (worked) return performance.now() - began;
    await sleep(20);
  }
  throw new Error('the database does not come back');
}

test('a server that was killed is started again, on its port', async () => {
  const { port, pid } = installation.embedded!;
  await killAll();
  await backAgain();
  // It answers a moment before the one who started it knows.
  await expect.poll(() => installation.embedded!.pid, { timeout: 5000 }).not.toBe(pid);
  expect(installation.embedded!.port).toBe(port);
});

test('when its port was taken meanwhile the pool follows it to another', async () => {
  const { port } = installation.embedded!;
  const thief = createServer();
  // The supervisor may be quicker than we are: then once more.
  for (let listening = false; !listening; ) {
    await killAll();
    thief.listen(port, '127.0.0.1');
    listening = await once(thief, 'listening').then(
      () => true,
      () => false,
    );
  }
  try {
    await backAgain();
    expect(installation.embedded!.port).not.toBe(port);
    expect(new URL(installation.embedded!.url).port).toBe(String(installation.embedded!.port));
  } finally {
    thief.close();
  }
});

test('what was stopped on purpose stays stopped', async () => {
  const { dir } = installation.embedded!;
  await installation.embedded!.stop();
  await sleep(600);
  expect(await livingPostmaster(dir)).toBeUndefined();
  await installation.close();
  installation = await open();
});

test('of two processes that look after one server, both find it again', async () => {
  const other = await open();
  await killAll();
  await backAgain();
  await sleep(500);
  expect(await other.sql`select 1`).toHaveLength(1);
  expect(other.embedded!.pid).toBe(installation.embedded!.pid);
  await other.close();
  await sleep(500);
  expect(await installation.sql`select 1`).toHaveLength(1);
});
