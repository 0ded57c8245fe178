/** Lists of leads. Row-level security decides which; people are shown masked, and only to those who may see them. */
import type { PendingQuery, Row } from 'postgres';
import { type Actor, asActor, type Tx } from '../access/actor.ts';
import { type Card, readCards } from '../contacts/cards.ts';
import { personOf } from '../contacts/read.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { isId } from '../ids.ts';
import type { Vault } from '../vault/vault.ts';

export interface LeadQuery {
  readonly queue?: string | undefined;
  readonly status: 'waiting' | 'mine' | 'claimed' | 'open' | 'closed' | 'all';
  readonly stage?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface LeadRow {
  readonly id: string;
  readonly stage: string;
  readonly queueId: string;
  readonly queueName: string | null;
  readonly priority: number;
  readonly ownerId: string | null;
  readonly ownerName: string | null;
  readonly claimedAt: Date | null;
  readonly offeredTo: string | null;
  readonly offeredName: string | null;
  readonly offerUntil: Date | null;
  readonly channel: string;
  readonly endpointId: string;
  readonly endpointName: string | null;
  readonly openedAt: Date;
  readonly openedKey: string;
  readonly lastMessageAt: Date;
  readonly closedAt: Date | null;
  readonly firstResponseAt: Date | null;
  readonly unansweredSince: Date | null;
  readonly messages: number;
  readonly repeat: boolean;
  readonly language: string | null;
  readonly source: { utm?: Record<string, string>; page?: string; referrer?: string } | null;
  readonly contactId: string;
  readonly callbackDueAt: Date | null;
  readonly callbackMissedAt: Date | null;
  readonly callbackMissed: number | null;
  readonly onCall: 'ringing' | 'talking' | null;
}

const COUNT_LIMIT = 1000;

type Fragment = PendingQuery<Row[]>;

/**
 * @param found a select of whole leads: names are looked up for these alone, not for all that were sorted on the way
 *
 * An offer that has run out is none; the next tick clears it.
 */
const leadRows = (tx: Tx, found: Fragment) => tx<LeadRow[]>`
  select l.id, l.stage, l.queue_id as "queueId", q.name as "queueName", l.priority, l.owner_id as "ownerId",
    o.name as "ownerName", l.claimed_at as "claimedAt", p.id as "offeredTo", p.name as "offeredName",
    case when p.id is not null then l.offer_until end as "offerUntil", l.channel, l.endpoint_id as "endpointId",
    e.name as "endpointName", l.opened_at as "openedAt",
    to_char(l.opened_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "openedKey",
    l.last_message_at as "lastMessageAt", l.closed_at as "closedAt",
    l.first_response_at as "firstResponseAt", l.unanswered_since as "unansweredSince", l.messages, l.repeat,
    l.language, l.source,
    l.contact_id as "contactId", b.due_at as "callbackDueAt", b.missed_at as "callbackMissedAt",
    b.missed::integer as "callbackMissed",
    (select max(c.state) from calls c where c.lead_id = l.id and c.state <> 'ended') as "onCall"
  from (${found}) l left join queues q on q.id = l.queue_id left join endpoints e on e.id = l.endpoint_id
    left join users o on o.id = l.owner_id
    left join users p on p.id = l.offered_to and l.offer_until > now()
    left join callbacks b on b.lead_id = l.id and b.done_at is null`;

export function leadOf(row: LeadRow, contact: Card | undefined) {
  return {
    id: row.id,
    stage: row.stage,
    queue: { id: row.queueId, name: row.queueName ?? '' },
    priority: row.priority,
    owner: personOf(row.ownerId, row.ownerName),
    claimedAt: row.claimedAt?.toISOString() ?? null,
    offeredTo: personOf(row.offeredTo, row.offeredName),
    offerUntil: row.offerUntil?.toISOString() ?? null,
    channel: row.channel,
    endpoint: { id: row.endpointId, name: row.endpointName ?? '' },
    openedAt: row.openedAt.toISOString(),
    lastMessageAt: row.lastMessageAt.toISOString(),
    closedAt: row.closedAt?.toISOString() ?? null,
    firstResponseAt: row.firstResponseAt?.toISOString() ?? null,
    unansweredSince: row.unansweredSince?.toISOString() ?? null,
    messages: row.messages,
    repeat: row.repeat,
    language: row.language,
    source: row.source,
    callback:
      row.callbackDueAt === null || row.callbackMissedAt === null
        ? null
        : {
            dueAt: row.callbackDueAt.toISOString(),
            missedAt: row.callbackMissedAt.toISOString(),
            missed: row.callbackMissed ?? 1,
          },
    onCall: row.onCall,
    contact: contact ?? null,
  };
}

export async function findLead(tx: Tx, leadId: string): Promise<LeadRow | undefined> {
  const [row] = await leadRows(tx, tx`select * from leads where id = ${leadId}`);
  return row;
}

/** One lead as lists show it. `undefined`: there is none, or it is not this person's to see. */
export async function readLeadRow(deps: { readonly sql: Sql; readonly vault: Vault }, actor: Actor, leadId: string) {
  return asActor(deps.sql, actor, async (tx) => {
    const row = await findLead(tx, leadId);
    if (row === undefined) return undefined;
    return leadOf(row, (await readCards(tx, deps.vault, [row.contactId])).get(row.contactId));
  });
}

/** Waiting leads: the most urgent, then the oldest first. All others: the newest first. */
export async function listLeads(deps: { readonly sql: Sql; readonly vault: Vault }, actor: Actor, query: LeadQuery) {
  const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor);
  return asActor(deps.sql, actor, async (tx) => {
    const wanted = matching(tx, actor, query);
    const waiting = query.status === 'waiting';
    const order = waiting ? tx`l.priority desc, l.opened_at, l.id` : tx`l.id desc`;
    const after = cursor === undefined ? tx`true` : behind(tx, cursor, waiting);
    const [rows, [counted]] = await Promise.all([
      listed(tx, tx`${wanted} and ${after}`, order, query.limit + 1),
      tx<{ total: number }[]>`
        select count(*)::integer as total from (select from leads l where ${wanted} limit ${COUNT_LIMIT}) as found`,
    ]);
    const page = rows.slice(0, query.limit);
    const cards = await readCards(tx, deps.vault, [...new Set(page.map((row) => row.contactId))]);
    const last = page.at(-1);
    return {
      leads: page.map((row) => leadOf(row, cards.get(row.contactId))),
      nextCursor: rows.length > page.length && last !== undefined ? writeCursor(last) : null,
      total: counted?.total ?? 0,
    };
  });
}

