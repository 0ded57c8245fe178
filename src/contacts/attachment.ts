/** One file in clear. Who may see the contact may have it; that they had it is on record. */
import { type Actor, asActor } from '../access/actor.ts';
import { audit } from '../access/audit.ts';
import type { Sql } from '../db/open.ts';
import { unseal, unsealText } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';

export interface OpenFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

interface Row {
  readonly contactId: string;
  readonly name: Uint8Array;
  readonly mediaType: string;
  /** `null`: the provider still has it. */
  readonly content: Uint8Array | null;
  readonly wrapped: Uint8Array;
}

/** `undefined`: there is no such file, it was not fetched (yet), or it is not this person's to see. */
export async function readAttachment(
  deps: { readonly sql: Sql; readonly vault: Vault },
  actor: Actor,
  id: string,
): Promise<OpenFile | undefined> {
  return asActor(deps.sql, actor, async (tx) => {
    const [row] = await tx<Row[]>`
      select a.contact_id as "contactId", a.name, a.media_type as "mediaType", a.content, k.wrapped
      from attachments a join contact_keys k on k.contact_id = a.contact_id
      -- Recordings have a right and a door of their own.
      where a.id = ${id} and not a.recording`;
    if (row === undefined || row.content === null) return undefined;
    const key = deps.vault.openKey('contact', row.contactId, row.wrapped);
    const place = (column: string) => ({ table: 'attachments', column, row: id, subject: row.contactId });
    const file = {
      name: unsealText(key, place('name'), row.name),
      mediaType: row.mediaType,
      bytes: unseal(key, place('content'), row.content),
    };
    await audit(tx, {
      actor,
      action: 'attachment.read',
      target: `contact:${row.contactId}`,
      data: { attachment: id },
    });
    return file;
  });
}
