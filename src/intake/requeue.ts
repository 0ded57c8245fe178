/** Back into `pending`: the one statement behind replay and retry. The key stays wrapped as it is. */
import type { Tx } from '../access/actor.ts';
import { plainColumn } from '../db/columns.ts';

export interface Requeue {
  readonly only?: 'quarantined';
  /** A person has looked at this one: its suspicion is spent. */
  readonly forgiven?: boolean;
}

/**
 * Moves decided deliveries back to pending, remembering what they were. What is pending already, or gone, is left
 * alone, so asking twice is the same as asking once. Returns the ids that were moved.
 */
export async function requeue(tx: Tx, ids: readonly string[], how: Requeue = {}): Promise<string[]> {
  const { only = null, forgiven = false } = how;
  const rows = await tx<{ delivery_id: string }[]>`
    with moved as (
      delete from outcomes
      where delivery_id = any(${plainColumn(ids)}::uuid[]) and (${only}::text is null or outcome = ${only})
      returning *
    )
    insert into pending (delivery_id, endpoint_id, key_wrap, bytes, contact_id, lead_id, was, forgiven)
    select m.delivery_id, m.endpoint_id, m.key_wrap, octet_length(d.raw), m.contact_id, m.lead_id, m.outcome,
      ${forgiven}
    from moved m join deliveries d on d.id = m.delivery_id
    returning delivery_id`;
  return rows.map((row) => row.delivery_id);
}
