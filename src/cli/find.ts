/** From what a person types to the row that is meant. */
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { isId } from '../ids.ts';
import { PROGRAM, UsageError } from './command.ts';

export interface FoundEndpoint {
  readonly id: string;
  readonly channel: string;
  readonly key: string;
  readonly name: string;
  readonly deleted: boolean;
}

/** By id, by the key in its address, or by its name where only one has it; deleted ones by id and key alone. */
export async function findEndpoint(sql: Sql, text: string): Promise<FoundEndpoint> {
  const id = isId(text.toLowerCase()) ? text.toLowerCase() : null;
  const rows = await sql<FoundEndpoint[]>`
    select id, channel, key, name, deleted_at is not null as deleted from endpoints
    where id = ${id} or key = ${text} or (name = ${text} and deleted_at is null) limit 2`;
  const [found] = rows;
  if (rows.length > 1) throw new UsageError(`Several endpoints are called "${text}": give the id.`);
  if (found === undefined)
    throw new Rejected(404, `There is no such endpoint; ${PROGRAM} channel list shows those that are.`);
  return found;
}

/** By id or by name, in any case of letters. */
export async function findQueue(sql: Sql, text: string): Promise<string> {
  const queues = await sql<{ id: string; name: string }[]>`select id, name from queues order by is_default desc, name`;
  const found = queues.filter(({ id, name }) => id === text || name.toLowerCase() === text.trim().toLowerCase());
  if (found.length === 1) return found[0]!.id;
  const what = found.length > 1 ? 'is the name of several queues: give the id' : 'is no queue';
  throw new UsageError(`--queue ${what}. There are: ${queues.map(({ name }) => name).join(', ')}.`, { queue: what });
}

export async function findUser(sql: Sql, email: string): Promise<string> {
  const [user] = await sql<{ id: string }[]>`select id from users where email = ${email.trim().toLowerCase()}`;
  if (user === undefined) throw new Rejected(404, 'Nobody here has this e-mail address.');
  return user.id;
}
