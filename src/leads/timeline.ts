/** One lead opened: who and what it is about, and everything that happened, oldest first. */
import { type Actor, asActor, type Tx } from '../access/actor.ts';
import type { Source } from '../channel.ts';
import { readCards } from '../contacts/cards.ts';
import { maskDeep, maskField, maskText } from '../contacts/mask.ts';
import { personOf } from '../contacts/read.ts';
import type { Sql } from '../db/open.ts';
import { type DataKey, unsealText } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import { seesEveryone } from './change.ts';
import { findLead, type LeadRow, leadOf } from './read.ts';

/** The newest of each; a lead with more has a life of its own elsewhere. */
const MOST_MESSAGES = 500;
const MOST_EVENTS = 500;

interface MessageRow {
  readonly id: string;
  readonly leadId: string;
  readonly at: Date;
  readonly kind: 'form' | 'text' | 'call' | 'note';
  readonly direction: 'inbound' | 'outbound' | 'internal';
  readonly authorId: string | null;
  readonly authorName: string | null;
  readonly endpointId: string | null;
  readonly endpointName: string | null;
  readonly body: Uint8Array;
}

interface AttachmentRow {
  readonly id: string;
  readonly messageId: string;
  readonly name: Uint8Array;
  readonly mediaType: string;
  readonly size: number;
}

interface EventRow {
  readonly id: string;
  readonly at: Date;
  readonly kind: string;
  readonly actorId: string | null;
  readonly actorName: string | null;
  readonly data: Record<string, unknown>;
}

interface Body {
  readonly text?: string;
  readonly fields?: readonly { name: string; value: string; kind: 'name' | 'phone' | 'email' | 'text' }[];
  readonly source?: Source;
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

/** Row-level security lets nobody have these who may not see the contact: then the list is empty. */
async function readMessages(tx: Tx, vault: Vault, contactId: string, only: string | null) {
  const [[held], [shown], rows, files] = await Promise.all([
    tx<{ wrapped: Uint8Array }[]>`select wrapped from contact_keys where contact_id = ${contactId}`,
    tx`select from reveals where contact_id = ${contactId} and until > now()`,
    tx<MessageRow[]>`
      select m.id, m.lead_id as "leadId", m.at, m.kind, m.direction, m.author_id as "authorId", u.name as "authorName",
             e.id as "endpointId", e.name as "endpointName", m.body
      from messages m left join users u on u.id = m.author_id left join endpoints e on e.id = m.endpoint_id
      where m.contact_id = ${contactId} and (${only}::uuid is null or m.id = ${only})
      order by m.id desc limit ${MOST_MESSAGES}`,
    tx<AttachmentRow[]>`
      select a.id, a.message_id as "messageId", a.name, a.media_type as "mediaType", a.size
      from attachments a join messages m on m.id = a.message_id
      where m.contact_id = ${contactId} and (${only}::uuid is null or m.id = ${only})
      order by m.id desc, a.id limit ${MOST_MESSAGES * 5}`,
  ]);
  if (held === undefined) return [];
  const key = vault.openKey('contact', contactId, held.wrapped);
  const filesOf = Map.groupBy(files, (file) => file.messageId);
  const show = shown === undefined ? MASKED : IN_CLEAR;
  return rows.map((row) => messageItem(row, key, contactId, filesOf.get(row.id) ?? [], show));
}

interface Shown {
  readonly text: (text: string) => string;
  readonly field: typeof maskField;
  readonly source: (source: Source) => unknown;
}

const MASKED: Shown = { text: maskText, field: maskField, source: maskDeep };
/** After a reveal of this contact by this person, for an hour. */
const IN_CLEAR: Shown = { text: (text) => text, field: (_kind, value) => value, source: (source) => source };

function messageItem(row: MessageRow, key: DataKey, contactId: string, files: readonly AttachmentRow[], show: Shown) {
  const place = { table: 'messages', column: 'body', row: row.id, subject: contactId };
  const body = JSON.parse(unsealText(key, place, row.body)) as Body;
  return {
    type: 'message' as const,
    id: row.id,
    at: row.at.toISOString(),
    kind: row.kind,
    direction: row.direction,
    author: personOf(row.authorId, row.authorName),
    endpoint: row.endpointId === null ? null : { id: row.endpointId, name: row.endpointName ?? '' },
    text: body.text === undefined ? null : show.text(body.text),
    fields: (body.fields ?? []).map(({ name, value, kind }) => ({
      name: show.text(name),
      value: show.field(kind, value),
      kind,
    })),
    source: body.source === undefined ? null : (show.source(body.source) as Record<string, unknown>),
    attachments: files.map((file) => ({
      id: file.id,
      name: show.text(openFileName(key, contactId, file.id, file.name)),
      mediaType: file.mediaType,
      size: file.size,
    })),
    leadId: row.leadId,
  };
}

function openFileName(key: DataKey, contactId: string, id: string, sealed: Uint8Array): string {
  return unsealText(key, { table: 'attachments', column: 'name', row: id, subject: contactId }, sealed);
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
