/** Recordings are kept for as long as their endpoint says, and not a day longer; the call itself stays. */
import { asSystem } from '../access/actor.ts';
import type { Clock } from '../clock.ts';
import type { Sql } from '../db/open.ts';
import { firstIdAt } from '../ids.ts';
import type { EndpointBook } from '../intake/endpoint-book.ts';

const DAY_MS = 86_400_000;
const AT_ONCE = 500;

/** Returns how many were deleted. An endpoint that was deleted still has its setting. */
export async function expireRecordings(deps: {
  readonly sql: Sql;
  readonly endpoints: EndpointBook;
  readonly clock: Clock;
}): Promise<number> {
  const holders = await deps.sql<{ id: string }[]>`
    select e.id from endpoints e
    where exists (select from attachments a where a.endpoint_id = e.id and a.recording and a.state = 'here')`;
  let deleted = 0;
  for (const { id } of holders) {
    const endpoint = await deps.endpoints.byId(deps.sql, id);
    const setting = endpoint?.channel.capabilities.recordingDaysSetting;
    const days = setting === undefined ? undefined : Number(endpoint?.context.settings[setting]);
    if (days === undefined || !Number.isFinite(days)) continue;
    const before = firstIdAt(deps.clock.now() - days * DAY_MS);
    const gone = await asSystem(
      deps.sql,
      (tx) => tx`
        update attachments set state = 'expired', content = null, remote = null, size = 0
        where id in (select id from attachments
          where endpoint_id = ${id} and recording and state = 'here' and id < ${before}
          order by id limit ${AT_ONCE} for update skip locked)`,
    );
    deleted += gone.count;
  }
  return deleted;
}
