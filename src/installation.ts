/**
 * Opening this installation from a Node process: the server and every command do it the same way, beside each other if
 * need be. Database (embedded or given), migrations, master key, vault.
 */
import { createHmac } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import postgres from 'postgres';
import { type Clock, systemClock } from './clock.ts';
import type { Settings } from './config.ts';
import { type Embedded, startEmbedded } from './db/embedded.ts';
import { migrate } from './db/migrate.ts';
import { openDatabase, type Sql } from './db/open.ts';
import { followPort, type Supervised, supervise } from './db/supervise.ts';
import type { Log } from './log.ts';
import { ensureDefaultQueue } from './routing/desk-store.ts';
import { loadMasterKey, type MasterKey } from './vault/master-key.ts';
import { openVault } from './vault/open-vault.ts';
import type { Vault } from './vault/vault.ts';

export interface Installation {
  readonly sql: Sql;
  /** The login of the sessions, where it is reached now. Never log it. */
  readonly urlNow: () => string;
  /** Told when the embedded database came back on another port. */
  readonly moved: Set<(port: number) => void>;
  /** The login that owns the tables: migrations, backup, doctor. Never used for requests. */
  readonly ownerUrl: string;
  readonly vault: Vault;
  readonly masterKey: MasterKey;
  readonly embedded: Embedded | undefined;
  readonly migrated: readonly string[];
  readonly clock: Clock;
  /** Ends the sessions; an embedded database is stopped when nobody else is using it. */
  readonly close: () => Promise<void>;
}

export interface OpenOptions {
  /** Connections of the pool. */
  readonly max: number;
  readonly applicationName: string;
  readonly log: Log;
}

export async function openInstallation(settings: Settings, options: OpenOptions): Promise<Installation> {
  await mkdir(settings.dataDir, { recursive: true, mode: 0o711 });
  const masterKey = await loadMasterKey(settings);
  const own = settings.databaseUrl === undefined ? await startOwn(settings, options.log) : undefined;
  const ownerUrl = own?.url ?? settings.databaseUrl ?? '';
  const { applied } = await migrate(ownerUrl);
  const url = own === undefined ? ownerUrl : await loginWithoutOwnership(ownerUrl);
  const sql = openDatabase(url, { max: options.max, role: 'inlet_system', applicationName: options.applicationName });
  try {
    const vault = await openVault(sql, masterKey.keys);
    await ensureDefaultQueue(sql);
    const moved = new Set<(port: number) => void>([(port) => followPort(sql, port)]);
    const onMoved = (port: number): void => {
      for (const tell of moved) tell(port);
    };
    const embedded = own && lookAfter(own, settings, options.log, onMoved);
    const urlNow = (): string => (embedded === undefined ? url : onPort(url, embedded.port));
    const close = async (): Promise<void> => {
      await sql.end({ timeout: 5 });
      await embedded?.leave();
      if (embedded !== undefined) await stopUnlessShared(embedded);
    };
    return { sql, urlNow, moved, ownerUrl, vault, masterKey, embedded, migrated: applied, clock: systemClock, close };
  } catch (error) {
    await sql.end({ timeout: 1 });
    throw error;
  }
}

export function startOwn(settings: Settings, log: Log): Promise<Embedded> {
  return startEmbedded({
    dir: path.join(settings.dataDir, 'postgres'),
    log: (event, fields) => log.debug(event, fields as Record<string, string>),
  });
}

function onPort(url: string, port: number): string {
  const moved = new URL(url);
  moved.port = String(port);
  return moved.href;
}

function lookAfter(own: Embedded, settings: Settings, log: Log, onMoved: (port: number) => void): Supervised {
  const start = (): Promise<Embedded> => startOwn(settings, log);
  return supervise(own, { log, start, onMoved });
}

/**
 * The embedded server's superuser only migrates. Requests come from a login that owns nothing and cannot become more,
 * so not even an injected `reset role` would get past row-level security's owner. Its password follows from the
 * superuser's, so every process on this machine that may read that one arrives at the same.
 */
async function loginWithoutOwnership(ownerUrl: string): Promise<string> {
  const url = new URL(ownerUrl);
  const password = createHmac('sha256', decodeURIComponent(url.password)).update('inlet_login').digest('base64url');
  const owner = postgres(ownerUrl, { max: 1, onnotice: () => {}, fetch_types: false });
  try {
    const [known] = await owner`select from pg_roles where rolname = 'inlet_login'`;
    if (known === undefined)
      await owner.unsafe(`
        do $$ begin
          create role inlet_login login noinherit password '${password}' in role inlet_system, inlet_app;
        exception when duplicate_object or unique_violation then null; end $$`);
  } finally {
    await owner.end({ timeout: 1 });
  }
  url.username = 'inlet_login';
  url.password = password;
  return url.href;
}

/** Another process of ours (a second replica, a command) may have adopted the same server. */
export async function stopUnlessShared(embedded: Embedded): Promise<void> {
  const sql = postgres(embedded.url, { max: 1, onnotice: () => {}, fetch_types: false, connect_timeout: 2 });
  try {
    const others = await sql`
      select from pg_stat_activity
      where backend_type = 'client backend' and pid <> pg_backend_pid() and application_name like 'inlet%'`;
    if (others.length > 0) return;
  } catch {
    return; // it is down or ending already
  } finally {
    await sql.end({ timeout: 1 });
  }
  await embedded.stop();
}
