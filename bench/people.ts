/** Keys for the benchmark's readers and claimers, made through the same verbs as everybody's. */
import { randomBytes } from 'node:crypto';
import { makeApiKey } from '../src/access/api-keys.ts';
import { systemClock } from '../src/clock.ts';
import { openDatabase } from '../src/db/open.ts';
import type { Bed } from './throughput.ts';

const actor = { userId: null, role: 'admin', name: 'bench', language: 'en' } as const;

/** An API key that sees everything; returns its secret. */
export async function makeAdmin(bed: Bed): Promise<string> {
  const sql = openDatabase(bed.databaseUrl, { max: 1, role: 'inlet_system', applicationName: 'inlet bench' });
  try {
    const name = `bench ${randomBytes(4).toString('hex')}`;
    return (await makeApiKey({ sql, clock: systemClock }, actor, { name, scope: 'admin' })).secret;
  } finally {
    await sql.end();
  }
}
