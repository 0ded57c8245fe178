/** A promise to call back, kept in a way that no telephone tells us of: the manager says that it is done. */
import type { Actor } from '../access/actor.ts';
import { Conflict } from '../conflict.ts';
import type { Sql } from '../db/open.ts';
import { announce } from '../leads/announce.ts';
import { changeLead, mustHold, record } from '../leads/change.ts';

/** @throws Rejected 403, 404; Conflict when nobody waits for a call */
export async function finishCallback(sql: Sql, actor: Actor, leadId: string): Promise<void> {
  await changeLead(sql, actor, leadId, async (tx, lead) => {
    mustHold(actor, lead);
    const done = await tx`
      update callbacks set done_at = now(), done_by = ${actor.userId}, done_how = 'by-hand'
      where lead_id = ${lead.id} and done_at is null`;
    if (done.count === 0) throw new Conflict('Nobody waits for a call back on this lead.');
    await record(tx, actor, lead.id, 'called_back', {});
    await announce(tx, [{ type: 'lead.changed', lead: lead.id, queue: lead.queueId, owner: lead.ownerId }]);
  });
}
