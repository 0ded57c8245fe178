/** Start to ready on an existing embedded database, after a clean stop and after a kill; idle memory as PSS. */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pssBytes, startServer } from './cluster.ts';

const STARTS = 5;
const IDLE_SECONDS = 30;

export async function startAndMemory(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'inlet-bench-start-'));
  await chmod(folder, 0o711);
  const env = { INLET_DATA_DIR: path.join(folder, 'data'), PORT: '0', INLET_LOG: 'warn' };
  try {
    const timed = async (): Promise<{ ms: number; stop: () => Promise<void>; pid: number }> => {
      const startedMs = performance.now();
      const served = await startServer('src/node.ts', env);
      return { ms: performance.now() - startedMs, stop: served.stop, pid: served.child.pid! };
    };
    const first = await timed();
    await first.stop();
    const cold: number[] = [];
    for (let i = 0; i < STARTS; i += 1) {
      const run = await timed();
      cold.push(run.ms);
      await run.stop();
    }
    const idle = await timed();
    await sleep(IDLE_SECONDS * 1000);
    const postmaster = Number(
      (await readFile(path.join(folder, 'data/postgres/postmaster.pid'), 'utf8')).split('\n')[0],
    );
    const [app, database] = [await pssBytes(idle.pid), await pssBytes(postmaster)];
    await idle.stop();
    cold.sort((a, b) => a - b);
    const mb = (bytes: number): string => (bytes / 1_000_000).toFixed(0);
    return (
      `first start ${first.ms.toFixed(0)} ms; ` +
      `start to ready on an existing database ${cold[STARTS >> 1]?.toFixed(0)} ms ` +
      `(${cold[0]?.toFixed(0)}–${cold.at(-1)?.toFixed(0)}); idle after ${IDLE_SECONDS} s: app ${mb(app)} MB, ` +
      `database ${mb(database)} MB, together ${mb(app + database)} MB PSS`
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
