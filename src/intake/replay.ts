/**
 * Replay: run stored deliveries through today's code again. Its effect is exactly once: message ids come from the
 * delivery, so what is there is not added again; what a fixed parser now finds is added; nothing is ever taken away.
 */
import { type Actor, asSystem } from '../access/actor.ts';
import { audit } from '../access/audit.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { firstIdAt } from '../ids.ts';
import { requeue } from './requeue.ts';

export interface ReplayRange {
  readonly delivery?: string | undefined;
  readonly endpoint?: string | undefined;
  /** ISO 8601; receipts from this moment on. */
  readonly from?: string | undefined;
  /** ISO 8601; receipts before this moment. */
  readonly to?: string | undefined;
}

const PAGE = 1000;
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

function boundary(name: 'from' | 'to', text: string | undefined, otherwise: string): string {
  if (text === undefined) return otherwise;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Rejected(422, 'That is not a time.', { fields: { [name]: 'an ISO 8601 time' } });
  return firstIdAt(at);
}

/**
 * Marks everything in the range for processing and returns how many deliveries that was. Work goes on in the
 * background.
 */
export async function replay(
  deps: { readonly sql: Sql },
  actor: Actor,
  range: ReplayRange,
): Promise<{ replayed: number }> {
  const { delivery, endpoint } = range;
  if (delivery === undefined && endpoint === undefined && range.from === undefined && range.to === undefined)
    throw new Rejected(422, 'Name a delivery, an endpoint or a time range.', {
      fields: { from: 'or delivery, endpoint' },
    });
  const until = boundary('to', range.to, LAST_ID);
  let after = boundary('from', range.from, '00000000-0000-0000-0000-000000000000');
  let replayed = 0;
  for (;;) {
    const page = await asSystem(deps.sql, async (tx) => {
      const rows = await tx<{ delivery_id: string }[]>`
        select delivery_id from outcomes
        where delivery_id > ${after} and delivery_id < ${until}
          and (${delivery ?? null}::uuid is null or delivery_id = ${delivery ?? null})
          -- What a person dismissed stays dismissed, unless it is named.
          and (${delivery !== undefined} or reason is null or reason not like 'dismissed:%')
          and (${endpoint ?? null}::uuid is null or endpoint_id = ${endpoint ?? null})
        order by delivery_id limit ${PAGE} for update skip locked`;
      const ids = rows.map((row) => row.delivery_id);
      return { ids, moved: (await requeue(tx, ids, { forgiven: delivery !== undefined })).length };
    });
    replayed += page.moved;
    if (page.ids.length < PAGE) break;
    after = page.ids.at(-1)!;
  }
  await asSystem(deps.sql, (tx) =>
    audit(tx, {
      actor,
      action: 'delivery.replayed',
      ...(delivery === undefined ? {} : { target: `delivery:${delivery}` }),
      data: { ...range, replayed },
    }),
  );
  return { replayed };
}
