/**
 * Which servers use this database, as far as their connections tell. Asked as the login itself: a session that runs as
 * inlet_system is not shown what others are called.
 */
import { openDatabase } from '../db/open.ts';

/** Since when the oldest connection of a running server is open; `undefined` when no server is connected. */
export async function oldestServerSince(ownerUrl: string): Promise<Date | undefined> {
  const sql = openDatabase(ownerUrl, { max: 1, applicationName: 'inlet command' });
  try {
    const [row] = await sql<{ since: Date | null }[]>`
      select min(backend_start) as since from pg_stat_activity
      where datname = current_database() and application_name = 'inlet server'`;
    return row?.since ?? undefined;
  } finally {
    await sql.end({ timeout: 2 });
  }
}
