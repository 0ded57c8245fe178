/** One lead opened: who and what it is about, and everything that happened, oldest first. */
import { type Actor, asActor, type Tx } from '../access/actor.ts';
import { readCards } from '../contacts/cards.ts';
import { personOf } from '../contacts/read.ts';
import type { Sql } from '../db/open.ts';
import type { Vault } from '../vault/vault.ts';
import { seesEveryone } from './change.ts';
import { findLead, type LeadRow, leadOf } from './read.ts';
import { readMessages } from './read-messages.ts';

/** The newest; a lead with more has a life of its own elsewhere. */
const MOST_EVENTS = 500;

interface EventRow {
  readonly id: string;
  readonly at: Date;
  readonly kind: string;
  readonly actorId: string | null;
  readonly actorName: string | null;
  readonly data: Record<string, unknown>;
}

interface Because {
  readonly rule: string | null;
  readonly ruleId: string | null;
  readonly matched: string[];
  readonly ownerFirst: boolean;
}

/** `undefined`: there is no such lead, or it is not this person's to see. */
export async function readLead(deps: { readonly sql: Sql; readonly vault: Vault }, actor: Actor, leadId: string) {
  return asActor(deps.sql, actor, async (tx) => {
    const lead = await findLead(tx, leadId);
    if (lead === undefined) return undefined;
    const { contactId } = lead;
    const [cards, messages, events, because, [counted]] = await Promise.all([
      readCards(tx, deps.vault, [contactId]),
      readMessages(tx, deps.vault, contactId, null),
      readEvents(tx, leadId),
      readBecause(tx, leadId),
      tx<{ suspects: number }[]>`
        select count(*)::integer as suspects from duplicate_suspicions
        where settled_at is null and (contact_id = ${contactId} or other_id = ${contactId})`,
    ]);
    const timeline = [...messages, ...events].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    return {
      ...leadOf(lead, cards.get(contactId)),
      because,
      timeline,
      suspects: counted?.suspects ?? 0,
      mayClaim: mayClaim(actor, lead),
      mayChange: seesEveryone(actor) || (lead.ownerId !== null && lead.ownerId === actor.userId),
    };
  });
}

function mayClaim(actor: Actor, lead: LeadRow): boolean {
  if (actor.role === 'auditor' || lead.ownerId !== null || lead.closedAt !== null) return false;
  return lead.offeredTo === null || lead.offeredTo === actor.userId || seesEveryone(actor);
}

/** One message of a contact, as the timeline shows it: the note that was just written. */
export async function readMessage(
  deps: { readonly sql: Sql; readonly vault: Vault },
  actor: Actor,
  contactId: string,
  messageId: string,
) {
  return asActor(deps.sql, actor, async (tx) => (await readMessages(tx, deps.vault, contactId, messageId))[0]);
}

async function readEvents(tx: Tx, leadId: string) {
  const [rows, people, queues] = await Promise.all([
    tx<EventRow[]>`
      select v.id::text, v.at, v.kind, v.actor_id as "actorId", u.name as "actorName", v.data
      from lead_events v left join users u on u.id = v.actor_id
      where v.lead_id = ${leadId} order by v.id desc limit ${MOST_EVENTS}`,
    tx<{ id: string; name: string }[]>`select id, name from users`,
    tx<{ id: string; name: string }[]>`select id, name from queues`,
  ]);
  const names = new Map([...people, ...queues].map(({ id, name }) => [id, name]));
  return rows.reverse().map((row) => ({
    type: 'event' as const,
    id: row.id,
    at: row.at.toISOString(),
    kind: row.kind,
    actor: personOf(row.actorId, row.actorName),
    data: named(row.data, names),
  }));
}

/** `{"to": "<id>"}` gets a `"toName": "Anna"`: a screen has no list of everybody who ever worked here. */
function named(data: Record<string, unknown>, names: ReadonlyMap<string, string>): Record<string, unknown> {
  const extra = Object.entries(data).flatMap(([key, value]) => {
    const name = typeof value === 'string' ? names.get(value) : undefined;
    return name === undefined ? [] : [[`${key}Name`, name]];
  });
  return { ...data, ...Object.fromEntries(extra) };
}

/** Of the first event of the lead, which may be older than those that the timeline shows. */
async function readBecause(tx: Tx, leadId: string): Promise<Because | null> {
  const [row] = await tx<{ because: Because | null }[]>`
    select data -> 'because' as because from lead_events
    where lead_id = ${leadId} and kind = 'opened' order by id limit 1`;
  return row?.because ?? null;
}
