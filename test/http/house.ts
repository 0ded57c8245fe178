/** An app on a database of its own, and people who are signed in to it. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '../../src/access/actor.ts';
import { openSession } from '../../src/access/sessions.ts';
import { createApp, type Parts } from '../../src/app.ts';
import { defineChannel } from '../../src/channel.ts';
import { openDatabase } from '../../src/db/open.ts';
import type { Config, Deps } from '../../src/deps.ts';
import { newId } from '../../src/ids.ts';
import { createEndpointBook } from '../../src/intake/endpoint-book.ts';
import { type Log, silentLog } from '../../src/log.ts';
import { ensureDefaultQueue } from '../../src/routing/desk-store.ts';
import { openVault } from '../../src/vault/open-vault.ts';
import { testDatabase } from '../setup/database.ts';

export const ORIGIN = 'http://inlet.test';

/** A well-formed hash that no password has. */
const NO_PASSWORD = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** One setting of every kind. */
export const probe = defineChannel({
  id: 'probe',
  title: { en: 'Probe', ru: 'Проба' },
  settings: z.object({
    greeting: z
      .string()
      .max(100)
      .default('hi')
      .meta({
        title: 'Greeting',
        description: 'Said first.',
        ru: { title: 'Привет', description: 'Говорится первым.' },
        group: 'form',
      }),
    essay: z.string().max(5000).default(''),
    token: z
      .string()
      .max(200)
      .default('')
      .meta({ title: 'Token', secret: true, when: { setting: 'mode', is: ['slow'] } }),
    count: z.number().int().min(1).max(10).default(3),
    loud: z.boolean().default(false),
    mode: z
      .enum(['fast', 'slow'])
      .default('fast')
      .meta({ choiceTitles: { fast: { en: 'Fast', ru: 'Быстро' } } }),
    origins: z.array(z.string().max(50)).max(5).default([]),
    map: z.record(z.string(), z.string()).default({}),
  }),
  capabilities: { receives: ['form'], maxBodyBytes: 1000, originsSetting: 'origins' },
  verify: () => ({}),
  parse: () => [],
});

export interface Ask {
  readonly as?: string | undefined;
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** The other end of the socket. */
  readonly peer?: string;
}

export interface House {
  readonly deps: Deps;
  readonly clock: { ms: number };
  readonly logged: string[];
  readonly app: ReturnType<typeof createApp>;
  readonly person: (role: Actor['role'], name?: string) => Promise<{ id: string; email: string; token: string }>;
  readonly ask: (method: string, path: string, options?: Ask) => Promise<Response>;
  readonly close: () => Promise<void>;
}

export async function openHouse(options: { config?: Partial<Config>; parts?: Parts } = {}): Promise<House> {
  const database = await testDatabase();
  const sql = openDatabase(database.url, { max: 10, role: 'inlet_system', applicationName: 'test' });
  await ensureDefaultQueue(sql);
  const clock = { ms: Date.UTC(2026, 0, 15, 12) };
  const logged: string[] = [];
  const write = (event: string, fields: unknown = {}) => void logged.push(`${event} ${JSON.stringify(fields)}`);
  const log: Log = { ...silentLog, info: write, warn: write, error: write };
  const deps: Deps = {
    sql,
    vault: await openVault(sql, [randomBytes(32)]),
    channels: [probe],
    config: { publicUrl: ORIGIN, trustedProxies: [], version: '0.0.0', ...options.config },
    clock: { now: () => clock.ms },
    log,
  };
  const endpoints = createEndpointBook(deps.vault, deps.channels, deps.config, deps.clock);
  const quarantine = { sql, vault: deps.vault, clock: deps.clock, endpoints, wake: () => undefined };
  const app = createApp(deps, { quarantine, ...options.parts });
  const person: House['person'] = async (role, name = role) => {
    const id = newId();
    const email = `${name}-${id.slice(-6)}@example.com`;
    await sql`
      insert into users (id, email, name, role, password_hash)
      values (${id}, ${email}, ${name}, ${role}, ${NO_PASSWORD})`;
    const { token } = await sql.begin((tx) => openSession(tx, id, deps.clock));
    return { id, email, token };
  };
  const ask: House['ask'] = async (method, path, { as, key, body, headers, peer = '203.0.113.7' } = {}) => {
    const all: Record<string, string> = {
      ...(as === undefined ? {} : { Cookie: `inlet_session=${as}`, Origin: ORIGIN }),
      ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    };
    const init = { method, headers: all, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const url = path.startsWith('/') ? `${ORIGIN}${path}` : `${ORIGIN}/api/v1/${path}`;
    return app.request(url, init, { incoming: { socket: { remoteAddress: peer } } });
  };
  const close = async () => {
    await sql.end();
    await database.drop();
  };
  return { deps, clock, logged, app, person, ask, close };
}

export const cookieOf = (response: Response): string =>
  /(?:__Host-inlet|inlet_session)=([^;]+)/.exec(response.headers.get('set-cookie') ?? '')?.[1] ?? '';
