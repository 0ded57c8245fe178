/** Numbered, forward-only SQL files, each applied once, by one replica, in one transaction. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase, type Sql } from './open.ts';

export interface MigrateOptions {
  /** Folder of `NNNN-name.sql` files. Default: `migrations/` of this repository. */
  readonly dir?: string;
  readonly log?: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

interface Migration {
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
}

/** One number for all replicas of all versions: "inlet" in ASCII. */
const lockKey = 0x69_6e_6c_65_74;
/** Another replica may be building an index on a large table. */
const lockLimitMs = 600_000;
const oldestVersion = 15;

/**
 * Brings the database of `url` (a login that owns the schema) to this version. Needs a session of its own: not through
 * a transaction pooler.
 */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<{ applied: string[] }> {
  const files = await readMigrations(options.dir ?? path.resolve(import.meta.dirname, '../../migrations'));
  const log = options.log ?? (() => {});
  // A migration may run for long, but it must not queue long behind others' locks: everybody would queue behind it.
  const timeouts = { statementTimeoutMs: 0, lockTimeoutMs: 30_000, idleInTransactionTimeoutMs: 0 };
  const sql = openDatabase(url, { max: 1, applicationName: 'inlet migrate', ...timeouts });
  try {
    await refuseOld(sql);
    await lock(sql, log);
    await sql`create table if not exists inlet_migrations (
      name text primary key,
      sha256 text not null,
      applied_at timestamptz not null default now()
    )`;
    const done = await sql<
      { name: string; sha256: string }[]
    >`select name, sha256 from inlet_migrations order by name`;
    const applied: string[] = [];
    for (const file of pending(files, done)) {
      const began = Date.now();
      await apply(sql, file);
      applied.push(file.name);
      log('migration.applied', { name: file.name, ms: Date.now() - began });
    }
    return { applied };
  } finally {
    await sql.end({ timeout: 5 }); // ends the session, and with it the lock
  }
}

async function readMigrations(dir: string): Promise<Migration[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.sql')).sort();
  const numbers = new Set<string>();
  for (const name of names) {
    if (!/^\d{4}-[a-z0-9-]+\.sql$/.test(name))
      throw new Error(`${path.join(dir, name)}: name it like 0001-what-it-does.sql`);
    if (numbers.has(name.slice(0, 4)))
      throw new Error(`two migrations have the number ${name.slice(0, 4)}: renumber one`);
    numbers.add(name.slice(0, 4));
  }
  return Promise.all(
    names.map(async (name) => {
      // A checkout on Windows may have other line ends; that is no change.
      const text = (await readFile(path.join(dir, name), 'utf8')).replaceAll('\r\n', '\n');
      return { name, text, sha256: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/** The files still to apply; throws where history and files contradict each other. */
function pending(files: readonly Migration[], done: readonly { name: string; sha256: string }[]): Migration[] {
  const known = new Map(files.map((file) => [file.name, file]));
  for (const { name, sha256 } of done) {
    const file = known.get(name);
    if (!file)
      throw new Error(
        `this database was migrated by a newer Inlet (${name} is unknown here): start that version or a newer one, ` +
          'or restore a backup made before the update',
      );
    if (file.sha256 !== sha256)
      throw new Error(
        `migration ${name} was changed after it was applied: put the file back as it was, and write a new one instead`,
      );
  }
  const latest = done.at(-1)?.name ?? '';
  const rest = files.filter((file) => !done.some(({ name }) => name === file.name));
  const early = rest.find((file) => file.name < latest);
  if (early)
    throw new Error(`migration ${early.name} comes before ${latest}, which is applied: give it the next number`);
  return rest;
}

async function refuseOld(sql: Sql): Promise<void> {
  const [row] = await sql<{ server_version: string }[]>`show server_version`;
  const version = Number.parseInt(row?.server_version ?? '', 10);
  if (version < oldestVersion)
    throw new Error(
      `this is PostgreSQL ${row?.server_version}, and Inlet needs ${oldestVersion} or newer: update the server, ` +
        'or unset DATABASE_URL to use the embedded one',
    );
}

/**
 * Asks again and again instead of waiting in the server: a waiting session would hold back what the other one does.
 */
async function lock(sql: Sql, log: NonNullable<MigrateOptions['log']>): Promise<void> {
  const since = Date.now();
  for (;;) {
    const [row] = await sql<{ locked: boolean }[]>`select pg_try_advisory_lock(${lockKey}::bigint) as locked`;
    if (row?.locked) return;
    if (Date.now() - since > lockLimitMs)
      throw new Error(
        'another replica has been migrating this database for 10 minutes: look at its log, then start again',
      );
    log('migration.waiting', { ms: Date.now() - since });
    await sleep(250);
  }
}

async function apply(sql: Sql, file: Migration): Promise<void> {
  try {
    await sql.begin(async (tx) => {
      await tx.unsafe(file.text).simple();
      await tx`insert into inlet_migrations (name, sha256) values (${file.name}, ${file.sha256})`;
    });
  } catch (cause) {
    const at = Number((cause as { position?: string }).position);
    const line = at > 0 ? ` in line ${file.text.slice(0, at).split('\n').length}` : '';
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`migration ${file.name} failed${line} and left nothing behind: ${why}`, { cause });
  }
}
