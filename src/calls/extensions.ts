/** Who is who at a provider: the page on which an admin says that extension 101 is Anna. */
import { type Actor, asActor, asSystem } from '../access/actor.ts';
import { audit } from '../access/audit.ts';
import { mustBe } from '../access/must-be.ts';
import { personOf } from '../contacts/read.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { mustBeActive } from '../leads/change.ts';

export interface ExtensionChange {
  readonly extension: string;
  readonly userId: string | null;
  /** Where calls for this person are sent instead of the extension. */
  readonly dial: string | null;
}

interface Row {
  readonly extension: string;
  readonly userId: string | null;
  readonly name: string | null;
  readonly dial: string | null;
  readonly seenAt: Date | null;
}

/** Those that calls have shown and those that were written down, people first. */
export async function listExtensions(sql: Sql, actor: Actor, endpointId: string) {
  mustBe(actor, 'admin', 'head');
  const rows = await asActor(
    sql,
    actor,
    (tx) => tx<Row[]>`
      select e.extension, e.user_id as "userId", u.name, e.dial, e.seen_at as "seenAt"
      from extensions e left join users u on u.id = e.user_id
      where e.endpoint_id = ${endpointId} order by e.user_id is null, e.extension limit 2000`,
  );
  return rows.map((row) => ({
    extension: row.extension,
    person: personOf(row.userId, row.name),
    dial: row.dial,
    seenAt: row.seenAt?.toISOString() ?? null,
  }));
}

export function setExtension(sql: Sql, actor: Actor, endpointId: string, change: ExtensionChange): Promise<void> {
  mustBe(actor, 'admin', 'head');
  return asSystem(sql, async (tx) => {
    const [endpoint] = await tx`select from endpoints where id = ${endpointId} and deleted_at is null`;
    if (endpoint === undefined) throw new Rejected(404, 'There is no such endpoint.');
    if (change.userId !== null) await mustBeActive(tx, change.userId);
    await tx`
      insert into extensions (endpoint_id, extension, user_id, dial)
      values (${endpointId}, ${change.extension}, ${change.userId}, ${change.dial})
      on conflict (endpoint_id, extension) do update set user_id = excluded.user_id, dial = excluded.dial`;
    const data = { extension: change.extension, userId: change.userId };
    await audit(tx, { actor, action: 'extension.set', target: `endpoint:${endpointId}`, data });
  });
}

export function forgetExtension(sql: Sql, actor: Actor, endpointId: string, extension: string): Promise<void> {
  mustBe(actor, 'admin', 'head');
  return asSystem(sql, async (tx) => {
    const gone = await tx`delete from extensions where endpoint_id = ${endpointId} and extension = ${extension}`;
    if (gone.count === 0) throw new Rejected(404, 'There is no such extension.');
    await audit(tx, { actor, action: 'extension.forgotten', target: `endpoint:${endpointId}`, data: { extension } });
  });
}
