/** What a person was about to say: kept for them alone, sealed as the contact's. Files wait beside it. */
import { fileTypeFromBuffer } from 'file-type';
import { type Actor, asActor, type Tx } from '../access/actor.ts';
import { toJsonb } from '../db/columns.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { newId } from '../ids.ts';
import { contactPlace } from '../intake/places.ts';
import { actAsSystem, changeLead, mustHold, NO_LEAD } from '../leads/change.ts';
import { type DataKey, type Place, seal, unsealText } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';

interface Deps {
  readonly sql: Sql;
  readonly vault: Vault;
}

export interface Draft {
  readonly text: string;
  readonly endpointId: string | null;
  readonly quotes: string | null;
  readonly subject: string | null;
}

/** Sum of the files that one person has waiting: an answer or two, not a store. */
const MOST_WAITING_BYTES = 200 << 20;

const draftPlace = (actor: Actor, contactId: string): Place => ({
  table: 'drafts',
  column: 'body',
  row: actor.name,
  subject: contactId,
});

async function keyOf(deps: Deps, tx: Tx, contactId: string): Promise<DataKey> {
  const [held] = await tx<{ wrapped: Uint8Array }[]>`select wrapped from contact_keys where contact_id = ${contactId}`;
  if (held === undefined) throw new Rejected(404, NO_LEAD);
  return deps.vault.openKey('contact', contactId, held.wrapped);
}

/** `null` forgets it. */
export async function saveDraft(deps: Deps, actor: Actor, leadId: string, draft: Draft | null): Promise<void> {
  await changeLead(deps.sql, actor, leadId, async (tx, lead) => {
    mustHold(actor, lead);
    if (draft === null || (draft.text === '' && draft.subject === null)) {
      await tx`delete from drafts where actor = ${actor.name} and contact_id = ${lead.contactId}`;
      return;
    }
    const key = await keyOf(deps, tx, lead.contactId);
    const body = seal(key, draftPlace(actor, lead.contactId), toJsonb(draft));
    await tx`
      insert into drafts (actor, contact_id, body) values (${actor.name}, ${lead.contactId}, ${body})
      on conflict (actor, contact_id) do update set body = excluded.body, updated_at = now()`;
  });
}

export async function readDraft(
  deps: Pick<Deps, 'vault'>,
  tx: Tx,
  actor: Actor,
  contactId: string,
): Promise<Draft | null> {
  const [row] = await tx<{ body: Uint8Array; wrapped: Uint8Array }[]>`
    select d.body, k.wrapped from drafts d join contact_keys k on k.contact_id = d.contact_id
    where d.actor = ${actor.name} and d.contact_id = ${contactId}`;
  if (row === undefined) return null;
  const key = deps.vault.openKey('contact', contactId, row.wrapped);
  return JSON.parse(unsealText(key, draftPlace(actor, contactId), row.body)) as Draft;
}

export interface Upload {
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
}

/** A file for an answer that is not sent yet. Forgotten after a day. */
export async function keepUpload(
  deps: Deps,
  actor: Actor,
  leadId: string,
  file: { readonly name: string; readonly bytes: Uint8Array },
): Promise<Upload> {
  const mediaType = (await fileTypeFromBuffer(file.bytes))?.mime ?? 'application/octet-stream';
  const name = cleanName(file.name);
  return changeLead(deps.sql, actor, leadId, async (tx, lead) => {
    mustHold(actor, lead);
    const [waiting] = await tx<{ bytes: number }[]>`
      select coalesce(sum(size), 0)::float8 as bytes from uploads where actor = ${actor.name}`;
    if ((waiting?.bytes ?? 0) + file.bytes.length > MOST_WAITING_BYTES)
      throw new Rejected(413, 'Too many files are waiting to be sent: send or remove some first.');
    const { contactId } = lead;
    const key = await keyOf(deps, tx, contactId);
    const id = newId();
    await tx`
      insert into uploads (id, contact_id, user_id, actor, name, media_type, size, content)
      values (${id}, ${contactId}, ${actor.userId}, ${actor.name},
        ${seal(key, contactPlace('attachments', 'name', id, contactId), name)}, ${mediaType}, ${file.bytes.length},
        ${seal(key, contactPlace('attachments', 'content', id, contactId), file.bytes)})`;
    return { id, name, mediaType, size: file.bytes.length };
  });
}

export async function dropUpload(deps: Pick<Deps, 'sql'>, actor: Actor, id: string): Promise<void> {
  await asActor(deps.sql, actor, async (tx) => {
    await actAsSystem(tx);
    await tx`delete from uploads where id = ${id} and actor = ${actor.name}`;
  });
}

/** A name, without a path, control characters or marks that turn the direction of writing. */
function cleanName(name: string): string {
  const last = name.toWellFormed().split(/[\\/]/).at(-1) ?? '';
  return (
    last
      .replaceAll(/[\p{Cc}\p{Cf}]/gu, '')
      .trim()
      .slice(0, 200) || 'file'
  );
}
