/** People who log in: invite, change, disable. Nobody is ever deleted, so that history keeps its names. */

import type { Clock } from '../clock.ts';
import { Conflict } from '../conflict.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { newId } from '../ids.ts';
import { type Actor, asSystem, type Tx } from './actor.ts';
import { audit } from './audit.ts';
import { mustBe } from './must-be.ts';
import { endSessionsOf } from './sessions.ts';
import { makeSetupLink } from './setup.ts';

export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Actor['role'];
  readonly language: Actor['language'];
  readonly onShift: boolean;
  /** To recordings of calls. */
  readonly mayListen: boolean;
  readonly disabled: boolean;
  /** Has set a password. */
  readonly ready: boolean;
  readonly createdAt: Date;
}

export interface NewUser {
  /** Lower-case. */
  readonly email: string;
  readonly name: string;
  readonly role: Actor['role'];
  readonly language: Actor['language'];
  /** Whose first line they join; `null`: nobody's. Left out, a manager joins the default queue, others none. */
  readonly queueId?: string | null | undefined;
}

export type UserChange = {
  readonly [Key in 'name' | 'role' | 'language' | 'disabled' | 'onShift' | 'mayListen']?: User[Key] | undefined;
};

type Tools = { readonly sql: Sql; readonly clock: Clock };

const columns = (sql: Sql | Tx) => sql`
  id, email, name, role, language, on_shift_since is not null as "onShift", may_listen as "mayListen",
  disabled_at is not null as disabled, password_hash is not null as ready, created_at as "createdAt"`;

export async function listUsers(sql: Sql, actor: Actor): Promise<User[]> {
  mustBe(actor, 'admin', 'head');
  return sql<User[]>`select ${columns(sql)} from users order by name, id`;
}

export async function readUser(sql: Sql | Tx, id: string): Promise<User> {
  const [row] = await sql<User[]>`select ${columns(sql)} from users where id = ${id}`;
  if (row === undefined) throw new Rejected(404, 'There is no such person.');
  return row;
}

/** Makes the person and a link, good for a week, with which they choose their password. */
export async function inviteUser(
  { sql, clock }: Tools,
  actor: Actor,
  input: NewUser,
): Promise<{ readonly user: User; readonly setupToken: string }> {
  mustBe(actor, 'admin');
  return asSystem(sql, async (tx) => {
    const id = newId();
    const made = await tx`
      insert into users (id, email, name, role, language, may_listen, created_at)
      values (${id}, ${input.email}, ${input.name}, ${input.role}, ${input.language},
        ${input.role === 'admin' || input.role === 'head'}, ${new Date(clock.now())})
      on conflict (email) do nothing`;
    if (made.count === 0) throw new Conflict('Somebody with this e-mail address is already here.');
    await joinQueue(tx, id, input);
    const setupToken = await makeSetupLink(tx, id, clock);
    const user = await readUser(tx, id);
    await audit(tx, { actor, action: 'user.invited', target: `user:${id}`, data: { role: input.role } });
    return { user, setupToken };
  });
}

/** A manager in no queue sees nothing at all, and nobody expects that of a person they have just invited. */
async function joinQueue(tx: Tx, id: string, { role, queueId }: NewUser): Promise<void> {
  if (queueId === null || (queueId === undefined && role !== 'manager')) return;
  await tx`
    insert into queue_members (queue_id, user_id)
    select q.id, ${id}::uuid from queues q
    where q.id = ${queueId ?? null} or (${queueId ?? null}::uuid is null and q.is_default)`;
}

/** A new link for a person who lost theirs, or their password. It changes nothing until it is used. */
export async function inviteAgain(
  { sql, clock }: Tools,
  actor: Actor,
  id: string,
): Promise<{ readonly user: User; readonly setupToken: string }> {
  mustBe(actor, 'admin');
  return asSystem(sql, async (tx) => {
    const user = await readUser(tx, id);
    if (user.disabled) throw new Conflict('This person is disabled; enable them first.');
    const setupToken = await makeSetupLink(tx, id, clock);
    await audit(tx, { actor, action: 'user.link_made', target: `user:${id}` });
    return { user, setupToken };
  });
}

/**
 * A person changes their own name, language and shift; an admin anybody's, and roles. The last admin who can log in
 * keeps the role and the door.
 */
export async function changeUser({ sql, clock }: Tools, actor: Actor, id: string, change: UserChange): Promise<User> {
  const own = actor.userId === id;
  if (!own || change.role !== undefined || change.disabled !== undefined || change.mayListen !== undefined)
    mustBe(actor, 'admin');
  return asSystem(sql, async (tx) => {
    if (change.disabled === true || (change.role !== undefined && change.role !== 'admin')) await keepAnAdmin(tx, id);
    const now = new Date(clock.now());
    const { name = null, role = null, language = null, disabled = null, onShift = null, mayListen = null } = change;
    const changed = await tx`
      update users set
        name = coalesce(${name}, name),
        role = coalesce(${role}, role),
        language = coalesce(${language}, language),
        may_listen = coalesce(${mayListen}::boolean, may_listen),
        on_shift_since = case when ${disabled}::boolean then null when ${onShift}::boolean is null then on_shift_since
          when ${onShift}::boolean then coalesce(on_shift_since, ${now}::timestamptz) end,
        disabled_at = case when ${disabled}::boolean is null then disabled_at
          when ${disabled}::boolean then coalesce(disabled_at, ${now}::timestamptz) end
      where id = ${id}`;
    if (changed.count === 0) throw new Rejected(404, 'There is no such person.');
    if (disabled === true) await shutOut(tx, id);
    const user = await readUser(tx, id);
    const fields = Object.keys(change).filter((key) => change[key as keyof UserChange] !== undefined);
    const data = { fields, ...(role === null ? {} : { role }), ...(disabled === null ? {} : { disabled }) };
    await audit(tx, { actor, action: 'user.changed', target: `user:${id}`, data });
    return user;
  });
}

async function shutOut(tx: Tx, id: string): Promise<void> {
  await endSessionsOf(tx, id);
  await tx`delete from setup_links where user_id = ${id}`;
}

/** Locks all admins, in one order: of two admins who demote each other at once, the second finds itself the last. */
async function keepAnAdmin(tx: Tx, leaving: string): Promise<void> {
  const admins = await tx<{ id: string; ready: boolean }[]>`
    select id, password_hash is not null as ready from users
    where role = 'admin' and disabled_at is null order by id for update`;
  const leavingIsReady = admins.some((admin) => admin.id === leaving && admin.ready);
  if (leavingIsReady && !admins.some((admin) => admin.id !== leaving && admin.ready))
    throw new Conflict('This is the last administrator who can log in; make another one first.');
}

/** Everybody who may log in, by name: for choosing an owner. */
export async function listPeople(tx: Tx): Promise<{ id: string; name: string }[]> {
  return tx<{ id: string; name: string }[]>`
    select id, name from users where disabled_at is null and role <> 'auditor' order by name, id`;
}
