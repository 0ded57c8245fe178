/** A recording in clear, for whoever may see the client and has the right to listen. That they did is on record. */
import { type Actor, asActor, asSystem } from '../access/actor.ts';
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

/** A player asks for many pieces: within so long they are one listening, whichever of them comes first. */
const ONE_LISTENING_SECONDS = 600;

/**
 * @returns `undefined`: there is no such recording (any more), or the client is not this person's to see
 * @throws Rejected 403 without the right to listen
 */
export async function openRecording(
  deps: { readonly sql: Sql; readonly vault: Vault },
  actor: Actor,
  id: string,
): Promise<Recording | undefined> {
  const row = await readRow(deps.sql, actor, id);
  if (row === undefined) return undefined;
  if (!row.mayListen) throw new Rejected(403, 'You may not listen to recordings. An administrator can allow it.');
  if (row.content === null) return undefined;
  await noteListening(deps, actor, id, row.contactId);
  const key = deps.vault.openKey('contact', row.contactId, row.wrapped);
  const place = { table: 'attachments', column: 'content', row: id, subject: row.contactId };
  return { mediaType: row.mediaType, bytes: unseal(key, place, row.content) };
}

function readRow(sql: Sql, actor: Actor, id: string): Promise<Row | undefined> {
  return asActor(sql, actor, async (tx) => {
    const [row] = await tx<Row[]>`
      select a.contact_id as "contactId", a.media_type as "mediaType",
        case when inlet_may_listen() then a.content end as content, k.wrapped, inlet_may_listen() as "mayListen"
      from attachments a join contact_keys k on k.contact_id = a.contact_id where a.id = ${id} and a.recording`;
    return row;
  });
}

/** On record before a byte is given away. */
async function noteListening(
  { sql, vault }: { readonly sql: Sql; readonly vault: Vault },
  actor: Actor,
  id: string,
  contactId: string,
): Promise<void> {
  const listening = vault.lookup('listening', `${actor.name}:${id}`);
  await asSystem(sql, async (tx) => {
    const fresh = await tx`
      insert into once_values as o (value, expires_at)
      values (${listening}, now() + make_interval(secs => ${ONE_LISTENING_SECONDS}))
      on conflict (value) do update set expires_at = excluded.expires_at where o.expires_at <= now()
      returning value`;
    if (fresh.length === 0) return;
    const data = { recording: id };
    await audit(tx, { actor, action: 'recording.played', target: `contact:${contactId}`, data });
  });
}
