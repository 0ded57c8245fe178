/** The real server in a process of its own, on a database of its own, as people run it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { z } from 'zod';
import { buildWeb, root } from '../../scripts/run.ts';
import type * as shapes from '../../src/http/shapes.ts';
import { testDatabase } from '../setup/database.ts';

export type Endpoint = z.infer<typeof shapes.endpoint>;
export type Lead = z.infer<typeof shapes.lead>;
export type LeadDetail = z.infer<typeof shapes.leadDetail>;

export interface Installation {
  readonly url: string;
  /** The first administrator's one-time link, as the server printed it. */
  readonly setupUrl: string;
  /** For what no screen and no API tells. */
  readonly databaseUrl: string;
  readonly stop: () => Promise<void>;
}

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 15_000;

export async function startInstallation(): Promise<Installation> {
  const built = await buildWeb();
  if (built.code !== 0) throw new Error(`the web app cannot be built:\n${built.output}`);
  const database = await testDatabase();
  const child = spawn(process.execPath, [path.join(root, 'src/node.ts')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      DATABASE_URL: database.url,
      INLET_MASTER_KEY: randomBytes(32).toString('base64'),
      INLET_LOG: 'warn',
      HOST: '127.0.0.1',
      PORT: '0',
    },
  });
  const stop = async (): Promise<void> => {
    await ended(child);
    await database.drop();
  };
  try {
    return { ...(await readGreeting(child)), databaseUrl: database.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** `Inlet 0.1.0 is ready: http://127.0.0.1:40001`, and below it the link for the first administrator. */
function readGreeting(child: ChildProcess): Promise<{ url: string; setupUrl: string }> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string) => reject(new Error(`the server ${why}; it said:\n${said}`));
    const timer = setTimeout(() => fail('is not ready in time'), READY_WITHIN_MS);
    const hear = (chunk: Buffer): void => {
      said += chunk.toString('utf8');
      const url = /is ready: (http\S+)/.exec(said)?.[1];
      const setupUrl = /^http\S+\/setup\/\S+$/m.exec(said)?.[0];
      if (url === undefined || setupUrl === undefined) return;
      clearTimeout(timer);
      resolve({ url, setupUrl });
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await gone;
  clearTimeout(timer);
}

/** Somebody who is logged in, for what a test needs and does not show on a screen. */
export interface Person {
  readonly ask: <Answer>(method: string, path: string, body?: unknown) => Promise<Answer>;
  /** The session, for a browser: `context.addCookies([person.cookie])`. */
  readonly cookie: { readonly name: string; readonly value: string; readonly url: string };
}

export const PASSWORD = 'correct horse battery staple';

/** Opens a set-up link by the API: the first administrator's or an invited person's. */
export async function setUp(installation: Installation, link: string, more: object = {}): Promise<Person> {
  const token = link.slice(link.lastIndexOf('/') + 1);
  const answer = await fetch(`${installation.url}/api/v1/setup`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token, password: PASSWORD, ...more }),
  });
  if (!answer.ok) throw new Error(`set-up answered ${answer.status}: ${await answer.text()}`);
  const [name = '', value = ''] = (answer.headers.getSetCookie()[0] ?? '').split(';')[0]!.split(/=(.*)/);
  return { ask: asker(installation.url, `${name}=${value}`), cookie: { name, value, url: installation.url } };
}

export const setUpAdmin = (installation: Installation): Promise<Person> =>
  setUp(installation, installation.setupUrl, { email: 'ada@example.com', name: 'Ada Adams' });

export async function invite(
  installation: Installation,
  admin: Person,
  who: { name: string; role: string; email: string; language?: 'en' | 'ru' },
): Promise<Person & { id: string }> {
  const { id, setupUrl } = await admin.ask<{ id: string; setupUrl: string }>('POST', '/users', who);
  return { ...(await setUp(installation, setupUrl)), id };
}

function asker(url: string, cookie: string): Person['ask'] {
  return async (method, where, body) => {
    const answer = await fetch(`${url}/api/v1${where}`, {
      method,
      headers: { Cookie: cookie, Origin: url, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${where} answered ${answer.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as never;
  };
}

/** Asks again and again until there is an answer. */
export async function until<T>(what: string, look: () => Promise<T | undefined>, withinMs = 10_000): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`there is still no ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
