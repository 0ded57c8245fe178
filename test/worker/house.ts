/** One database, one master key, two entries: the bundled Worker in workerd, and the app as Node runs it. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { createTestHarness, type TestHarness } from 'wrangler';
import { channels } from '../../channels/index.ts';
import { makeApiKey } from '../../src/access/api-keys.ts';
import { openSession } from '../../src/access/sessions.ts';
import { createApp } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { openDatabase, type Sql } from '../../src/db/open.ts';
import type { Deps } from '../../src/deps.ts';
import { createAcceptor } from '../../src/intake/accept.ts';
import { createEndpointBook } from '../../src/intake/endpoint-book.ts';
import { createEndpoint } from '../../src/intake/endpoints.ts';
import { createMeter } from '../../src/intake/meter.ts';
import { silentLog } from '../../src/log.ts';
import { ensureDefaultQueue } from '../../src/routing/desk-store.ts';
import { openVault } from '../../src/vault/open-vault.ts';
import { testDatabase } from '../setup/database.ts';
import { keyActor, makeUser } from '../setup/fixtures.ts';
import { type Gate, openGate } from './gate.ts';

export const ORIGIN = 'http://inlet.test';
export const EDGE_ORIGIN = 'http://edge.inlet.test';

export interface House {
  readonly sql: Sql;
  /** As the owner of the tables. */
  readonly owner: Sql;
  /** The Worker's login, without the Worker. */
  readonly edgeUrl: string;
  readonly gate: Gate;
  readonly worker: TestHarness;
  readonly deps: Deps;
  readonly endpoint: { readonly id: string; readonly key: string };
  /** The Worker anew, with nothing in its memory. */
  readonly restart: (secrets?: Record<string, string>, vars?: Record<string, string>) => Promise<void>;
  readonly node: (
    method: string,
    path: string,
    as: string | undefined,
    body?: unknown,
    more?: object,
  ) => Promise<Response>;
  /** A manager of the default queue, signed in. */
  readonly manager: (name: string) => Promise<{ readonly id: string; readonly token: string; readonly key: string }>;
  readonly outcome: (delivery: string) => Promise<{ outcome: string; lead_id: string } | undefined>;
  readonly close: () => Promise<void>;
}

/** The statements of docs/worker.md, as a reader would run them. */
export async function makeLogin(ownerUrl: string, name: string): Promise<string> {
  const docs = readFileSync(new URL('../../docs/worker.md', import.meta.url), 'utf8');
  const statements = /```sql\n([\s\S]+?)```/.exec(docs)?.[1] ?? '';
  const owner = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  await owner.unsafe(statements.replaceAll('inlet_edge', name).replace('a long random password', 'pw'));
  await owner.end();
  const url = new URL(ownerUrl);
  url.username = name;
  url.password = 'pw';
  return url.href;
}

export async function dropLogin(ownerUrl: string, name: string): Promise<void> {
  const url = new URL(ownerUrl);
  url.pathname = '/postgres';
  const owner = postgres(url.href, { max: 1, onnotice: () => {} });
  await owner.unsafe(`drop role if exists ${name}`);
  await owner.end();
}

/** `wrangler.toml` as it is; only the address and the key are the test's. */
async function startWorker(databaseUrl: string, master: Uint8Array): Promise<Pick<House, 'worker' | 'restart'>> {
  process.env.CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE = databaseUrl;
  process.env.WRANGLER_SEND_METRICS = 'false';
  process.env.WRANGLER_LOG ??= 'error';
  const options = (secrets: Record<string, string> = {}, vars: Record<string, string> = {}) => ({
    root: new URL('../..', import.meta.url).pathname,
    workers: [
      {
        configPath: 'wrangler.toml',
        vars: { INLET_PUBLIC_URL: EDGE_ORIGIN, ...vars },
        secrets: { INLET_MASTER_KEY: Buffer.from(master).toString('base64'), ...secrets },
      },
    ],
  });
  const worker = createTestHarness(options());
  await worker.listen();
  return { worker, restart: (secrets, vars) => worker.update(options(secrets, vars)) };
}

function nodeApp(deps: Deps) {
  const { sql, vault, clock } = deps;
  const endpoints = createEndpointBook(vault, channels, deps.config, clock);
  const acceptor = createAcceptor({ sql, vault, clock, onCommitted: () => undefined, onError: () => undefined });
  const intake = { endpoints, acceptor, meter: createMeter(sql, vault, clock), fetch };
  return createApp(deps, { intake, quarantine: { sql, vault, endpoints, clock: systemClock, wake: () => undefined } });
}

export async function openHouse(): Promise<House> {
  const database = await testDatabase();
  const name = `inlet_edge_${randomBytes(4).toString('hex')}`;
  const edgeUrl = await makeLogin(database.url, name);
  const sql = openDatabase(database.url, { max: 4, role: 'inlet_system', applicationName: 'test' });
  const owner = openDatabase(database.url, { max: 1, applicationName: 'test owner' });
  const master = randomBytes(32);
  const vault = await openVault(sql, [master]);
  await ensureDefaultQueue(sql);
  const config = { publicUrl: ORIGIN, trustedProxies: [], version: '0.0.0' };
  const deps: Deps = { sql, vault, channels, config, clock: systemClock, log: silentLog };
  const app = nodeApp(deps);
  const gate = await openGate(new URL(edgeUrl));
  const behind = new URL(edgeUrl);
  behind.hostname = '127.0.0.1';
  behind.port = String(gate.port);
  const { worker, restart } = await startWorker(behind.href, master);
  const manager: House['manager'] = async (name) => {
    const { userId } = await makeUser({ sql }, { name });
    await sql`insert into queue_members (queue_id, user_id) select id, ${userId} from queues where is_default`;
    const { token } = await sql.begin((tx) => openSession(tx, userId, systemClock));
    const { secret } = await makeApiKey(deps, keyActor('admin'), { name, scope: 'write', userId });
    return { id: userId, token, key: secret };
  };
  const node: House['node'] = async (method, path, as, body, more) => {
    const headers = {
      ...(as === undefined ? {} : { Cookie: `inlet_session=${as}`, Origin: ORIGIN }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...more,
    };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    return app.request(`${ORIGIN}${path}`, init, { incoming: { socket: { remoteAddress: '203.0.113.9' } } });
  };
  const outcome: House['outcome'] = async (delivery) => {
    const [row] = await sql<{ outcome: string; lead_id: string }[]>`
      select outcome, lead_id from outcomes where delivery_id = ${delivery}`;
    return row;
  };
  const close = async (): Promise<void> => {
    await worker.close();
    gate.close();
    await Promise.all([sql.end(), owner.end()]);
    await database.drop();
    await dropLogin(database.url, name);
  };
  const endpoint = await createEndpoint(deps, keyActor('admin'), {
    channel: 'form',
    name: 'Site form',
    ratePerAddress: 10_000,
  });
  return { sql, owner, edgeUrl, gate, worker, deps, endpoint, restart, node, manager, outcome, close };
}

/** Asks until there is an answer: what runs after a response says no word when it is done. */
export async function eventually<T>(ask: () => Promise<T | undefined>, withinMs = 5000): Promise<T> {
  const until = Date.now() + withinMs;
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error(`nothing came within ${withinMs} ms`);
    await sleep(25);
  }
}
