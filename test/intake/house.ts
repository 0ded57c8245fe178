/** A whole house for intake tests: database, vault, one form endpoint, acceptor and what the processor needs. */
import { randomBytes } from 'node:crypto';
import { channels } from '../../channels/index.ts';
import type { Channel, InboundRequest } from '../../src/channel.ts';
import type { Clock } from '../../src/clock.ts';
import { openDatabase, type Sql } from '../../src/db/open.ts';
import { newId } from '../../src/ids.ts';
import { type Acceptor, createAcceptor } from '../../src/intake/accept.ts';
import { createEndpointBook, type OpenEndpoint } from '../../src/intake/endpoint-book.ts';
import { settingsPlace } from '../../src/intake/endpoints.ts';
import type { ProcessDeps } from '../../src/intake/process.ts';
import { silentLog } from '../../src/log.ts';
import { createDeskBook } from '../../src/routing/desk-book.ts';
import { ensureDefaultQueue } from '../../src/routing/desk-store.ts';
import { openVault } from '../../src/vault/open-vault.ts';
import { seal } from '../../src/vault/seal.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { type TestDatabase, testDatabase } from '../setup/database.ts';

export interface House {
  readonly url: string;
  readonly master: Uint8Array;
  readonly sql: Sql;
  readonly vault: Vault;
  readonly clock: Clock & { set: (ms: number | undefined) => void };
  readonly deps: ProcessDeps;
  readonly acceptor: Acceptor;
  readonly endpoint: OpenEndpoint;
  readonly open: (settings?: Record<string, unknown>, channel?: string) => Promise<OpenEndpoint>;
  /** Another process on the same database: its own pool, caches and acceptor. */
  readonly replica: () => Promise<Replica>;
  readonly outcomeOf: (delivery: string) => Promise<OutcomeRow | undefined>;
  /** Everything pending becomes due at once, back-off or not. */
  readonly due: () => Promise<void>;
  /** `select count(*)::int from <table>` of every table that a lead leaves a row in. */
  readonly census: () => Promise<Record<string, number>>;
  readonly close: () => Promise<void>;
}

export type Replica = Pick<House, 'sql' | 'vault' | 'deps' | 'acceptor'>;

export interface OutcomeRow {
  readonly outcome: string;
  readonly reason: string | null;
  readonly contact_id: string;
  readonly lead_id: string;
  readonly attempts: number;
}

const COUNTED = ['contacts', 'contact_keys', 'identities', 'leads', 'messages', 'lead_events', 'outcomes', 'pending'];

export async function openHouse(more: readonly Channel[] = [], own?: TestDatabase): Promise<House> {
  const database = own ?? (await testDatabase());
  const sql = openDatabase(database.url, { max: 6, role: 'inlet_system', applicationName: 'test' });
  const master = randomBytes(32);
  const vault = await openVault(sql, [master]);
  await ensureDefaultQueue(sql);
  let fixed: number | undefined;
  const set = (ms: number | undefined): void => {
    fixed = ms;
  };
  const clock = { now: () => fixed ?? Date.now(), set };
  const all = [...channels, ...more];
  const endpoints = createEndpointBook(vault, all, { publicUrl: 'http://inlet.example.com' }, clock);
  const acceptor = quietAcceptor(sql, vault, clock);
  const pools: Sql[] = [sql];
  const replica: House['replica'] = async () => {
    const own = openDatabase(database.url, { max: 4, role: 'inlet_system', applicationName: 'replica' });
    pools.push(own);
    const ownVault = await openVault(own, [master]);
    const book = createEndpointBook(ownVault, all, { publicUrl: 'http://inlet.example.com' }, clock);
    const deps = { sql: own, vault: ownVault, endpoints: book, desk: createDeskBook(), clock, log: silentLog };
    return { sql: own, vault: ownVault, deps, acceptor: quietAcceptor(own, ownVault, clock) };
  };
  const open = async (settings: Record<string, unknown> = {}, channel = 'form'): Promise<OpenEndpoint> => {
    const id = await insertEndpoint(sql, vault, channel, settings);
    const opened = await endpoints.byId(sql, id);
    if (opened === undefined) throw new Error('the endpoint did not open');
    return opened;
  };
  return {
    url: database.url,
    master,
    sql,
    vault,
    clock,
    deps: { sql, vault, endpoints, desk: createDeskBook(), clock, log: silentLog },
    acceptor,
    endpoint: await open(),
    open,
    replica,
    outcomeOf: async (delivery) =>
      (
        await sql<OutcomeRow[]>`
          select outcome, reason, contact_id, lead_id, attempts from outcomes where delivery_id = ${delivery}`
      )[0],
    due: async () => void (await sql`update pending set not_before = now() where not_before is not null`),
    census: async () => {
      const counts: Record<string, number> = {};
      for (const table of COUNTED)
        counts[table] = (await sql<{ n: number }[]>`select count(*)::int as n from ${sql(table)}`)[0]!.n;
      return counts;
    },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.end({ timeout: 2 })));
      await database.drop();
    },
  };
}

const nothing = () => undefined;
const quietAcceptor = (sql: Sql, vault: Vault, clock: Clock): Acceptor =>
  createAcceptor({ sql, vault, clock, onCommitted: nothing, onError: nothing });

async function insertEndpoint(
  sql: Sql,
  vault: Vault,
  channel: string,
  settings: Record<string, unknown>,
): Promise<string> {
  const id = newId();
  const { key, wrapped } = vault.newKey('endpoint', id);
  const sealed = seal(key, settingsPlace(id), JSON.stringify(settings));
  const publicKey = randomBytes(18).toString('base64url');
  await sql`
    insert into endpoints (id, channel, key, name, settings, key_wrap)
    values (${id}, ${channel}, ${publicKey}, 'Site form', ${sealed}, ${wrapped})`;
  return id;
}

/** A JSON post as the HTTP layer hands it in. */
export function post(body: unknown, more: Partial<InboundRequest> = {}): InboundRequest {
  return {
    method: 'POST',
    url: '/in/form/key',
    headers: { 'content-type': 'application/json' },
    address: '192.0.2.7',
    receivedAt: new Date(),
    ...more,
    body: typeof body === 'string' ? Buffer.from(body) : Buffer.from(JSON.stringify(body)),
  };
}
