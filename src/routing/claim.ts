/** One manager takes a lead; everybody else learns who it was and since when. */
import { type Actor, asActor, type Tx } from '../access/actor.ts';
import { Conflict } from '../conflict.ts';
import { toJsonb } from '../db/columns.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { announce, announceSoon } from '../leads/announce.ts';
import { actAsSystem, changeLead, mustBeActive, mustBeOpen, mustHold, record, retried } from '../leads/change.ts';

interface Person {
  readonly id: string;
  readonly name: string;
}

export type Claimed =
  | { readonly kind: 'claimed'; readonly since: Date }
  /** It already was; asking again is harmless. */
  | { readonly kind: 'mine'; readonly since: Date }
  | { readonly kind: 'held'; readonly by: Person; readonly since: Date }
  /** The lead is offered to somebody else just now. */
  | { readonly kind: 'offered'; readonly to: Person; readonly until: Date }
  | { readonly kind: 'closed' }
  | { readonly kind: 'invisible' };

/** A lead may be released between our question and our look at who has it: ask again, a few times at most. */
const ASKS = 5;

/**
 * Takes the lead for the person who asks, or for `onBehalfOf` when an API key without a person asks. One update with
 * the condition inside decides the race; nobody asks first and writes later.
 */
export async function claim(sql: Sql, actor: Actor, leadId: string, onBehalfOf?: string): Promise<Claimed> {
  const claimer = claimerOf(actor, onBehalfOf);
  if (actor.userId === null) await asActor(sql, actor, (tx) => mustBeActive(tx, claimer));
  for (let ask = 1; ; ask += 1) {
    const taken = await retried(() => take(sql, actor, leadId, claimer));
    if (taken !== undefined) return taken;
    const result = await asActor(sql, actor, (tx) => whyNot(tx, leadId, claimer));
    if (result.kind !== 'free') return result;
    if (ask >= ASKS) throw new Conflict('The lead changes hands all the time: look at it again, then claim it.');
  }
}

function claimerOf(actor: Actor, onBehalfOf: string | undefined): string {
  if (actor.role === 'auditor') throw new Rejected(403, 'An auditor reads; leads are claimed by managers.');
  if (actor.userId !== null) {
    if (onBehalfOf === undefined || onBehalfOf === actor.userId) return actor.userId;
    throw new Rejected(403, 'A person claims for themselves. To give a lead to somebody, set its owner.');
  }
  if (onBehalfOf !== undefined) return onBehalfOf;
  throw new Rejected(422, 'This key belongs to nobody: say on whose behalf it claims.', {
    fields: { userId: 'is required with a key that is not bound to a person' },
  });
}

/** The hot path: one statement, one round trip, one commit (migrations/0009-claim.sql). */
async function take(sql: Sql, actor: Actor, leadId: string, claimer: string): Promise<Claimed | undefined> {
  const data = actor.userId === null ? { owner: claimer } : {};
  const [taken] = await sql<{ since: Date; in_queue: string }[]>`
    select since, in_queue
    from inlet_claim(${leadId}, ${claimer}, ${actor.userId}, ${actor.role}, ${toJsonb(data)}::text::jsonb)`;
  if (taken === undefined) return undefined;
  announceSoon(sql, { type: 'lead.claimed', lead: leadId, queue: taken.in_queue, owner: claimer });
  return { kind: 'claimed', since: taken.since };
}

interface Holding {
  readonly closed: boolean;
  readonly ownerId: string | null;
  readonly ownerName: string | null;
  readonly since: Date;
  readonly offeredTo: string | null;
  readonly offeredName: string | null;
  readonly until: Date;
}

/** Asked as the house, because the winner's lead is out of the loser's sight; told only to those who stood in line. */
async function whyNot(tx: Tx, leadId: string, claimer: string): Promise<Claimed | { readonly kind: 'free' }> {
  await actAsSystem(tx);
  const [lead] = await tx<Holding[]>`
    select l.closed_at is not null as closed, l.owner_id as "ownerId", o.name as "ownerName", l.claimed_at as since,
           l.offered_to as "offeredTo", p.name as "offeredName", l.offer_until as until
    from leads l left join users o on o.id = l.owner_id
      left join users p on p.id = l.offered_to and l.offer_until > now() and not inlet_sees_everyone()
    where l.id = ${leadId} and (inlet_sees_everyone() or l.owner_id = inlet_user() or l.offered_to = inlet_user()
      or exists (select from queue_members m where m.queue_id = l.queue_id and m.user_id = inlet_user()
        and (m.line = 'first' or l.senior_at <= now())))`;
  if (lead === undefined) return { kind: 'invisible' };
  if (lead.closed) return { kind: 'closed' };
  if (lead.ownerId === claimer) return { kind: 'mine', since: lead.since };
  if (lead.ownerId !== null)
    return { kind: 'held', by: { id: lead.ownerId, name: lead.ownerName ?? '' }, since: lead.since };
  if (lead.offeredTo !== null && lead.offeredTo !== claimer && lead.offeredName !== null)
    return { kind: 'offered', to: { id: lead.offeredTo, name: lead.offeredName }, until: lead.until };
  return { kind: 'free' };
}

/** Back into its queue, with its age: it waits where it would wait had nobody taken it. */
export async function release(sql: Sql, actor: Actor, leadId: string): Promise<void> {
  await changeLead(sql, actor, leadId, async (tx, lead) => {
    if (lead.ownerId === null) return;
    mustHold(actor, lead);
    mustBeOpen(lead);
    await tx`update leads set owner_id = null, claimed_at = null where id = ${lead.id}`;
    // Whoever gives a client back does not want to be asked first the next time.
    await tx`update contacts set owner_id = null where id = ${lead.contactId} and owner_id = ${lead.ownerId}`;
    await record(tx, actor, lead.id, 'released', { from: lead.ownerId });
    const also = [lead.ownerId];
    await announce(tx, [{ type: 'lead.released', lead: lead.id, queue: lead.queueId, owner: null, also }]);
  });
}
