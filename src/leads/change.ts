/** How a lead is changed by a person: seen and locked as that person, written as the house, all in one transaction. */
import { type Actor, asActor, type Tx } from '../access/actor.ts';
import { Conflict } from '../conflict.ts';
import { toJsonb } from '../db/columns.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';

export interface LockedLead {
  readonly id: string;
  readonly contactId: string;
  readonly queueId: string;
  readonly ownerId: string | null;
  readonly stage: string;
  readonly closedAt: Date | null;
  readonly offeredTo: string | null;
}

export const NO_LEAD = 'There is no such lead, or it is not yours to see.';

export function seesEveryone(actor: Actor): boolean {
  return actor.role === 'admin' || actor.role === 'head';
}

/** The claim's, the release's and the owner's locks on lead and contact may cross with a batch of intake. */
const ATTEMPTS = 3;

/**
 * Row-level security decides what the person may see and touch (`select ... for update` asks both policies); then the
 * transaction goes on as inlet_system, because a lead that leaves the person's sight could not be written as them.
 */
export async function changeLead<T>(
  sql: Sql,
  actor: Actor,
  leadId: string,
  work: (tx: Tx, lead: LockedLead) => Promise<T>,
): Promise<T> {
  return retried(() =>
    asActor(sql, actor, async (tx) => {
      const lead = await lockLead(tx, leadId);
      await actAsSystem(tx);
      return work(tx, lead);
    }),
  );
}

async function lockLead(tx: Tx, leadId: string): Promise<LockedLead> {
  const [lead] = await tx<LockedLead[]>`
    select id, contact_id as "contactId", queue_id as "queueId", owner_id as "ownerId", stage,
           closed_at as "closedAt", offered_to as "offeredTo"
    from leads where id = ${leadId} for update`;
  if (lead !== undefined) return lead;
  const [visible] = await tx`select from leads where id = ${leadId}`;
  if (visible === undefined) throw new Rejected(404, NO_LEAD);
  throw new Rejected(403, 'You may see this lead, not change it.');
}

/** The session user is a member of both roles, so a transaction can go on as the house. It never goes back. */
export async function actAsSystem(tx: Tx): Promise<void> {
  await tx`select set_config('role', 'inlet_system', true)`;
}

/** A manager changes only what they hold. */
export function mustHold(actor: Actor, lead: LockedLead): void {
  if (seesEveryone(actor) || (lead.ownerId !== null && lead.ownerId === actor.userId)) return;
  throw new Rejected(403, lead.ownerId === null ? 'Claim the lead first.' : 'Somebody else holds this lead.');
}

export function mustBeOpen(lead: LockedLead): void {
  if (lead.closedAt !== null) throw new Conflict('The lead is closed. Put it back into an open stage first.');
}

/** People who may hold leads: they can log in, and they are more than readers. */
export async function mustBeActive(tx: Tx, userId: string): Promise<void> {
  const [found] = await tx`select from users where id = ${userId} and disabled_at is null and role <> 'auditor'`;
  if (found !== undefined) return;
  throw new Rejected(422, 'Nobody with this id may hold leads.', {
    fields: { userId: 'is not an active manager, head or admin' },
  });
}

/** One line of the lead's history. `data` holds ids and words of the house, never personal data. */
export async function record(tx: Tx, actor: Actor, leadId: string, kind: string, data: object = {}): Promise<void> {
  await tx`
    insert into lead_events (lead_id, actor_id, kind, data)
    values (${leadId}, ${actor.userId}, ${kind}, ${toJsonb(data)}::text::jsonb)`;
}

/** Again after a deadlock (40P01) or a lost race for the contact's one open lead (23505): both undo all of it. */
export async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (attempt >= ATTEMPTS || (code !== '40P01' && code !== '23505')) throw error;
    }
  }
}
