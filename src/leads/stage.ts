/** What people do to a lead: its stage, its owner, its queue, a note. Each with its history row. */

import type { Actor, Tx } from '../access/actor.ts';
import { audit } from '../access/audit.ts';
import { mustBe } from '../access/must-be.ts';
import { Conflict } from '../conflict.ts';
import { maskText } from '../contacts/mask.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { afterOpenSeconds, type Hours } from '../hours.ts';
import { newId } from '../ids.ts';
import { seal } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import { announce } from './announce.ts';
import { changeLead, type LockedLead, mustBeActive, mustBeOpen, mustHold, record } from './change.ts';

/** The contact has another open lead; there can be one only. */
export class OtherLeadOpen extends Conflict {
  readonly leadId: string;
  constructor(leadId: string) {
    super(`The contact has another open lead: ${leadId}. Close that one first, or work there.`);
    this.leadId = leadId;
  }
}

/** Won and lost stages close the lead; an open stage opens it again. */
export async function setStage(sql: Sql, actor: Actor, leadId: string, stage: string, reason?: string): Promise<void> {
  await changeLead(sql, actor, leadId, async (tx, lead) => {
    mustHold(actor, lead);
    const [wanted] = await tx<{ kind: 'open' | 'won' | 'lost' }[]>`select kind from stages where id = ${stage}`;
    if (wanted === undefined)
      throw new Rejected(422, 'There is no such stage.', { fields: { stage: 'is not a stage of the pipeline' } });
    if (lead.stage === stage) return;
    const closes = wanted.kind !== 'open';
    if (!closes && lead.closedAt !== null) await mustBeOnlyOpen(tx, lead);
    await tx`
      update leads set stage = ${stage},
        offered_to = case when not ${closes} then offered_to end,
        offer_until = case when not ${closes} then offer_until end,
        closed_at = case when ${closes} then coalesce(closed_at, greatest(now(), opened_at)) end
      where id = ${lead.id}`;
    if (closes)
      await tx`
        update callbacks set done_at = now(), done_by = ${actor.userId}, done_how = 'lead-closed'
        where lead_id = ${lead.id} and done_at is null`;
    // The reason is free text, and history is for ever: phones and addresses do not get into it.
    const why = reason === undefined || reason.trim() === '' ? {} : { reason: maskText(reason.trim()) };
    await record(tx, actor, lead.id, 'stage', { from: lead.stage, to: stage, ...why });
    await announce(tx, [{ type: 'lead.changed', lead: lead.id, queue: lead.queueId, owner: lead.ownerId }]);
  });
}

async function mustBeOnlyOpen(tx: Tx, lead: LockedLead): Promise<void> {
  const [other] = await tx<{ id: string }[]>`
    select id from leads where contact_id = ${lead.contactId} and closed_at is null and id <> ${lead.id}`;
  if (other !== undefined) throw new OtherLeadOpen(other.id);
}

/** A head's decision, so it is on record. `null` puts an open lead back into its queue. */
export async function setOwner(sql: Sql, actor: Actor, leadId: string, userId: string | null): Promise<void> {
  mustBe(actor, 'admin', 'head');
  await changeLead(sql, actor, leadId, async (tx, lead) => {
    if (lead.ownerId === userId) return;
    if (userId === null) mustBeOpen(lead);
    else await mustBeActive(tx, userId);
    await tx`
      update leads set owner_id = ${userId}, claimed_at = case when ${userId}::uuid is not null then now() end,
        offered_to = null, offer_until = null
      where id = ${lead.id}`;
    // An old closed lead changes hands without taking the contact from whoever works with it now.
    await tx`
      update contacts set owner_id = ${userId}
      where id = ${lead.contactId} and (${userId !== null && lead.closedAt === null}
        or owner_id is not distinct from ${lead.ownerId}::uuid)`;
    await record(tx, actor, lead.id, 'owner', { from: lead.ownerId, to: userId });
    const also = lead.ownerId === null ? [] : [lead.ownerId];
    await announce(tx, [{ type: 'lead.changed', lead: lead.id, queue: lead.queueId, owner: userId, also }]);
    const data = { from: lead.ownerId, to: userId };
    await audit(tx, { actor, action: 'lead.owner_set', target: `lead:${lead.id}`, data });
  });
}

interface QueueTimes {
  readonly hours: Hours | null;
  readonly senior: number | null;
  readonly head: number | null;
}

/** A claimed lead keeps its owner; a waiting one waits anew for seniors and head, by the hours of the new queue. */
export async function moveToQueue(
  sql: Sql,
  actor: Actor,
  leadId: string,
  queueId: string,
  nowMs: number,
): Promise<void> {
  await changeLead(sql, actor, leadId, async (tx, lead) => {
    mustHold(actor, lead);
    const [queue] = await tx<QueueTimes[]>`
      select hours, senior_after_seconds as senior, head_after_seconds as head from queues where id = ${queueId}`;
    if (queue === undefined)
      throw new Rejected(422, 'There is no such queue.', { fields: { queueId: 'is not a queue' } });
    if (lead.queueId === queueId) return;
    const from = (seconds: number | null): Date | null => {
      const atMs = seconds === null ? undefined : afterOpenSeconds(queue.hours, nowMs, seconds);
      return atMs === undefined ? null : new Date(atMs);
    };
    await tx`
      update leads set queue_id = ${queueId}, offered_to = null, offer_until = null,
        senior_at = ${from(queue.senior)}, head_at = ${from(queue.head)}
      where id = ${lead.id}`;
    await record(tx, actor, lead.id, 'queue', { from: lead.queueId, to: queueId });
    const also = lead.offeredTo === null ? [] : [lead.offeredTo];
    const notice = { type: 'lead.changed', lead: lead.id, owner: lead.ownerId } as const;
    await announce(tx, [
      { ...notice, queue: lead.queueId, also },
      { ...notice, queue: queueId },
    ]);
  });
}

/** A note for colleagues: sealed like everything else about the contact. */
export async function addNote(
  deps: { readonly sql: Sql; readonly vault: Vault },
  actor: Actor,
  leadId: string,
  text: string,
): Promise<{ readonly messageId: string; readonly contactId: string }> {
  return changeLead(deps.sql, actor, leadId, async (tx, lead) => {
    mustHold(actor, lead);
    const [key] = await tx<{ wrapped: Uint8Array }[]>`
      select wrapped from contact_keys where contact_id = ${lead.contactId}`;
    if (key === undefined) throw new Conflict('This contact was erased: nothing can be written about them any more.');
    const id = newId();
    const place = { table: 'messages', column: 'body', row: id, subject: lead.contactId };
    const body = seal(deps.vault.openKey('contact', lead.contactId, key.wrapped), place, JSON.stringify({ text }));
    await tx`
      insert into messages (id, contact_id, lead_id, kind, direction, author_id, at, body)
      values (${id}, ${lead.contactId}, ${lead.id}, 'note', 'internal', ${actor.userId}, now(), ${body})`;
    await record(tx, actor, lead.id, 'noted', { message: id });
    await announce(tx, [{ type: 'lead.message', lead: lead.id, queue: lead.queueId, owner: lead.ownerId }]);
    return { messageId: id, contactId: lead.contactId };
  });
}
