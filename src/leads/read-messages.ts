/** A contact's messages over all channels, as the timeline shows them: masked, until the contact is revealed. */
import type { Tx } from '../access/actor.ts';
import type { Flag, Source } from '../channel.ts';
import { maskDeep, maskField, maskText } from '../contacts/mask.ts';
import { personOf } from '../contacts/read.ts';
import { type DataKey, unsealText } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import { type CallItem, readCalls } from './read-calls.ts';

/** The newest; a contact with more has a life of its own elsewhere. */
const MOST_MESSAGES = 500;
const EXCERPT_CHARS = 140;

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
  readonly channel: string | null;
  readonly incomplete: boolean;
  readonly body: Uint8Array;
  readonly state: 'queued' | 'sending' | 'sent' | 'failed' | 'unknown' | null;
  readonly reason: string | null;
  readonly rank: number | null;
  readonly rankReason: string | null;
  readonly stateAt: Date | null;
}

interface ChangeRow {
  readonly messageId: string;
  readonly kind: 'edited' | 'deleted' | 'completed';
  readonly at: Date;
  readonly body: Uint8Array | null;
}

interface AttachmentRow {
  readonly id: string;
  readonly messageId: string;
  readonly name: Uint8Array;
  readonly mediaType: string;
  readonly size: number;
  readonly state: 'here' | 'waiting' | 'failed' | 'expired';
  readonly reason: string | null;
  readonly recording: boolean;
}

interface Body {
  readonly text?: string;
  readonly subject?: string;
  readonly rest?: string;
  readonly html?: string;
  readonly fields?: readonly { name: string; value: string; kind: 'name' | 'phone' | 'email' | 'text' }[];
  readonly location?: { readonly latitude: number; readonly longitude: number; readonly title?: string };
  readonly source?: Source;
  readonly flags?: readonly Flag[];
  readonly quotedId?: string;
}

interface Shown {
  readonly text: (text: string) => string;
  readonly field: typeof maskField;
  readonly source: (source: Source) => unknown;
}

const MASKED: Shown = { text: maskText, field: maskField, source: maskDeep };
/** After a reveal of this contact by this person, for an hour. */
const IN_CLEAR: Shown = { text: (text) => text, field: (_kind, value) => value, source: (source) => source };

/** Row-level security lets nobody have these who may not see the contact: then the list is empty. */
export async function readMessages(
  tx: Tx,
  vault: Vault,
  contactId: string,
  only: string | null,
  most = MOST_MESSAGES,
) {
  const [[held], [shown], rows, changes, files] = await Promise.all([
    tx<{ wrapped: Uint8Array }[]>`select wrapped from contact_keys where contact_id = ${contactId}`,
    tx`select from reveals where contact_id = ${contactId} and until > now()`,
    selectMessages(tx, contactId, only, most),
    tx<ChangeRow[]>`
      select message_id as "messageId", kind, at, body from message_changes
      where contact_id = ${contactId} and (${only}::uuid is null or message_id = ${only}) order by at`,
    tx<AttachmentRow[]>`
      select a.id, a.message_id as "messageId", a.name, a.media_type as "mediaType", a.size, a.state, a.reason,
        a.recording
      from attachments a join messages m on m.id = a.message_id
      where m.contact_id = ${contactId} and (${only}::uuid is null or m.id = ${only})
      order by m.id desc, a.id limit ${most * 5}`,
  ]);
  if (held === undefined) return [];
  const key = vault.openKey('contact', contactId, held.wrapped);
  const filesOf = Map.groupBy(files, (file) => file.messageId);
  const changesOf = Map.groupBy(changes, (change) => change.messageId);
  const show = shown === undefined ? MASKED : IN_CLEAR;
  const opened = rows.map((row) => ({ row, ...openBody(key, contactId, row, changesOf.get(row.id) ?? []) }));
  const calls = await readCalls(
    tx,
    rows.filter(({ kind }) => kind === 'call').map(({ id }) => id),
  );
  const excerpts = new Map(opened.map(({ row, body }) => [row.id, excerpt(body, show)]));
  return opened.map((one) =>
    messageItem(
      one,
      (filesOf.get(one.row.id) ?? []).map((file) => fileItem(file, key, contactId, show)),
      show,
      excerpts,
      calls.get(one.row.id),
    ),
  );
}

