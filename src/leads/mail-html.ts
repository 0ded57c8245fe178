/** The HTML of a mail, for somebody who has revealed its contact: layout cannot be masked, so it is all or nothing. */
import { type Actor, asActor } from '../access/actor.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { unsealText } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';

interface Row {
  readonly contactId: string;
  readonly body: Uint8Array;
  readonly wrapped: Uint8Array;
  readonly shown: boolean;
}

/** Untrusted: clean it before it goes anywhere. `undefined`: there is none, or it is not this person's to see. */
export async function readMailHtml(
  deps: { readonly sql: Sql; readonly vault: Vault },
  actor: Actor,
  messageId: string,
): Promise<string | undefined> {
  return asActor(deps.sql, actor, async (tx) => {
    const [row] = await tx<Row[]>`
      select m.contact_id as "contactId", m.body, k.wrapped,
        exists (select from reveals r where r.contact_id = m.contact_id and r.until > now()) as shown
      from messages m join contact_keys k on k.contact_id = m.contact_id where m.id = ${messageId}`;
    if (row === undefined) return undefined;
    if (!row.shown) throw new Rejected(403, 'Reveal the contact first: a mail in its layout shows everything in it.');
    const key = deps.vault.openKey('contact', row.contactId, row.wrapped);
    const place = { table: 'messages', column: 'body', row: messageId, subject: row.contactId };
    return (JSON.parse(unsealText(key, place, row.body)) as { html?: string }).html;
  });
}
