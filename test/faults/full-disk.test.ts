/** The disk runs full: refused before the acknowledgement, and on again by itself when there is room. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { embeddedUrl, openInside } from './inside.ts';
import { ask, isOk, type Told } from './load.ts';
import { makeFolder, type ServerProcess, startServer, until } from './server.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let disk: string;
let mounted = false;
let server: ServerProcess | undefined;

beforeAll(async () => {
  folder = await makeFolder('full');
  disk = path.join(folder.dir, 'disk');
  mkdirSync(disk, { mode: 0o711 });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m,mode=0711', 'tmpfs', disk], { stdio: 'ignore' });
    mounted = true;
  } catch {
    // Not root, or no mounts in this container: the test says so below.
  }
});
afterAll(async () => {
  await server?.stop();
  if (mounted) execFileSync('umount', ['-l', disk]);
  await folder.remove();
});

/** Writes until so many bytes are free. */
async function fillUp(file: string, leaveBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(disk);
  const handle = openSync(file, 'w');
  const block = Buffer.alloc(1 << 20, 1);
  try {
    for (let left = bavail * bsize - leaveBytes; left > 0; left -= block.length) writeSync(handle, block);
    fsyncSync(handle);
  } catch {
    // Full already: that is what we are here for.
  }
  closeSync(handle);
}

let sent = 0;

/** Random text, so that nothing can be compressed: about 100 KB a request. */
function post(address: string): Promise<Told> {
  sent += 1;
  const text = randomBytes(75_000).toString('base64');
  const body = JSON.stringify({ phone: `+7999${String(sent).padStart(7, '0')}`, message: text });
  return ask('POST', address, body, { headers: { 'Idempotency-Key': `full-${sent}` } });
}

test('a full disk: 503 instead of a promise, all that was acknowledged is there, no restart', {
  timeout: 180_000,
}, async ({ skip }) => {
  if (!mounted) skip('a small disk of its own needs the right to mount a tmpfs (root)'); // said out loud by npm test
  const dataDir = path.join(disk, 'data');
  server = await startServer({ dataDir, logFile: path.join(folder.dir, 'server.log') });
  const before = await openInside(await embeddedUrl(dataDir), dataDir);
  const form = await before.newForm('full disk');
  await before.close();
  const address = `${server.url}/in/form/${form.key}`;
  const acked = new Set<string>();
  const keep = ({ status, body }: Told): boolean => {
    if (isOk(status)) acked.add((JSON.parse(body) as { delivery: string }).delivery);
    return isOk(status);
  };
  expect(keep(await post(address))).toBe(true);

  const ballast = path.join(disk, 'ballast');
  await fillUp(ballast, 4 << 20);
  const refused: Told[] = [];
  for (let turn = 0; turn < 600 && refused.length < 20; turn += 1) {
    const told = await post(address);
    if (!keep(told)) refused.push(told);
  }
  expect(refused.length).toBe(20);
  expect(refused.map(({ status, headers }) => [status, Number(headers['retry-after']) > 0])).toEqual(
    refused.map(() => [503, true]),
  );
  await sleep(2000);
  expect(server.isAlive()).toBe(true);
  expect((await ask('GET', `${server.url}/healthz`)).status).toBe(200);

  rmSync(ballast);
  const backMs = await until('accepting again', 30_000, async () => keep(await post(address)), 100);
  expect(backMs).toBeLessThan(15_000);
  const after = await openInside(await embeddedUrl(dataDir), dataDir);
  try {
    await until('nothing is pending', 60_000, async () => {
      const [row] = await after.sql<{ n: number }[]>`select count(*)::int as n from pending`;
      return row?.n === 0;
    });
    const rows = await after.sql<{ delivery_id: string; outcome: string }[]>`
      select delivery_id, outcome from outcomes join messages on messages.id = delivery_id`;
    const stored = new Set(rows.map((row) => row.delivery_id));
    expect([...acked].filter((delivery) => !stored.has(delivery))).toEqual([]);
    expect(rows.every(({ outcome }) => outcome === 'opened')).toBe(true);
  } finally {
    await after.close();
  }
});
