/** One contact, masked. Row-level security decides who may see it. */
import { type Actor, asActor } from '../access/actor.ts';
import type { Sql } from '../db/open.ts';
import type { Vault } from '../vault/vault.ts';
import { openIdentity, openName } from './cards.ts';
import { maskIdentity } from './mask.ts';
import { TRUST_LEVELS } from './resolve.ts';

interface ContactRow {
  readonly id: string;
  readonly name: Uint8Array | null;
  readonly language: string | null;
  readonly createdAt: Date;
  readonly wrapped: Uint8Array | null;
  readonly ownerId: string | null;
  readonly ownerName: string | null;
}

interface IdentityRow {
  readonly lookup: string;
  readonly kind: string;
  readonly trust: number;
  readonly value: Uint8Array;
  readonly createdAt: Date;
}

interface LeadRow {
  readonly id: string;
  readonly stage: string;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  readonly ownerId: string | null;
  readonly ownerName: string | null;
}

const MOST = 200;

export function personOf(id: string | null, name: string | null): { id: string; name: string } | null {
  return id === null ? null : { id, name: name ?? '' };
}

/** `undefined`: there is no such contact, or it is not this person's to see. */
export async function readContact(deps: { readonly sql: Sql; readonly vault: Vault }, actor: Actor, id: string) {
  return asActor(deps.sql, actor, async (tx) => {
    const [[contact], identities, leads, consents] = await Promise.all([
      tx<ContactRow[]>`
        select c.id, c.name, c.language, c.created_at as "createdAt", k.wrapped,
               c.owner_id as "ownerId", u.name as "ownerName"
        from contacts c left join contact_keys k on k.contact_id = c.id left join users u on u.id = c.owner_id
        where c.id = ${id}`,
      tx<IdentityRow[]>`
        select lookup, kind, trust, value, created_at as "createdAt" from identities
        where contact_id = ${id} order by trust desc, created_at, lookup limit ${MOST}`,
      tx<LeadRow[]>`
        select l.id, l.stage, l.opened_at as "openedAt", l.closed_at as "closedAt",
               l.owner_id as "ownerId", u.name as "ownerName"
        from leads l left join users u on u.id = l.owner_id
        where l.contact_id = ${id} order by l.opened_at desc, l.id desc limit ${MOST}`,
      tx<{ textHash: string; purpose: string; givenAt: Date }[]>`
        select text_hash as "textHash", purpose, given_at as "givenAt" from consents
        where contact_id = ${id} order by given_at desc, id desc limit ${MOST}`,
    ]);
    if (contact === undefined) return undefined;
    const { wrapped } = contact;
    const key = wrapped === null ? undefined : deps.vault.openKey('contact', id, wrapped);
    return {
      id: contact.id,
      name: contact.name === null || key === undefined ? null : openName(key, id, contact.name),
      language: contact.language,
      createdAt: contact.createdAt.toISOString(),
      owner: personOf(contact.ownerId, contact.ownerName),
      identities: (key === undefined ? [] : identities).map((row) => ({
        kind: row.kind,
        value: maskIdentity(row.kind, openIdentity(key!, id, row.lookup, row.value)),
        trust: TRUST_LEVELS[row.trust] ?? 'claimed',
        createdAt: row.createdAt.toISOString(),
      })),
      leads: leads.map((lead) => ({
        id: lead.id,
        stage: lead.stage,
        openedAt: lead.openedAt.toISOString(),
        closedAt: lead.closedAt?.toISOString() ?? null,
        owner: personOf(lead.ownerId, lead.ownerName),
      })),
      consents: consents.map((one) => ({ ...one, givenAt: one.givenAt.toISOString() })),
    };
  });
}
