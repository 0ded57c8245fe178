/** The database as its owner sees it: server, settings, migrations, roles, row-level security. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Settings } from '../../config.ts';
import { plainColumn } from '../../db/columns.ts';
import { openDatabase, type Sql } from '../../db/open.ts';
import { startOwn, stopUnlessShared } from '../../installation.ts';
import type { Log } from '../../log.ts';
import { PROGRAM } from '../command.ts';
import { oldestServerSince } from '../servers.ts';
import { type Check, check, fail, many, ok, type Verdict, warn, words } from './check.ts';

const MIGRATIONS = path.resolve(import.meta.dirname, '../../../migrations');
const OLDEST_VERSION = 15;
const CLOCKS_APART_MS = 30_000;
/** A statement of a check may take minutes on a large base. */
const PATIENT = { statementTimeoutMs: 0 };

/** What row-level security stands before: without it a manager reads everybody's clients. */
const GUARDED = (
  'contacts contact_keys identities duplicate_suspicions leads lead_events messages attachments consents deliveries ' +
  'delivery_edits outcomes audit_log message_ids message_changes receipts conversations sends uploads drafts'
).split(' ');

export interface Reached {
  readonly checks: Check[];
  /** A session as inlet_system; undefined while the tables are not there or not of this version. */
  readonly sql: Sql | undefined;
  readonly isServing: boolean;
  readonly close: () => Promise<void>;
}

export async function reachDatabase(settings: Settings, log: Log): Promise<Reached> {
  const nothing = { sql: undefined, isServing: false, close: () => Promise.resolve() };
  if (settings.databaseUrl === undefined && !existsSync(path.join(settings.dataDir, 'postgres', 'PG_VERSION'))) {
    const verdict = warn('there is none yet', 'npm start makes the embedded one; or set DATABASE_URL.');
    return { checks: [{ name: 'database', ...verdict }], ...nothing };
  }
  try {
    const { url, leave } = await connect(settings, log);
    try {
      return await examine(url, settings.databaseUrl === undefined, leave);
    } catch (error) {
      await leave();
      throw error;
    }
  } catch (error) {
    return { checks: [{ name: 'database', ...unreachable(error, settings) }], ...nothing };
  }
}

async function connect(settings: Settings, log: Log): Promise<{ url: string; leave: () => Promise<void> }> {
  if (settings.databaseUrl !== undefined) return { url: settings.databaseUrl, leave: () => Promise.resolve() };
  const embedded = await startOwn(settings, log);
  return { url: embedded.url, leave: () => stopUnlessShared(embedded) };
}

function unreachable(error: unknown, settings: Settings): Verdict {
  const remedy =
    settings.databaseUrl === undefined
      ? `Look at the end of ${path.join(settings.dataDir, 'postgres', 'server.log')}.`
      : 'Start that server, or correct host, user, password and name in DATABASE_URL. Requests get 503 meanwhile.';
  return fail(`cannot be reached: ${words(error)}`, remedy);
}

async function examine(url: string, isEmbedded: boolean, leave: () => Promise<void>): Promise<Reached> {
  const owner = openDatabase(url, { max: 1, applicationName: 'inlet doctor', ...PATIENT });
  const checks: Check[] = [];
  let isCurrent = false;
  try {
    const [row] = await owner<{ version: string }[]>`select current_setting('server_version') as version`;
    const version = row?.version ?? '';
    checks.push(
      await check('database', () => serverVersion(version, isEmbedded)),
      await check('database settings', () => durability(owner)),
      await check('database clock', () => clocks(owner)),
    );
    const migrations = await check('migrations', () => migrationsOf(owner));
    isCurrent = migrations.status === 'ok';
    checks.push(migrations);
    if (isCurrent)
      checks.push(
        await check('roles', () => roles(owner, isEmbedded)),
        await check('row-level security', () => rowSecurity(owner)),
      );
  } finally {
    await owner.end({ timeout: 2 });
  }
  const isServing = (await oldestServerSince(url)) !== undefined;
  const session = { max: 1, role: 'inlet_system', applicationName: 'inlet doctor', ...PATIENT };
  const sql = isCurrent ? openDatabase(url, session) : undefined;
  const close = async (): Promise<void> => {
    await sql?.end({ timeout: 2 });
    await leave();
  };
  return { checks, sql, isServing, close };
}

function serverVersion(version: string, isEmbedded: boolean): Verdict {
  const which = `PostgreSQL ${version}${isEmbedded ? ', embedded' : ''}`;
  return Number.parseInt(version, 10) >= OLDEST_VERSION
    ? ok(which)
    : fail(which, `Inlet needs PostgreSQL ${OLDEST_VERSION} or newer: update it, or unset DATABASE_URL.`);
}

