import type { Clock } from '../clock.ts';
import type { Sql } from '../db/open.ts';
import type { Deps } from '../deps.ts';
import { Rejected } from '../errors.ts';
import type { Vault } from '../vault/vault.ts';
import { asSystem } from './actor.ts';
import { audit } from './audit.ts';
import { countGuess } from './login-limit.ts';
import { hashPassword, isPassword, refuseWeakPassword } from './passwords.ts';
import { endSession, endSessionsOf, openSession, type Session } from './sessions.ts';

export interface Login {
  readonly email: string;
  readonly password: string;
  /** The client's address, `''` when unknown. */
  readonly address: string;
  /** The session that the browser already had: it ends, whoever it belonged to. */
  readonly oldToken?: string | undefined;
}

/**
 * A new session, or 401 in the same words and the same time for an unknown account, a wrong password, an account that
 * is disabled and one that was never set up; 429 when there were too many guesses.
 */
export async function login(
  { sql, vault, clock }: Pick<Deps, 'sql' | 'vault' | 'clock'>,
  given: Login,
): Promise<Session & { readonly userId: string }> {
  const email = given.email.trim().toLowerCase();
  const guesses = await countGuess(sql, vault, clock, { email, address: given.address });
  const [row] = await sql<{ id: string; password_hash: string | null }[]>`
    select id, password_hash from users where email = ${email} and disabled_at is null`;
  if (!(await isPassword(row?.password_hash ?? null, given.password)) || row === undefined)
    throw new Rejected(401, 'E-mail or password is wrong.');
  const session = await asSystem(sql, async (tx) => {
    if (given.oldToken !== undefined) await endSession(tx, given.oldToken);
    // Read again under a lock: the person may have been disabled while the password was checked.
    const [still] = await tx`select from users where id = ${row.id} and disabled_at is null
      and password_hash = ${row.password_hash} for share`;
    if (still === undefined) throw new Rejected(401, 'E-mail or password is wrong.');
    const opened = await openSession(tx, row.id, clock);
    await audit(tx, { actor: { userId: row.id, name: `user:${row.id}` }, action: 'session.opened' });
    return opened;
  });
  await guesses.forget();
  return { ...session, userId: row.id };
}

export interface PasswordChange {
  readonly userId: string;
  readonly current: string;
  readonly next: string;
  readonly address: string;
}

/** Ends every session of the person and opens a new one. The current password is asked and guesses are counted. */
export async function changePassword(
  { sql, vault, clock }: { readonly sql: Sql; readonly vault: Vault; readonly clock: Clock },
  change: PasswordChange,
): Promise<Session> {
  const { userId, current, next, address } = change;
  const [row] = await sql<{ email: string; password_hash: string | null }[]>`
    select email, password_hash from users where id = ${userId}`;
  if (row === undefined) throw new Rejected(401, 'Please log in again.');
  const guesses = await countGuess(sql, vault, clock, { email: row.email, address });
  if (!(await isPassword(row.password_hash, current)))
    throw new Rejected(422, 'The current password is wrong.', { fields: { currentPassword: 'is wrong' } });
  refuseWeakPassword(next, row.email);
  const hash = await hashPassword(next);
  const session = await asSystem(sql, async (tx) => {
    const changed = await tx`update users set password_hash = ${hash}
      where id = ${userId} and password_hash = ${row.password_hash} and disabled_at is null`;
    if (changed.count === 0) throw new Rejected(401, 'Please log in again.');
    await endSessionsOf(tx, userId);
    const opened = await openSession(tx, userId, clock);
    await audit(tx, {
      actor: { userId, name: `user:${userId}` },
      action: 'password.changed',
      target: `user:${userId}`,
    });
    return opened;
  });
  await guesses.forget();
  return session;
}
