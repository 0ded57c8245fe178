/** The audit: append-only, hash-chained, written by the database function `audit_append` and by nothing else. */
import { createHash } from 'node:crypto';
import { toJsonb } from '../db/columns.ts';
import type { Sql } from '../db/open.ts';
import type { Actor, Tx } from './actor.ts';

export interface AuditEntry {
  readonly actor: Pick<Actor, 'userId' | 'name'>;
  /** `noun.verb` in the past tense: `user.invited`, `contact.revealed`. */
  readonly action: string;
  /** What it was done to: `user:<id>`, `contact:<id>`. */
  readonly target?: string;
  /** Ids, counts and names of fields. Never personal data: nobody can erase it from here. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/**
 * Adds one entry in the caller's transaction, of a person or of the house. Entries are serialised until the
 * transaction
 * ends: make this its last statement, so that nobody waits for more than a commit, and no two wait for each other.
 */
export async function audit(tx: Tx, entry: AuditEntry): Promise<void> {
  const { actor, action, target = null, data = {} } = entry;
  await tx`
    select audit_append(${actor.userId}::uuid, ${actor.name}, ${action}, ${target}, ${toJsonb(data)}::text::jsonb)`;
}

export interface AuditAnchor {
  readonly id: number;
  /** Hex SHA-256 of the entry `id`. */
  readonly hash: string;
}

export type AuditProof =
  | { readonly intact: true; readonly entries: number; readonly head: AuditAnchor }
  | { readonly intact: false; readonly entries: number; readonly brokenAt: number; readonly why: string };

const PAGE = 1000;

interface Row {
  readonly id: number;
  readonly hash: Uint8Array;
  readonly text: string;
}

/**
 * Walks the whole chain. A chain alone cannot show that somebody with the database's own rights wrote all of it anew:
 * for that, keep a head from an earlier proof somewhere else and hand it in as the anchor.
 *
 * @param sql a session as inlet_system
 */
export async function verifyAudit(sql: Sql, anchor?: AuditAnchor): Promise<AuditProof> {
  let id = 0;
  let hash: Buffer = Buffer.alloc(32);
  let anchored = anchor === undefined || anchor.id === 0;
  const broken = (brokenAt: number, why: string): AuditProof => ({ intact: false, entries: id, brokenAt, why });
  // The head first: entries that are added while we walk are then behind it, and not looked at.
  const [head] = await sql<{ id: number; hash: Uint8Array }[]>`select id, hash from audit_head`;
  if (head === undefined) return broken(0, 'the head of the chain is gone');
  for (;;) {
    const rows = await sql<Row[]>`
      select id, hash, audit_text(id, at, actor_id, actor, action, target, data) as text
      from audit_log where id > ${id} and id <= ${head.id} order by id limit ${PAGE}`;
    for (const row of rows) {
      if (row.id !== id + 1) return broken(id + 1, 'an entry is missing');
      const expected = createHash('sha256').update(hash).update(row.text).digest();
      if (!expected.equals(row.hash)) return broken(row.id, 'the entry, or its place, was changed');
      if (anchor !== undefined && row.id === anchor.id) {
        if (expected.toString('hex') !== anchor.hash) return broken(row.id, 'the chain was written anew');
        anchored = true;
      }
      id = row.id;
      hash = expected;
    }
    if (rows.length < PAGE) break;
  }
  if (id !== head.id) return broken(id + 1, 'the newest entries are missing');
  if (!hash.equals(head.hash)) return broken(id, 'the head does not belong to this chain');
  if (!anchored) return broken(id + 1, 'the entry of the anchor is missing');
  const [beyond] = await sql<{ id: number }[]>`select id from audit_log where id < 1 limit 1`;
  if (beyond !== undefined) return broken(beyond.id, 'an entry stands before the chain');
  return { intact: true, entries: id, head: { id, hash: hash.toString('hex') } };
}
