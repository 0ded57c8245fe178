/** The three things a list shows of a person, masked: name, phone, e-mail. */
import type { Tx } from '../access/actor.ts';
import { plainColumn } from '../db/columns.ts';
import { CannotOpen, type DataKey, unsealText } from '../vault/seal.ts';
import type { Vault } from '../vault/vault.ts';
import { readIdentityValue } from './identity-value.ts';
import { maskIdentity, maskText } from './mask.ts';

export interface Card {
  readonly id: string;
  readonly name: string | null;
  readonly phone: string | null;
  readonly email: string | null;
}

interface CardRow {
  readonly id: string;
  readonly name: Uint8Array | null;
  readonly wrapped: Uint8Array | null;
  readonly phone: Uint8Array | null;
  readonly phoneLookup: string;
  readonly email: Uint8Array | null;
  readonly emailLookup: string;
}

/** By contact; those that row-level security hides are not in it. One statement, whatever the number of contacts. */
export async function readCards(tx: Tx, vault: Vault, contactIds: readonly string[]): Promise<Map<string, Card>> {
  if (contactIds.length === 0) return new Map();
  const best = (kind: string) => tx`
    select i.lookup, i.value from identities i where i.contact_id = c.id and i.kind = ${kind}
    order by i.trust desc, i.created_at, i.lookup limit 1`;
  const rows = await tx<CardRow[]>`
    select c.id, c.name, k.wrapped, p.value as phone, p.lookup as "phoneLookup",
           m.value as email, m.lookup as "emailLookup"
    from contacts c left join contact_keys k on k.contact_id = c.id
      left join lateral (${best('phone')}) p on true left join lateral (${best('email')}) m on true
    where c.id = any(${plainColumn(contactIds)}::uuid[])`;
  return new Map(rows.map((row) => [row.id, cardOf(row, vault)]));
}

function cardOf(row: CardRow, vault: Vault): Card {
  const { id, wrapped } = row;
  // The key is gone: the contact was erased, and what is left of it tells nothing.
  if (wrapped === null) return { id, name: null, phone: null, email: null };
  const key = vault.openKey('contact', id, wrapped);
  return {
    id,
    name: row.name === null ? null : openName(key, id, row.name),
    phone: row.phone === null ? null : maskIdentity('phone', openIdentity(key, id, row.phoneLookup, row.phone)),
    email: row.email === null ? null : maskIdentity('email', openIdentity(key, id, row.emailLookup, row.email)),
  };
}

/** A name, without a phone that somebody typed into it. One that does not open must not take the whole list down. */
export function openName(key: DataKey, contactId: string, sealed: Uint8Array): string | null {
  try {
    return maskText(
      unsealText(key, { table: 'contacts', column: 'name', row: contactId, subject: contactId }, sealed),
    );
  } catch (error) {
    if (error instanceof CannotOpen) return null;
    throw error;
  }
}

/** In clear, as it should be shown: mask it, or be a reveal. */
export function openIdentity(key: DataKey, contactId: string, lookup: string, sealed: Uint8Array): string {
  const place = { table: 'identities', column: 'value', row: lookup, subject: contactId };
  return readIdentityValue(unsealText(key, place, sealed)).display;
}
