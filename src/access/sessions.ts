/** Sessions of people in the web app: a random token in a cookie, its SHA-256 in the database. */

import type { Clock } from '../clock.ts';
import type { Sql } from '../db/open.ts';
import type { Actor, Tx } from './actor.ts';
import { newToken, tokenHash } from './tokens.ts';

export const SESSION_DAYS = 30;
const IDLE_DAYS = 7;
const DAY_MS = 86_400_000;
/** A busy screen asks many times a second; the row is written once a minute. */
const SEEN_EVERY_MS = 60_000;

export interface Session {
  /** For the cookie; known to nobody else afterwards. */
  readonly token: string;
  readonly expiresAt: Date;
}

/** A new session. Those of this person that have run out are forgotten on the way. */
export async function openSession(tx: Tx, userId: string, clock: Clock): Promise<Session> {
  const token = newToken();
  const now = new Date(clock.now());
  const expiresAt = new Date(clock.now() + SESSION_DAYS * DAY_MS);
  await tx`delete from sessions where user_id = ${userId}
    and (expires_at <= ${now} or last_seen_at <= ${new Date(clock.now() - IDLE_DAYS * DAY_MS)})`;
  await tx`insert into sessions (token_hash, user_id, created_at, last_seen_at, expires_at)
    values (${tokenHash(token)}, ${userId}, ${now}, ${now}, ${expiresAt})`;
  return { token, expiresAt };
}

/** Who this token belongs to right now: role and state are read each time, so that a change holds at once. */
export async function findSession(sql: Sql, token: string, clock: Clock): Promise<Actor | undefined> {
  const hash = tokenHash(token);
  const now = clock.now();
  const [row] = await sql<
    { user_id: string; role: Actor['role']; language: Actor['language']; last_seen_at: Date }[]
  >`select s.user_id, u.role, u.language, s.last_seen_at from sessions s join users u on u.id = s.user_id
    where s.token_hash = ${hash} and s.expires_at > ${new Date(now)}
      and s.last_seen_at > ${new Date(now - IDLE_DAYS * DAY_MS)} and u.disabled_at is null`;
  if (row === undefined) return undefined;
  if (now - row.last_seen_at.getTime() >= SEEN_EVERY_MS)
    await sql`update sessions set last_seen_at = ${new Date(now)}
      where token_hash = ${hash} and last_seen_at = ${row.last_seen_at}`;
  return { userId: row.user_id, role: row.role, name: `user:${row.user_id}`, language: row.language };
}

export async function endSession(sql: Sql | Tx, token: string): Promise<void> {
  await sql`delete from sessions where token_hash = ${tokenHash(token)}`;
}

/** After a change of password, and when a person is disabled: every device has to log in again. */
export async function endSessionsOf(tx: Tx, userId: string): Promise<void> {
  await tx`delete from sessions where user_id = ${userId}`;
}