function selectMessages(tx: Tx, contactId: string, only: string | null, most: number): Promise<MessageRow[]> {
  return tx<MessageRow[]>`
    select m.id, m.lead_id as "leadId", m.at, m.kind, m.direction, m.author_id as "authorId", u.name as "authorName",
           e.id as "endpointId", e.name as "endpointName", e.channel, m.incomplete, m.body, s.state, s.reason,
           r.rank, r.reason as "rankReason", coalesce(r.at, s.sent_at) as "stateAt"
    from messages m left join users u on u.id = m.author_id left join endpoints e on e.id = m.endpoint_id
      left join sends s on s.message_id = m.id
      -- Of a message in pieces the first one speaks for all, unless one of the others has failed.
      left join lateral (
        select x.rank, x.reason, x.at from (
          select m.event_key as key, 0 as piece
          union all select p.event_key, 1 from message_ids p where p.message_id = m.id
        ) k join receipts x on x.event_key = k.key and (k.piece = 0 or x.rank = 15)
        order by x.rank = 15 desc, k.piece limit 1
      ) r on m.direction = 'outbound'
    where m.contact_id = ${contactId} and m.duplicate_of is null and (${only}::uuid is null or m.id = ${only})
    order by m.id desc limit ${most}`;
}

interface Opened {
  readonly row: MessageRow;
  readonly body: Body;
  readonly incomplete: boolean;
  readonly deletedAt: Date | undefined;
  readonly editedAt: Date | undefined;
  /** Texts that were replaced, oldest first. */
  readonly before: readonly string[];
}

function openBody(
  key: DataKey,
  contactId: string,
  row: MessageRow,
  changes: readonly ChangeRow[],
): Omit<Opened, 'row'> {
  const place = { table: 'messages', column: 'body', row: row.id, subject: contactId };
  let body = JSON.parse(unsealText(key, place, row.body)) as Body;
  let incomplete = row.incomplete;
  let deletedAt: Date | undefined;
  let editedAt: Date | undefined;
  const before: string[] = [];
  for (const change of changes) {
    if (change.body === null) {
      deletedAt = change.at;
      continue;
    }
    const at = `${row.id}#${change.kind}#${change.at.getTime()}`;
    const newer = JSON.parse(
      unsealText(key, { table: 'message_changes', column: 'body', row: at, subject: contactId }, change.body),
    ) as Body;
    if (change.kind === 'edited') {
      before.push(body.text ?? '');
      editedAt = change.at;
    }
    incomplete = false;
    body = { ...body, ...newer };
  }
  return { body, incomplete, deletedAt, editedAt, before };
}

function excerpt(body: Body, show: Shown): string {
  const text = body.text ?? body.subject ?? body.fields?.map(({ value }) => value).join(', ') ?? '';
  return show.text(text.replaceAll(/\s+/g, ' ').slice(0, EXCERPT_CHARS));
}

function fileItem(file: AttachmentRow, key: DataKey, contactId: string, show: Shown) {
  const place = { table: 'attachments', column: 'name', row: file.id, subject: contactId };
  return {
    id: file.id,
    name: show.text(unsealText(key, place, file.name)),
    mediaType: file.mediaType,
    size: file.size,
    state: file.state,
    reason: file.reason,
    recording: file.recording,
  };
}

function messageItem(
  { row, body, incomplete, deletedAt, editedAt, before }: Opened,
  attachments: ReturnType<typeof fileItem>[],
  show: Shown,
  excerpts: ReadonlyMap<string, string>,
  call: CallItem | undefined,
) {
  const text = (value: string | undefined): string | null => (value === undefined ? null : show.text(value));
  return {
    type: 'message' as const,
    id: row.id,
    at: row.at.toISOString(),
    kind: row.kind,
    direction: row.direction,
    author: personOf(row.authorId, row.authorName),
    endpoint: row.endpointId === null ? null : { id: row.endpointId, name: row.endpointName ?? '' },
    channel: row.channel,
    text: text(body.text),
    subject: text(body.subject),
    rest: text(body.rest),
    hasHtml: body.html !== undefined,
    fields: (body.fields ?? []).map(({ name, value, kind }) => ({
      name: show.text(name),
      value: show.field(kind, value),
      kind,
    })),
    location: body.location === undefined ? null : { ...body.location, title: text(body.location.title) },
    source: body.source === undefined ? null : (show.source(body.source) as Record<string, unknown>),
    flags: [...(body.flags ?? [])],
    quoted: body.quotedId === undefined ? null : { id: body.quotedId, text: excerpts.get(body.quotedId) ?? null },
    incomplete,
    editedAt: editedAt?.toISOString() ?? null,
    before: before.map(show.text),
    deletedAt: deletedAt?.toISOString() ?? null,
    delivery: deliveryOf(row),
    attachments,
    call: call ?? null,
    leadId: row.leadId,
  };
}

const RANKED: Readonly<Record<number, 'sent' | 'failed' | 'delivered' | 'read'>> = {
  10: 'sent',
  15: 'failed',
  20: 'delivered',
  30: 'read',
};

/** What became of a message of ours: what we did, unless the provider knows more. */
function deliveryOf(row: MessageRow) {
  if (row.direction !== 'outbound') return null;
  const said = row.rank === null ? undefined : RANKED[row.rank];
  const state = said ?? row.state ?? 'sent';
  const reason = said === undefined ? row.reason : row.rankReason;
  return { state, reason, at: row.stateAt?.toISOString() ?? null };
}
