/** A recording in clear, for whoever may see the client and has the right to listen. That they did is on record. */
import { type Actor, asActor } from '../access/actor.ts';
import { audit } from '../access/audit.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { unseal } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';

export interface Recording {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

interface Row {
  readonly contactId: string;
  readonly mediaType: string;
  readonly content: Uint8Array | null;
  readonly wrapped: Uint8Array;
  readonly mayListen: boolean;
}

/**
 * @param first the first piece that a player asks for: seeking is not listening again
 * @returns `undefined`: there is no such recording (any more), or the client is not this person's to see
 * @throws Rejected 403 without the right to listen
 */
export async function openRecording(
  deps: { readonly sql: Sql; readonly vault: Vault },
  actor: Actor,
  id: string,
  first: boolean,
): Promise<Recording | undefined> {
  return asActor(deps.sql, actor, async (tx) => {
    const [row] = await tx<Row[]>`
      select a.contact_id as "contactId", a.media_type as "mediaType",
        case when inlet_may_listen() then a.content end as content, k.wrapped, inlet_may_listen() as "mayListen"
      from attachments a join contact_keys k on k.contact_id = a.contact_id where a.id = ${id} and a.recording`;
    if (row === undefined) return undefined;
    if (!row.mayListen) throw new Rejected(403, 'You may not listen to recordings. An administrator can allow it.');
    if (row.content === null) return undefined;
    const key = deps.vault.openKey('contact', row.contactId, row.wrapped);
    const place = { table: 'attachments', column: 'content', row: id, subject: row.contactId };
    const bytes = unseal(key, place, row.content);
    if (first)
      await audit(tx, {
        actor,
        action: 'recording.played',
        target: `contact:${row.contactId}`,
        data: { recording: id },
      });
    return { mediaType: row.mediaType, bytes };
  });
}
