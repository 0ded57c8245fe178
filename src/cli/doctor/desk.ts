/** Is the house set up so that a request reaches a person? */
import { channels } from '../../../channels/node.ts';
import type { Sql } from '../../db/open.ts';
import { openEndpoint, type SealedEndpoint } from '../../intake/endpoints.ts';
import { fieldsOf } from '../../issues.ts';
import { openKeyring } from '../../vault/vault.ts';
import { PROGRAM } from '../command.ts';
import { type Check, check, fail, many, ok, type Verdict, warn } from './check.ts';

export async function checkDesk(sql: Sql, masters: readonly Uint8Array[] | undefined): Promise<Check[]> {
  const checks = [await check('administrator', () => administrator(sql)), await check('queues', () => queues(sql))];
  if (masters !== undefined) checks.push(await check('endpoints', () => endpoints(sql, masters)));
  return checks;
}

async function administrator(sql: Sql): Promise<Verdict> {
  const [row] = await sql<{ people: number; ready: number; invited: number }[]>`
    select count(*)::int as people,
      count(*) filter (where role = 'admin' and disabled_at is null and password_hash is not null)::int as ready,
      count(*) filter (where role = 'admin' and disabled_at is null and password_hash is null and exists (
        select from setup_links l
        where l.user_id = users.id and l.used_at is null and l.expires_at > now()))::int as invited
    from users`;
  const { people = 0, ready = 0, invited = 0 } = row ?? {};
  const byHand = `${PROGRAM} user add --email E --name N --role admin`;
  if (ready > 0) return ok(`${many(ready, 'administrator')} can log in`);
  if (people === 0) return warn('nobody can log in yet', `Open the link that npm start prints, or: ${byHand}`);
  if (invited > 0) return warn('the set-up link of the administrator was not opened yet', 'Let them open it.');
  return fail('no administrator can log in', `Make one: ${byHand}`);
}

async function queues(sql: Sql): Promise<Verdict> {
  const rows = await sql<{ name: string; is_default: boolean; members: number }[]>`
    select q.name, q.is_default, (select count(*)::int from queue_members m join users u on u.id = m.user_id
      where m.queue_id = q.id and m.line = 'first' and u.disabled_at is null) as members
    from queues q order by q.is_default desc, q.name`;
  const fallback = rows.find((row) => row.is_default);
  if (fallback === undefined) return fail('there is no default queue', 'Start Inlet once: it makes one.');
  const empty = rows.filter((row) => row.members === 0).map((row) => `"${row.name}"`);
  if (empty.length === 0) return ok(`${many(rows.length, 'queue')}, each with somebody in the first line`);
  return warn(
    `nobody stands in the first line of ${empty.join(', ')}: only heads and admins see what waits there`,
    `Add members in the web app, or a manager: ${PROGRAM} user add --email E --name N --role manager`,
  );
}

interface EndpointRow extends SealedEndpoint {
  readonly name: string;
  readonly channel: string;
}

async function endpoints(sql: Sql, masters: readonly Uint8Array[]): Promise<Verdict> {
  const rows = await sql<EndpointRow[]>`
    select id, name, channel, settings, key_wrap from endpoints where deleted_at is null order by id`;
  if (rows.length === 0)
    return warn('there are none: nothing can come in', `${PROGRAM} channel add form --name "Website form"`);
  const ring = openKeyring(masters);
  const wrong = rows.flatMap((row) => {
    const why = whyNot(ring, row);
    return why === undefined ? [] : [`"${row.name}" (${row.id}) ${why}`];
  });
  if (wrong.length === 0) return ok(`${many(rows.length, 'endpoint')}, all with settings that work`);
  const remedy = 'Correct the settings in the web app, or the master key; what comes in there meanwhile is refused.';
  return fail(wrong.slice(0, 10).join('; '), remedy);
}

function whyNot(ring: ReturnType<typeof openKeyring>, row: EndpointRow): string | undefined {
  const channel = channels.find(({ id }) => id === row.channel);
  if (channel === undefined) return `is of the channel ${row.channel}, which this version does not have`;
  try {
    const parsed = channel.settings.safeParse(openEndpoint(ring, row).settings);
    if (parsed.success) return undefined;
    const fields = Object.entries(fieldsOf(parsed.error.issues)).map(([field, what]) => `${field} ${what}`);
    return `has settings that are not acceptable: ${fields.join(', ')}`;
  } catch (error) {
    return `does not open with the master key (${(error as Error).name})`;
  }
}
