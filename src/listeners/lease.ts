/**
 * A lease with a term: who may hold an endpoint's socket or cursor. Every write of a listener asks for it in the same
 * statement (`heldLease`), so a holder that was frozen or cut off can write nothing, whatever it believes.
 *
 * The check takes `for key share`: a renewal does not wait for it, a takeover (`for update`) does.
 */
import type { Tx } from '../access/actor.ts';
import { plainColumn } from '../db/columns.ts';
import type { Sql } from '../db/open.ts';

export interface Lease {
  readonly endpointId: string;
  /** One process. */
  readonly holder: string;
  /** Grows by one with every change of hands. */
  readonly term: number;
  /** By the database's clock, which is also the one that a restart is asked for by. */
  readonly takenAt: Date;
}

/** Somebody else holds it now: stop, and write nothing more. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
  constructor() {
    super('another process has taken over this endpoint');
  }
}

/** Takeover of a holder that fell silent: this, and up to one look of the next one (`lookMs` in supervise.ts). */
export const LEASE_SECONDS = 10;

/** `undefined`: somebody holds it. */
export async function takeLease(sql: Sql, endpointId: string, holder: string): Promise<Lease | undefined> {
  const row = await sql.begin(async (tx) => {
    await tx`insert into leases (endpoint_id) values (${endpointId}) on conflict do nothing`;
    const [free] = await tx`
      select from leases where endpoint_id = ${endpointId} and until < now() for update skip locked`;
    if (free === undefined) return undefined;
    const [taken] = await tx<{ term: number; takenAt: Date }[]>`
      update leases set holder = ${holder}, term = term + 1, until = now() + make_interval(secs => ${LEASE_SECONDS})
      where endpoint_id = ${endpointId} returning term::float8 as term, clock_timestamp() as "takenAt"`;
    return taken;
  });
  return row === undefined ? undefined : { endpointId, holder, ...row };
}

export interface Renewed {
  readonly endpointId: string;
  readonly term: number;
  readonly restartAt: Date | null;
}

/** Returns those that are still ours. */
export function renewLeases(sql: Sql, leases: readonly Lease[]): Promise<Renewed[]> {
  return sql<Renewed[]>`
    update leases l set until = now() + make_interval(secs => ${LEASE_SECONDS})
    from unnest(${plainColumn(leases.map((one) => one.endpointId))}::uuid[],
      ${plainColumn(leases.map((one) => one.holder))}::uuid[],
      ${plainColumn(leases.map((one) => one.term))}::bigint[]) as h (endpoint_id, holder, term)
    where l.endpoint_id = h.endpoint_id and l.holder = h.holder and l.term = h.term and l.until > now()
    returning l.endpoint_id as "endpointId", l.term::float8 as term, l.restart_at as "restartAt"`;
}

/** Given back: the next one need not wait. */
export async function releaseLease(sql: Sql, lease: Lease): Promise<void> {
  await sql`
    update leases set until = '-infinity'
    where endpoint_id = ${lease.endpointId} and holder = ${lease.holder} and term = ${lease.term}`;
}

/** For a `with lease as (...)`: one row while it is held, none otherwise. */
export function heldLease(sql: Sql | Tx, lease: Lease) {
  return sql`
    select endpoint_id from leases
    where endpoint_id = ${lease.endpointId} and holder = ${lease.holder} and term = ${lease.term} and until > now()
    for key share`;
}