async function listed(tx: Tx, where: Fragment, order: Fragment, limit: number): Promise<LeadRow[]> {
  const found = tx`select * from leads l where ${where} order by ${order} limit ${limit}`;
  return tx<LeadRow[]>`${leadRows(tx, found)} order by ${order}`;
}

function matching(tx: Tx, actor: Actor, query: LeadQuery) {
  const status = {
    waiting: tx`l.owner_id is null and l.closed_at is null`,
    mine: tx`l.owner_id = ${actor.userId}::uuid and l.closed_at is null`,
    claimed: tx`l.owner_id is not null and l.closed_at is null`,
    open: tx`l.closed_at is null`,
    closed: tx`l.closed_at is not null`,
    all: tx`true`,
  }[query.status];
  const queue = query.queue === undefined ? tx`` : tx`and l.queue_id = ${query.queue}`;
  const stage = query.stage === undefined ? tx`` : tx`and l.stage = ${query.stage}`;
  return tx`${status} ${queue} ${stage}`;
}

/** Where the page before ended, by value: the lead itself may be gone from the list by now. */
interface Cursor {
  readonly priority: number;
  readonly openedAt: string;
  readonly id: string;
}

function behind(tx: Tx, { priority, openedAt, id }: Cursor, waiting: boolean) {
  if (!waiting) return tx`l.id < ${id}`;
  return tx`(l.priority < ${priority} or (l.priority = ${priority}
    and (l.opened_at, l.id) > (${openedAt}::text::timestamptz, ${id})))`;
}

function writeCursor(row: LeadRow): string {
  return Buffer.from(`${row.priority}|${row.openedKey}|${row.id}`).toString('base64url');
}

function readCursor(text: string): Cursor {
  const [priority = '', openedAt = '', id = ''] = Buffer.from(text, 'base64url').toString('latin1').split('|');
  if (!/^-?[01]$/.test(priority) || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(openedAt) || !isId(id))
    throw new Rejected(422, 'The cursor is not one of ours: start again without it.', {
      fields: { cursor: 'must come from nextCursor of the page before' },
    });
  return { priority: Number(priority), openedAt, id };
}
