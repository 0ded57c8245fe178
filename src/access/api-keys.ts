/** Keys for scripts. `inl_` and 256 random bits; stored as SHA-256, shown once. */

import type { Clock } from '../clock.ts';
import type { Sql } from '../db/open.ts';
import type { Deps } from '../deps.ts';
import { Rejected } from '../errors.ts';
import { newId } from '../ids.ts';
import { type Actor, asSystem } from './actor.ts';
import { audit } from './audit.ts';
import { mustBe } from './must-be.ts';
import { newToken, tokenHash } from './tokens.ts';

export type Scope = 'read' | 'write' | 'admin';

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  readonly userId: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

export interface NewApiKey {
  readonly name: string;
  readonly scope: Scope;
  readonly userId?: string | undefined;
}

const PREFIX = 'inl_';
const SECRET = /^inl_[A-Za-z0-9_-]{43}$/;
const USED_EVERY_MS = 60_000;

const ROLE_OF: Readonly<Record<Scope, Actor['role']>> = { read: 'auditor', write: 'head', admin: 'admin' };

/** A key of scope write has no say in who may log in, whoever it is bound to. */
function roleOf(scope: Scope, boundRole: Actor['role'] | null): Actor['role'] {
  if (boundRole === null) return ROLE_OF[scope];
  return boundRole === 'admin' && scope !== 'admin' ? 'head' : boundRole;
}

interface KeyRow {
  readonly id: string;
  readonly scope: Scope;
  readonly user_id: string | null;
  readonly last_used_at: Date | null;
  readonly role: Actor['role'] | null;
  readonly language: Actor['language'] | null;
}

/** Who acts with this key. A key of a disabled person does not work; scope read never changes anything. */
export async function findApiKey(
  sql: Sql,
  secret: string,
  clock: Clock,
): Promise<{ readonly actor: Actor; readonly readOnly: boolean } | undefined> {
  if (!SECRET.test(secret)) return undefined;
  const [row] = await sql<KeyRow[]>`
    select k.id, k.scope, k.user_id, k.last_used_at, u.role, u.language
    from api_keys k left join users u on u.id = k.user_id
    where k.secret_hash = ${tokenHash(secret)} and k.revoked_at is null and u.disabled_at is null`;
  if (row === undefined) return undefined;
  const now = clock.now();
  if (row.last_used_at === null || now - row.last_used_at.getTime() >= USED_EVERY_MS)
    await sql`update api_keys set last_used_at = ${new Date(now)}
      where id = ${row.id} and last_used_at is not distinct from ${row.last_used_at}::timestamptz`;
  const actor: Actor = {
    userId: row.user_id,
    role: roleOf(row.scope, row.role),
    name: `key:${row.id}`,
    language: row.language ?? 'en',
  };
  return { actor, readOnly: row.scope === 'read' };
}

/** The secret is in the answer and nowhere else. */
export async function makeApiKey(
  { sql, clock }: Pick<Deps, 'sql' | 'clock'>,
  actor: Actor,
  input: NewApiKey,
): Promise<ApiKey & { readonly secret: string }> {
  mustBe(actor, 'admin');
  const secret = PREFIX + newToken();
  const { name, scope, userId = null } = input;
  const key = { id: newId(), name, scope, userId, createdAt: new Date(clock.now()), lastUsedAt: null };
  await asSystem(sql, async (tx) => {
    if (userId !== null) {
      const [person] = await tx`select from users where id = ${userId} and disabled_at is null for share`;
      if (person === undefined)
        throw new Rejected(422, 'There is no such person to bind the key to.', { fields: { userId: 'is not known' } });
    }
    await tx`insert into api_keys (id, name, scope, secret_hash, user_id, created_at)
      values (${key.id}, ${name}, ${scope}, ${tokenHash(secret)}, ${userId}, ${key.createdAt})`;
    await audit(tx, { actor, action: 'key.made', target: `key:${key.id}`, data: { scope, userId } });
  });
  return { ...key, secret };
}

export async function listApiKeys(sql: Sql, actor: Actor): Promise<ApiKey[]> {
  mustBe(actor, 'admin');
  return sql<ApiKey[]>`
    select id, name, scope, user_id as "userId", created_at as "createdAt", last_used_at as "lastUsedAt"
    from api_keys where revoked_at is null order by id`;
}

export async function revokeApiKey(
  { sql, clock }: Pick<Deps, 'sql' | 'clock'>,
  actor: Actor,
  id: string,
): Promise<void> {
  mustBe(actor, 'admin');
  await asSystem(sql, async (tx) => {
    const revoked = await tx`update api_keys set revoked_at = ${new Date(clock.now())}
      where id = ${id} and revoked_at is null`;
    if (revoked.count === 0) throw new Rejected(404, 'There is no such key.');
    await audit(tx, { actor, action: 'key.revoked', target: `key:${id}` });
  });
}
