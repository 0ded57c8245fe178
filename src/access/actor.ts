/** Who is asking, and the transaction in which they ask. */
import type { TransactionSql } from 'postgres';
import type { Sql } from '../db/open.ts';

export interface Actor {
  /** The person; `null` for an API key that is not bound to one. */
  readonly userId: string | null;
  /** An API key of scope read acts as auditor, write as head, admin as admin; a bound key acts as its person. */
  readonly role: 'admin' | 'head' | 'manager' | 'auditor';
  /** For the audit: `user:<id>`, `key:<id>`, `cli` or `system`. */
  readonly name: string;
  readonly language: 'en' | 'ru';
}

/** Every transaction of the house: handed on explicitly, never ambient. */
export type Tx = TransactionSql<{ int8: bigint | number }>;

/**
 * A transaction as this person: the session becomes inlet_app, and row-level security sees the user. Everything is
 * local to the transaction, so nothing leaks through the pool. One pipelined statement, no extra round trip.
 *
 * `execute()` sends it now. A query is otherwise sent when somebody awaits it, and the first one of `work` would be
 * sent before it: as inlet_system, past every policy.
 */
export function asActor<T>(sql: Sql, actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> {
  return sql.begin(async (tx) => {
    const identified = tx`
      select set_config('role', 'inlet_app', true), set_config('inlet.user', ${actor.userId ?? ''}, true),
             set_config('inlet.role', ${actor.role}, true), set_config('inlet.actor', ${actor.name}, true)`.execute();
    const [, result] = await Promise.all([identified, work(tx)]);
    return result;
  }) as Promise<T>;
}

/** A transaction of the house itself: intake, timers, log-in. On Node the session already is inlet_system. */
export function asSystem<T>(sql: Sql, work: (tx: Tx) => Promise<T>): Promise<T> {
  return sql.begin(async (tx) => {
    const identified = tx`select set_config('role', 'inlet_system', true)`.execute();
    const [, result] = await Promise.all([identified, work(tx)]);
    return result;
  }) as Promise<T>;
}
