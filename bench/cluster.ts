/** A PostgreSQL of the benchmark's own, fsync on, and the servers under test as processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

export interface Served {
  readonly url: string;
  readonly child: ChildProcess;
  readonly stop: () => Promise<void>;
}

const root = path.join(import.meta.dirname, '..');

/** Starts a script and waits for the address that it prints. */
export function startServer(script: string, env: Readonly<Record<string, string>>): Promise<Served> {
  const child = spawn(process.execPath, [path.join(root, script)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
    });
  return new Promise((resolve, reject) => {
    let output = '';
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code} before it was ready:\n${output}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const url = /ready: (http\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve({ url, child, stop });
    });
  });
}

/** Clock ticks of USER_HZ, which Linux fixes at 100 a second for user space. */
const TICK_US = 10_000;

async function ticks(pid: number): Promise<{ own: number; parent: number }> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (text === '') return { own: 0, parent: 0 };
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  // user, system, and those of children that have ended (a postmaster's closed sessions)
  return { own: fields[11]! + fields[12]! + fields[13]! + fields[14]!, parent: fields[1]! };
}

/** CPU time of a process and its children so far, microseconds. */
export async function cpuUs(pid: number): Promise<number> {
  let total = (await ticks(pid)).own;
  for (const name of await readdir('/proc'))
    if (/^\d+$/.test(name)) {
      const one = await ticks(Number(name));
      if (one.parent === pid) total += one.own;
    }
  return total * TICK_US;
}

/** Proportional set size of a process and its children, bytes. */
export async function pssBytes(pid: number): Promise<number> {
  let total = await pssOf(pid);
  for (const name of await readdir('/proc'))
    if (/^\d+$/.test(name) && (await ticks(Number(name))).parent === pid) total += await pssOf(Number(name));
  return total;
}

async function pssOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) * 1024;
}
