/** One-time links: to make the first administrator, and for invited people to choose their password. */

import type { Clock } from '../clock.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { newId } from '../ids.ts';
import { asSystem, type Tx } from './actor.ts';
import { audit } from './audit.ts';
import { hashPassword, refuseWeakPassword } from './passwords.ts';
import { endSessionsOf, openSession, type Session } from './sessions.ts';
import { newToken, tokenHash } from './tokens.ts';

const INVITED_MS = 7 * 86_400_000;
/** The first admin's link ends with the first admin, not with time. */
const UNTIL_USED_MS = 3650 * 86_400_000;
/** Two first-admin links used at once must not make two first admins. "inlet" in ASCII and one more. */
const FIRST_ADMIN_LOCK = 0x69_6e_6c_65_75;

/** The page of the web app that a link opens. */
export function setupUrl(publicUrl: string, token: string): string {
  return `${publicUrl}/setup/${token}`;
}

/**
 * A fresh token while there is no user at all, else `undefined`. Links made by an earlier start or another replica
 * stay
 * good until the first user exists: whoever reads either log can go on.
 */
export async function ensureFirstAdminLink(sql: Sql, clock: Clock): Promise<string | undefined> {
  const token = newToken();
  const made = await sql`
    insert into setup_links (token_hash, expires_at)
    select ${tokenHash(token)}, ${new Date(clock.now() + UNTIL_USED_MS)}::timestamptz
    where not exists (select from users)`;
  return made.count === 1 ? token : undefined;
}

/** Earlier links of the same person end: only the newest one works. */
export async function makeSetupLink(tx: Tx, userId: string, clock: Clock): Promise<string> {
  const token = newToken();
  await tx`delete from setup_links where user_id = ${userId}`;
  await tx`insert into setup_links (token_hash, user_id, expires_at)
    values (${tokenHash(token)}, ${userId}, ${new Date(clock.now() + INVITED_MS)})`;
  return token;
}

export interface SetupState {
  readonly valid: boolean;
  readonly firstAdmin: boolean;
  readonly email: string | null;
  readonly name: string | null;
}

const NOT_VALID: SetupState = { valid: false, firstAdmin: false, email: null, name: null };

export async function readSetupLink(sql: Sql | Tx, token: string, clock: Clock): Promise<SetupState> {
  const [row] = await sql<{ user_id: string | null; email: string | null; name: string | null; usable: boolean }[]>`
    select l.user_id, u.email, u.name,
      case when l.user_id is null then not exists (select from users) else u.disabled_at is null end as usable
    from setup_links l left join users u on u.id = l.user_id
    where l.token_hash = ${tokenHash(token)} and l.used_at is null and l.expires_at > ${new Date(clock.now())}`;
  if (row === undefined || !row.usable) return NOT_VALID;
  return { valid: true, firstAdmin: row.user_id === null, email: row.email, name: row.name };
}

export interface Setup {
  readonly token: string;
  readonly password: string;
  /** Both only for the first admin, and needed there. */
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  readonly language?: 'en' | 'ru' | undefined;
}

const used = (): Rejected =>
  new Rejected(403, 'This link was used or has expired; ask an administrator for a new one.');

/** Uses the link up: of many at once, one wins. Sets the password, ends older sessions and opens a new one. */
export async function useSetupLink(
  { sql, clock }: { readonly sql: Sql; readonly clock: Clock },
  given: Setup,
): Promise<Session & { readonly userId: string }> {
  // Looked at before hashing, so that a made-up token costs next to nothing.
  const state = await readSetupLink(sql, given.token, clock);
  if (!state.valid) throw used();
  const email = state.email ?? firstAdminOf(given).email;
  refuseWeakPassword(given.password, email);
  const hash = await hashPassword(given.password);
  return asSystem(sql, async (tx) => {
    // Before any link is locked: whoever wins also removes the other first-admin links.
    if (state.firstAdmin) await tx`select pg_advisory_xact_lock(${FIRST_ADMIN_LOCK})`;
    const [link] = await tx<{ user_id: string | null }[]>`
      update setup_links set used_at = ${new Date(clock.now())}
      where token_hash = ${tokenHash(given.token)} and used_at is null and expires_at > ${new Date(clock.now())}
      returning user_id`;
    if (link === undefined) throw used();
    const userId =
      link.user_id === null ? await makeFirstAdmin(tx, given, hash) : await setPassword(tx, link.user_id, given, hash);
    const session = await openSession(tx, userId, clock);
    const action = link.user_id === null ? 'admin.made' : 'password.set';
    await audit(tx, { actor: { userId, name: `user:${userId}` }, action, target: `user:${userId}` });
    return { ...session, userId };
  });
}

function firstAdminOf(given: Setup): { email: string; name: string } {
  const { email, name } = given;
  if (email !== undefined && name !== undefined) return { email: email.toLowerCase(), name };
  const fields = {
    ...(email === undefined ? { email: 'is needed for the first administrator' } : {}),
    ...(name === undefined ? { name: 'is needed for the first administrator' } : {}),
  };
  throw new Rejected(422, 'The first administrator needs an e-mail address and a name.', { fields });
}

/** Under the lock of the first admin. */
async function makeFirstAdmin(tx: Tx, given: Setup, hash: string): Promise<string> {
  const [someone] = await tx`select from users limit 1`;
  if (someone !== undefined) throw used();
  const id = newId();
  const { email, name } = firstAdminOf(given);
  await tx`insert into users (id, email, name, role, language, may_listen, password_hash)
    values (${id}, ${email}, ${name}, 'admin', ${given.language ?? 'en'}, true, ${hash})`;
  await tx`delete from setup_links where user_id is null`;
  return id;
}

async function setPassword(tx: Tx, userId: string, given: Setup, hash: string): Promise<string> {
  const changed = await tx`
    update users set password_hash = ${hash}, language = coalesce(${given.language ?? null}, language)
    where id = ${userId} and disabled_at is null`;
  if (changed.count === 0) throw used();
  await endSessionsOf(tx, userId);
  return userId;
}
