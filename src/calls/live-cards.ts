/**
 * Calls that go on now, for one person's screen: those that ring their phone, and those that ring in their queues or
 * are their clients' and ring nobody in particular. Who it is, they see by right: everything where the client is theirs
 * to see, otherwise the masked number that their telephone shows them anyway.
 */
import { type Actor, asActor, asSystem, type Tx } from '../access/actor.ts';
import { readCards } from '../contacts/cards.ts';
import { personOf } from '../contacts/read.ts';
import { plainColumn } from '../db/columns.ts';
import type { Sql } from '../db/open.ts';
import type { CallDetail } from '../leads/read-calls.ts';
import { readMessages } from '../leads/read-messages.ts';
import type { Vault } from '../vault/vault.ts';

/** A call that has just ended stays for so long: it may have been missed while somebody reached for the phone. */
const LINGER_SECONDS = 20;
const MOST_CALLS = 20;
const MOST_MESSAGES = 3;
/** Somebody who has called often has written in between, if at all, not long ago. */
const MOST_READ = 30;
const EXCERPT_CHARS = 200;

interface LiveRow {
  readonly id: string;
  readonly contactId: string;
  readonly direction: 'inbound' | 'outbound' | 'internal';
  readonly state: 'ringing' | 'talking' | 'ended';
  readonly outcome:
    | 'answered'
    | 'voicemail'
    | 'blocked'
    | 'declined'
    | 'busy'
    | 'missed'
    | 'cancelled'
    | 'failed'
    | null;
  readonly startedAt: Date;
  readonly answeredAt: Date | null;
  readonly endedAt: Date | null;
  readonly answeredBy: string | null;
  readonly answeredName: string | null;
  readonly detail: CallDetail;
  readonly mine: boolean;
  readonly known: boolean;
  readonly leadId: string;
  readonly stage: string;
  readonly queueId: string;
  readonly queueName: string;
  readonly ownerId: string | null;
  readonly ownerName: string | null;
}

export async function liveCalls(deps: { readonly sql: Sql; readonly vault: Vault }, actor: Actor) {
  if (actor.userId === null) return [];
  const { userId } = actor;
  const { rows, cards } = await asSystem(deps.sql, async (tx) => {
    const found = await findLive(tx, userId);
    return { rows: found, cards: await readCards(tx, deps.vault, [...new Set(found.map((row) => row.contactId))]) };
  });
  if (rows.length === 0) return [];
  return asActor(deps.sql, actor, async (tx) => {
    const mayOpen = await visibleLeads(tx, rows);
    const own = await readCards(tx, deps.vault, [...new Set(rows.map((row) => row.contactId))]);
    const items = [];
    for (const row of rows) {
      const messages = own.has(row.contactId) ? await lastMessages(tx, deps.vault, row) : [];
      const seen = own.get(row.contactId);
      items.push(item(row, seen?.name ?? null, cards.get(row.contactId)?.phone ?? null, mayOpen, messages));
    }
    return items;
  });
}

function findLive(tx: Tx, userId: string): Promise<LiveRow[]> {
  return tx<LiveRow[]>`
    select c.id, c.contact_id as "contactId", c.direction,
      c.state, c.outcome, c.started_at as "startedAt", c.answered_at as "answeredAt", c.ended_at as "endedAt",
      c.answered_by as "answeredBy", u.name as "answeredName", c.detail, x.mine, not c.opened or l.repeat as known,
      l.id as "leadId", l.stage, l.queue_id as "queueId", q.name as "queueName", l.owner_id as "ownerId",
      o.name as "ownerName"
    from calls c join leads l on l.id = c.lead_id join queues q on q.id = l.queue_id
      left join users o on o.id = l.owner_id left join users u on u.id = c.answered_by
      left join call_routes r on r.call_id = c.id
      cross join lateral (select coalesce(c.answered_by = ${userId},
        ${userId} = any(c.ringing || coalesce(r.people, '{}'))) as mine) x
    where (c.heard_at > now() - make_interval(secs => ${LINGER_SECONDS})
        or (c.state <> 'ended' and c.heard_at > now() - interval '6 hours')) and c.message_id is not null
      and (x.mine or l.owner_id = ${userId}
        -- It rings nobody that we know: whoever stands in the line may take it.
        or (c.state = 'ringing' and c.ringing || coalesce(r.people, '{}') = '{}' and l.owner_id is null
          and exists (select from queue_members m where m.queue_id = l.queue_id and m.user_id = ${userId}
            and m.line = 'first')))
    order by x.mine desc, c.started_at desc limit ${MOST_CALLS}`;
}

async function visibleLeads(tx: Tx, rows: readonly LiveRow[]): Promise<ReadonlySet<string>> {
  const seen = await tx<{ id: string }[]>`
    select id from leads where id = any(${plainColumn(rows.map((row) => row.leadId))}::uuid[])`;
  return new Set(seen.map(({ id }) => id));
}

type Last = Awaited<ReturnType<typeof readMessages>>[number];

/** What was said before this call, masked. */
async function lastMessages(tx: Tx, vault: Vault, row: LiveRow): Promise<Last[]> {
  const all = await readMessages(tx, vault, row.contactId, null, MOST_READ);
  // A call says nothing in words.
  return all.filter(({ kind }) => kind !== 'call' && kind !== 'note').slice(0, MOST_MESSAGES);
}

function item(
  row: LiveRow,
  name: string | null,
  phone: string | null,
  mayOpen: ReadonlySet<string>,
  messages: readonly Last[],
) {
  return {
    id: row.id,
    direction: row.direction,
    state: row.state,
    outcome: row.outcome,
    startedAt: row.startedAt.toISOString(),
    answeredAt: row.answeredAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    mine: row.mine,
    answeredBy: personOf(row.answeredBy, row.answeredName),
    line: row.detail.line ?? null,
    lineTitle: row.detail.lineTitle ?? null,
    caller: { name, phone, hidden: row.detail.hiddenNumber === true, known: row.known },
    lead: {
      id: row.leadId,
      stage: row.stage,
      queue: { id: row.queueId, name: row.queueName },
      owner: personOf(row.ownerId, row.ownerName),
      visible: mayOpen.has(row.leadId),
    },
    lastMessages: messages.map((one) => ({
      at: one.at,
      direction: one.direction,
      kind: one.kind,
      channel: one.channel,
      text: (one.text ?? one.subject ?? one.fields.map(({ value }) => value).join(', ')).slice(0, EXCERPT_CHARS),
    })),
  };
}