/** A 2xx promises that the request survives a power cut: these are what the promise stands on. */
async function durability(owner: Sql): Promise<Verdict> {
  const [row] = await owner<{ standby: boolean; wrong: string[] }[]>`
    select pg_is_in_recovery() as standby, coalesce(
      (select json_agg(name || ' = ' || setting order by name) from pg_settings
        where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'default_transaction_read_only')
          and setting = case name when 'default_transaction_read_only' then 'on' else 'off' end), '[]') as wrong`;
  if (row?.standby === true)
    return fail('this is a standby: it takes no writes', 'Point DATABASE_URL at the primary server.');
  const wrong = row?.wrong ?? [];
  if (wrong.length === 0) return ok('fsync, full_page_writes and synchronous_commit are on');
  return fail(
    `${wrong.join(', ')}: what was answered with 2xx can be lost`,
    'Set fsync, full_page_writes and synchronous_commit to on, and default_transaction_read_only to off.',
  );
}

async function clocks(owner: Sql): Promise<Verdict> {
  const before = Date.now();
  const [row] = await owner<{ now: Date }[]>`select clock_timestamp() as now`;
  const apartMs = Math.abs((row?.now.getTime() ?? 0) - (before + Date.now()) / 2);
  if (apartMs < CLOCKS_APART_MS) return ok('agrees with the clock of this machine');
  const message = `differs from the clock of this machine by ${Math.round(apartMs / 1000)} s`;
  return warn(message, 'Let both machines follow a time server: offers, limits and sessions go by the clock.');
}

async function migrationsOf(owner: Sql): Promise<Verdict> {
  const [table] = await owner<{ exists: boolean }[]>`select to_regclass('inlet_migrations') is not null as exists`;
  const files = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort();
  const remedy = `npm start applies them; by hand: ${PROGRAM} migrate`;
  if (table?.exists !== true) return warn('none applied: the database is empty', remedy);
  const rows = await owner<{ name: string; sha256: string }[]>`select name, sha256 from inlet_migrations`;
  const done = new Map(rows.map(({ name, sha256 }) => [name, sha256]));
  const newer = [...done.keys()].filter((name) => !files.includes(name));
  if (newer.length > 0)
    return fail(`made by a newer Inlet: ${newer.join(', ')}`, 'Start that version again, or a newer one.');
  for (const name of files) {
    const text = (await readFile(path.join(MIGRATIONS, name), 'utf8')).replaceAll('\r\n', '\n');
    if (done.has(name) && done.get(name) !== createHash('sha256').update(text).digest('hex'))
      return fail(`${name} was changed after it was applied`, 'Put the file back as it was.');
  }
  const missing = files.filter((name) => !done.has(name));
  return missing.length === 0
    ? ok(`all ${files.length} applied`)
    : warn(`${many(missing.length, 'migration')} to be applied: ${missing.join(', ')}`, remedy);
}

interface Role {
  readonly rolname: string;
  readonly powerful: boolean;
  readonly member: boolean;
  readonly owns: boolean;
}

async function roles(owner: Sql, isEmbedded: boolean): Promise<Verdict> {
  const rows = await owner<Role[]>`
    select r.rolname, r.rolsuper or r.rolbypassrls as powerful, pg_has_role(current_user, r.oid, 'member') as member,
      exists (
        select from pg_class c where c.relowner = r.oid and c.relnamespace = current_schema()::regnamespace) as owns
    from pg_roles r where r.rolname in ('inlet_system', 'inlet_app', 'inlet_login') or r.rolname = current_user`;
  const named = new Map(rows.map((row) => [row.rolname, row]));
  const again = 'The migrations make them; restore the roles of this database, or ask its administrator.';
  for (const name of ['inlet_system', 'inlet_app']) {
    const role = named.get(name);
    if (role === undefined) return fail(`the role ${name} is missing`, again);
    if (!role.member) return fail(`this login is no member of ${name}`, `As an administrator: grant ${name} to it.`);
    if (role.powerful || role.owns)
      return fail(
        `${name} stands above row-level security`,
        `As an administrator: alter role ${name} nosuperuser nobypassrls, and let it own no table.`,
      );
  }
  const login = isEmbedded ? named.get('inlet_login') : rows.find((row) => !row.rolname.startsWith('inlet_'));
  if (isEmbedded && (login?.powerful === true || login?.owns === true))
    return fail('inlet_login can do more than it should', 'alter role inlet_login nosuperuser nobypassrls');
  return login?.powerful === true
    ? warn(
        `requests come from ${login.rolname}, a superuser: whoever could reset the role would see everything`,
        'Give DATABASE_URL a login that is no superuser and owns the database.',
      )
    : ok('requests come from a login without power over row-level security');
}

async function rowSecurity(owner: Sql): Promise<Verdict> {
  const rows = await owner<{ relname: string }[]>`
    select c.relname from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relrowsecurity
      and (c.relname = any(${plainColumn(GUARDED)}::text[])
        or exists (select from pg_policy p where p.polrelid = c.oid))
    order by c.relname`;
  if (rows.length === 0) return ok(`on for all ${GUARDED.length} tables that hold clients' data`);
  const names = rows.map(({ relname }) => relname);
  return fail(`off for ${names.join(', ')}`, `alter table ${names[0]} enable row level security; the same for each.`);
}
