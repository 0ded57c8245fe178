/** Files of new messages: those that came along, and those that a job has to fetch. */
import type { Tx } from '../access/actor.ts';
import type { Attachment, RemoteFile } from '../channel.ts';
import { bytesColumn, plainColumn, textColumn, toJsonb } from '../db/columns.ts';
import { newId } from '../ids.ts';
import { type DataKey, seal } from '../vault/seal.ts';
import { contactPlace } from './places.ts';
import type { CallChange, Plan } from './plan.ts';

const MAX_REMOTE_FILES = 20;

interface Row {
  readonly recording: boolean;
  readonly id: string;
  readonly messageId: string;
  readonly contactId: string;
  readonly endpointId: string;
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
  readonly content: Uint8Array | null;
  readonly remote: RemoteFile | null;
  readonly state: 'here' | 'waiting' | 'failed';
  readonly reason: string | null;
}

type Owner = Pick<Row, 'messageId' | 'contactId' | 'endpointId'> & { readonly atMs: number };

/** Recordings that were ready after the message of their call was written. */
function recordingRows({ now, endpoint, heardAtMs, files }: CallChange): Row[] {
  if (now.placed === undefined || files.length === 0) return [];
  const { messageId, contactId } = now.placed;
  const maxBytes = endpoint.channel.capabilities.fetches?.maxBytes;
  const owner = { messageId, contactId, endpointId: endpoint.id, atMs: heardAtMs };
  return rowsOf(owner, [], files, maxBytes, true);
}

export async function writeAttachments(tx: Tx, plan: Plan, keyOf: (id: string) => DataKey): Promise<void> {
  const rows = plan.messages.flatMap((message) =>
    rowsOf(
      { ...message, messageId: message.id },
      message.event.attachments,
      message.event.files,
      message.maxFileBytes,
      message.event.call !== undefined,
    ),
  );
  for (const change of plan.changes)
    if (change.kind === 'completed' && change.event !== undefined)
      rows.push(...rowsOf(change, change.event.attachments, change.event.files, change.maxFileBytes));
  for (const change of plan.calls.values()) rows.push(...recordingRows(change));
  if (rows.length === 0) return;
  const sealed = (
    row: Row,
    column: 'name' | 'content' | 'remote',
    value: string | Uint8Array | null,
  ): Buffer | null =>
    value === null
      ? null
      : seal(keyOf(row.contactId), contactPlace('attachments', column, row.id, row.contactId), value);
  await tx`
    with input as materialized (
      select * from unnest(${plainColumn(rows.map((row) => row.id))}::uuid[],
        ${plainColumn(rows.map((row) => row.messageId))}::uuid[],
        ${plainColumn(rows.map((row) => row.contactId))}::uuid[],
        ${plainColumn(rows.map((row) => row.endpointId))}::uuid[],
        ${textColumn(rows.map((row) => row.mediaType))}::text[], ${plainColumn(rows.map((row) => row.size))}::integer[],
        ${plainColumn(rows.map((row) => row.state))}::text[], ${textColumn(rows.map((row) => row.reason))}::text[],
        ${plainColumn(rows.map((row) => row.recording))}::boolean[],
        ${bytesColumn(rows.map((row) => sealed(row, 'name', row.name)))}::bytea[],
        ${bytesColumn(rows.map((row) => sealed(row, 'content', row.content)))}::bytea[],
        ${bytesColumn(rows.map((row) => sealed(row, 'remote', row.remote && toJsonb(row.remote))))}::bytea[])
        as i (id, message_id, contact_id, endpoint_id, media_type, size, state, reason, recording, name, content,
          remote)
    ), work as (
      insert into jobs (id, kind, subject_id, endpoint_id, lane)
      select id, 'fetch', id, endpoint_id, id from input where state = 'waiting'
    )
    insert into attachments (id, message_id, contact_id, endpoint_id, media_type, size, state, reason, recording, name,
      content, remote)
    select id, message_id, contact_id, endpoint_id, media_type, size, state, reason, recording, name, content, remote
    from input`;
}

function rowsOf(
  owner: Owner,
  attachments: readonly Attachment[] = [],
  files: readonly RemoteFile[] = [],
  maxBytes: number | undefined,
  recording = false,
): Row[] {
  const { messageId, contactId, endpointId, atMs } = owner;
  const common = () => ({ id: newId(atMs), messageId, contactId, endpointId, recording });
  return [
    ...attachments.map(
      ({ name, mediaType, bytes }): Row => ({
        ...common(),
        name,
        mediaType,
        size: bytes.length,
        content: bytes,
        remote: null,
        state: 'here',
        reason: null,
      }),
    ),
    ...files.slice(0, MAX_REMOTE_FILES).map((file): Row => ({ ...common(), ...remoteRow(file, maxBytes) })),
  ];
}

function remoteRow(file: RemoteFile, maxBytes: number | undefined) {
  const tooLarge = maxBytes === undefined || (file.size ?? 0) > maxBytes;
  return {
    name: file.name,
    mediaType: file.mediaType ?? 'application/octet-stream',
    size: Math.min(file.size ?? 0, 2 ** 31 - 1),
    content: null,
    remote: file,
    state: tooLarge ? ('failed' as const) : ('waiting' as const),
    reason: tooLarge ? 'too-large' : null,
  };
}
