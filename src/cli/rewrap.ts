/**
 * Every wrapped key under the newest master key, a batch a transaction: a process that is killed in the middle leaves
 * each row under the one or the other, and the next run goes on. Rows that somebody holds just now are passed by, and
 * met again in the next round; so are rows that a server with the old key first adds meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { asSystem, type Tx } from '../access/actor.ts';
import { bytesColumn, plainColumn, textColumn } from '../db/columns.ts';
import type { Sql } from '../db/open.ts';
import { type SubjectKind, UnknownMasterKey, type Vault } from '../vault/vault.ts';
import type { Wrapped } from './key-ids.ts';

interface Row {
  readonly id: string;
  readonly wrapped: Uint8Array;
}

interface Source {
  readonly name: keyof Wrapped;
  readonly kind: SubjectKind;
  /** Rows after this id whose key does not begin with `current`, locked. */
  readonly take: (tx: Tx, after: string, current: Buffer) => Promise<Row[]>;
  readonly write: (tx: Tx, ids: readonly string[], wraps: readonly Buffer[]) => Promise<unknown>;
}

const BATCH = 1000;
const ROUNDS = 20;
const BETWEEN_ROUNDS_MS = 500;
const BEFORE_ALL_IDS = '00000000-0000-0000-0000-000000000000';

const SOURCES: readonly Source[] = [
  {
    name: 'contacts',
    kind: 'contact',
    take: (tx, after, current) => tx<Row[]>`
      select contact_id as id, wrapped from contact_keys
      where contact_id > ${after === '' ? BEFORE_ALL_IDS : after}::uuid
        and substring(wrapped from 1 for 4) <> ${current}
      order by contact_id limit ${BATCH} for update skip locked`,
    write: (tx, ids, wraps) => tx`
      update contact_keys k set wrapped = n.wrapped
      from unnest(${plainColumn(ids)}::uuid[], ${bytesColumn(wraps)}::bytea[]) as n (id, wrapped)
      where k.contact_id = n.id`,
  },
  {
    name: 'endpoints',
    kind: 'endpoint',
    take: (tx, after, current) => tx<Row[]>`
      select id, key_wrap as wrapped from endpoints
      where id > ${after === '' ? BEFORE_ALL_IDS : after}::uuid and substring(key_wrap from 1 for 4) <> ${current}
      order by id limit ${BATCH} for update skip locked`,
    write: (tx, ids, wraps) => tx`
      update endpoints e set key_wrap = n.wrapped
      from unnest(${plainColumn(ids)}::uuid[], ${bytesColumn(wraps)}::bytea[]) as n (id, wrapped)
      where e.id = n.id`,
  },
  {
    name: 'installation',
    kind: 'installation',
    take: (tx, after, current) => tx<Row[]>`
      select purpose as id, wrapped from vault_keys
      where purpose > ${after} and substring(wrapped from 1 for 4) <> ${current}
      order by purpose limit ${BATCH} for update skip locked`,
    write: (tx, ids, wraps) => tx`
      update vault_keys v set wrapped = n.wrapped
      from unnest(${textColumn(ids)}::text[], ${bytesColumn(wraps)}::bytea[]) as n (id, wrapped)
      where v.purpose = n.id`,
  },
];

export interface Rewrapped {
  readonly rewrapped: Wrapped;
  /** Keys under a master key that nobody gave us. */
  readonly unknown: number;
}

/** `current` is the hex id of the newest master key; `say` hears how far it is. */
export async function rewrapAll(
  sql: Sql,
  vault: Pick<Vault, 'rewrap'>,
  current: string,
  say: (line: string) => void,
): Promise<Rewrapped> {
  const id = Buffer.from(current, 'hex');
  const total = { contacts: 0, endpoints: 0, installation: 0 };
  let unknown = 0;
  for (let round = 1; round <= ROUNDS; round += 1) {
    let found = 0;
    unknown = 0;
    for (const source of SOURCES) {
      const done = await walk(sql, vault, source, id, (so) => say(`${source.name}: ${total[source.name] + so}`));
      total[source.name] += done.rewrapped;
      unknown += done.unknown;
      found += done.rewrapped;
    }
    if (found === 0 && !(await isSomethingHeld(sql, id, unknown))) break;
    if (found === 0) await sleep(BETWEEN_ROUNDS_MS);
  }
  return { rewrapped: total, unknown };
}

/** Once through the table in the order of its primary key, so that no row is looked at twice. */
async function walk(
  sql: Sql,
  vault: Pick<Vault, 'rewrap'>,
  source: Source,
  current: Buffer,
  say: (done: number) => void,
): Promise<{ rewrapped: number; unknown: number }> {
  let after = '';
  let rewrapped = 0;
  let unknown = 0;
  for (;;) {
    const batch = await asSystem(sql, async (tx) => {
      const rows = await source.take(tx, after, current);
      const fresh = rows.flatMap((row) => rewrapRow(vault, source.kind, row));
      if (fresh.length > 0)
        await source.write(
          tx,
          fresh.map((row) => row.id),
          fresh.map((row) => row.wrapped),
        );
      return { last: rows.at(-1)?.id, taken: rows.length, fresh: fresh.length };
    });
    rewrapped += batch.fresh;
    unknown += batch.taken - batch.fresh;
    if (batch.last === undefined || batch.taken < BATCH) return { rewrapped, unknown };
    after = batch.last;
    say(rewrapped);
  }
}

function rewrapRow(vault: Pick<Vault, 'rewrap'>, kind: SubjectKind, row: Row): { id: string; wrapped: Buffer }[] {
  try {
    return [{ id: row.id, wrapped: vault.rewrap(kind, row.id, row.wrapped) }];
  } catch (error) {
    if (error instanceof UnknownMasterKey) return [];
    throw error;
  }
}

/** More rows under old keys than those that nobody can open: somebody held them while we walked by. */
async function isSomethingHeld(sql: Sql, current: Buffer, unknown: number): Promise<boolean> {
  const [row] = await sql<{ n: number }[]>`
    select (select count(*) from contact_keys where substring(wrapped from 1 for 4) <> ${current})::float8
      + (select count(*) from endpoints where substring(key_wrap from 1 for 4) <> ${current})::float8
      + (select count(*) from vault_keys where substring(wrapped from 1 for 4) <> ${current})::float8 as n`;
  return (row?.n ?? 0) > unknown;
}
