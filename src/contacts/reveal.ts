/**
 * Shows one contact's phones and addresses in clear: on purpose (a reason), on record (the audit, in the same
 * transaction) and within a quota, so that nobody can copy the client base by hand.
 */
import { type Actor, asActor, type Tx } from '../access/actor.ts';
import { audit } from '../access/audit.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import type { Vault } from '../vault/vault.ts';
import { openIdentity } from './cards.ts';
import { maskText } from './mask.ts';

/** Windows start on the full hour and on the day in UTC. A manager calls some 15 people an hour. */
const QUOTAS = [
  { name: 'hour', windowMs: 3_600_000, most: 30 },
  { name: 'day', windowMs: 86_400_000, most: 150 },
] as const;

/** How long the texts of a revealed contact's messages stay in clear for the one who asked. */
const SHOWN_MS = 3_600_000;

export interface Revealed {
  readonly identities: readonly { readonly kind: string; readonly value: string }[];
  readonly revealsLeftThisHour: number;
}

interface Row {
  readonly lookup: string | null;
  readonly kind: string;
  readonly value: Uint8Array;
  readonly wrapped: Uint8Array | null;
}

/** @throws Rejected 404 for a contact that is not this person's to see, 429 when the quota is used up */
export async function reveal(
  deps: { readonly sql: Sql; readonly vault: Vault },
  actor: Actor,
  contactId: string,
  reason: string,
  nowMs: number,
): Promise<Revealed> {
  const result = await asActor(deps.sql, actor, async (tx) => {
    const rows = await tx<Row[]>`
      select i.lookup, i.kind, i.value, k.wrapped
      from contacts c left join contact_keys k on k.contact_id = c.id
        left join identities i on i.contact_id = c.id
      where c.id = ${contactId} order by i.trust desc, i.created_at, i.lookup limit 200`;
    if (rows.length === 0) throw new Rejected(404, 'There is no such contact, or it is not yours to see.');
    const spent = await spend(tx, deps.vault, actor, nowMs);
    const target = `contact:${contactId}`;
    if ('refused' in spent) {
      if (spent.first) await audit(tx, { actor, action: 'contact.reveal_refused', target, data: { per: spent.per } });
      return spent;
    }
    const until = new Date(nowMs + SHOWN_MS);
    await tx`
      insert into reveals (actor, contact_id, until) values (${actor.name}, ${contactId}, ${until})
      on conflict (actor, contact_id) do update set until = excluded.until`;
    // Reasons are free text and the audit is for ever: a phone typed into one does not get there.
    await audit(tx, { actor, action: 'contact.revealed', target, data: { reason: maskText(reason) } });
    return { identities: openAll(deps.vault, contactId, rows), revealsLeftThisHour: spent.leftThisHour };
  });
  // Thrown after the commit, so that the refusal stays on record.
  if ('refused' in result) throw tooMany(result);
  return result;
}

function openAll(vault: Vault, contactId: string, rows: readonly Row[]): Revealed['identities'] {
  const wrapped = rows[0]?.wrapped ?? null;
  if (wrapped === null) return [];
  const key = vault.openKey('contact', contactId, wrapped);
  return rows
    .filter((row) => row.lookup !== null)
    .map((row) => ({ kind: row.kind, value: openIdentity(key, contactId, row.lookup!, row.value) }));
}

/** For other ways to see somebody in clear (a quarantined delivery): one of the same quota. @throws Rejected 429 */
export async function spendReveal(tx: Tx, vault: Vault, actor: Actor, nowMs: number): Promise<void> {
  const spent = await spend(tx, vault, actor, nowMs);
  if ('refused' in spent) throw tooMany(spent);
}

function tooMany(refused: { readonly per: string; readonly retryAfterSeconds: number }): Rejected {
  return new Rejected(429, `You have looked at as many contacts as one person may in one ${refused.per}.`, {
    retryAfterSeconds: refused.retryAfterSeconds,
  });
}

type Spent =
  | { readonly leftThisHour: number }
  | { readonly refused: true; readonly first: boolean; readonly per: string; readonly retryAfterSeconds: number };

/**
 * One row a person and window, moved by one conditional upsert: exact across replicas, because the row is the lock.
 * The first refusal still counts (to `most + 1`): that is how it is told from the ones after it.
 */
async function spend(tx: Tx, vault: Vault, actor: Actor, nowMs: number): Promise<Spent> {
  await tx`select set_config('role', 'inlet_system', true)`;
  const who = actor.userId ?? actor.name;
  let leftThisHour = 0;
  for (const { name, windowMs, most } of QUOTAS) {
    const start = nowMs - (nowMs % windowMs);
    const [row] = await tx<{ hits: number }[]>`
      insert into rate_counters as c (key, window_start, hits)
      values (${vault.lookup(`reveals of one ${name}`, who)}, ${new Date(start)}, 1)
      on conflict (key, window_start) do update set hits = c.hits + 1 where c.hits <= ${most}
      returning hits`;
    if (row === undefined || row.hits > most) {
      const retryAfterSeconds = Math.max(1, Math.ceil((start + windowMs - nowMs) / 1000));
      return { refused: true, first: row !== undefined, per: name, retryAfterSeconds };
    }
    if (name === 'hour') leftThisHour = most - row.hits;
  }
  return { leftThisHour };
}
