import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';

export interface TestDatabase {
  /** Superuser connection to this database alone. */
  readonly url: string;
  /** Ends every session in it and removes it. */
  drop(): Promise<void>;
}

/**
 * A database of this test file's own: a clone of the migrated template (about 35 ms).
 * `{ migrated: false }` gives an empty one.
 */
export async function testDatabase(options: { readonly migrated?: boolean } = {}): Promise<TestDatabase> {
  const template = inject('templateName');
  const name = `${template}_${randomBytes(4).toString('hex')}`;
  const url = new URL(inject('databaseUrl'));
  await run(`create database ${name} template ${options.migrated === false ? 'template0' : template}`);
  url.pathname = name;
  return { url: url.href, drop: () => run(`drop database if exists ${name} with (force)`) };
}

async function run(statement: string): Promise<void> {
  const sql = postgres(inject('databaseUrl'), { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}
