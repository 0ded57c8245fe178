/** Rows for tests, written the way intake and people write them: sealed, with history. */
import { randomBytes } from 'node:crypto';
import { type Actor, asSystem } from '../../src/access/actor.ts';
import { writeIdentityValue } from '../../src/contacts/identity-value.ts';
import { matchingKey } from '../../src/contacts/matching-key.ts';
import { toJsonb } from '../../src/db/columns.ts';
import { openDatabase, type Sql } from '../../src/db/open.ts';
import { newId } from '../../src/ids.ts';
import { openVault } from '../../src/vault/open-vault.ts';
import { seal } from '../../src/vault/seal.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { testDatabase } from './database.ts';

export interface House {
  readonly url: string;
  /** Sessions as inlet_system, like the application's own. */
  readonly sql: Sql;
  readonly vault: Vault;
  /** Another pool on the same database, as another replica has. */
  readonly pool: (max?: number) => Sql;
  readonly close: () => Promise<void>;
}

export async function openHouse(max = 4): Promise<House> {
  const database = await testDatabase();
  const pools: Sql[] = [];
  const pool = (size = max): Sql => {
    const sql = openDatabase(database.url, { max: size, role: 'inlet_system', applicationName: 'test' });
    pools.push(sql);
    return sql;
  };
  const sql = pool();
  const vault = await openVault(sql, [randomBytes(32)]);
  const close = async (): Promise<void> => {
    await Promise.all(pools.map((one) => one.end({ timeout: 1 })));
    await database.drop();
  };
  return { url: database.url, sql, vault, pool, close };
}

export async function makeUser(
  { sql }: Pick<House, 'sql'>,
  more: { role?: Actor['role']; name?: string; onShift?: boolean; disabled?: boolean } = {},
): Promise<Actor & { userId: string }> {
  const id = newId();
  const role = more.role ?? 'manager';
  await sql`
    insert into users (id, email, name, role, on_shift_since, disabled_at)
    values (${id}, ${`${id}@example.test`}, ${more.name ?? `Person ${id.slice(-4)}`}, ${role},
      ${more.onShift === true ? new Date() : null}, ${more.disabled === true ? new Date() : null})`;
  return { userId: id, role, name: `user:${id}`, language: 'en' };
}

/** An API key's actor without a person. */
export function keyActor(role: Actor['role'] = 'head'): Actor {
  return { userId: null, role, name: `key:${newId()}`, language: 'en' };
}

export async function makeQueue(
  { sql }: Pick<House, 'sql'>,
  more: {
    name?: string;
    strategy?: 'by_hand' | 'round_robin';
    hours?: object | null;
    offerSeconds?: number;
    seniorAfterSeconds?: number | null;
    headAfterSeconds?: number | null;
    members?: readonly { readonly userId: string; readonly line?: 'first' | 'senior' }[];
  } = {},
): Promise<string> {
  const id = newId();
  const hours = more.hours === undefined || more.hours === null ? null : toJsonb(more.hours);
  await sql`
    insert into queues (id, name, strategy, hours, offer_seconds, senior_after_seconds, head_after_seconds)
    values (${id}, ${more.name ?? `Queue ${id.slice(-4)}`}, ${more.strategy ?? 'by_hand'}, ${hours}::text::jsonb,
      ${more.offerSeconds ?? 60}, ${more.seniorAfterSeconds ?? null}, ${more.headAfterSeconds ?? null})`;
  for (const { userId, line = 'first' } of more.members ?? []) await addMember({ sql }, id, userId, line);
  return id;
}

export async function addMember(
  { sql }: Pick<House, 'sql'>,
  queueId: string,
  userId: string,
  line: 'first' | 'senior' = 'first',
): Promise<void> {
  await sql`insert into queue_members (queue_id, user_id, line) values (${queueId}, ${userId}, ${line})`;
}

/** An endpoint as lists need it; its settings and key are not real. */
export async function makeEndpoint({ sql }: Pick<House, 'sql'>, name = 'Site form'): Promise<string> {
  const id = newId();
  await sql`
    insert into endpoints (id, channel, key, name, settings, key_wrap)
    values (${id}, 'form', ${randomBytes(16).toString('hex')}, ${name}, ${Buffer.alloc(1)}, ${Buffer.alloc(1)})`;
  return id;
}

export interface LeadWanted {
  readonly queueId: string;
  readonly endpointId?: string;
  readonly contactId?: string;
  readonly name?: string;
  readonly phone?: string;
  readonly email?: string;
  readonly text?: string;
  readonly fields?: readonly object[];
  readonly source?: object;
  readonly ownerId?: string;
  readonly contactOwnerId?: string;
  readonly closed?: boolean;
  readonly priority?: number;
  readonly openedAt?: Date;
  readonly seniorAt?: Date;
  readonly headAt?: Date;
  readonly offeredTo?: string;
  readonly offerUntil?: Date;
  readonly file?: { readonly name: string; readonly bytes: Uint8Array; readonly mediaType: string };
}

export interface MadeLead {
  readonly id: string;
  readonly contactId: string;
  readonly messageId: string;
  readonly attachmentId: string | undefined;
}

/** A lead of a new contact (or of `contactId`) with one message. */
export async function makeLead(house: Pick<House, 'sql' | 'vault'>, wanted: LeadWanted): Promise<MadeLead> {
  const { sql, vault } = house;
  const openedAt = wanted.openedAt ?? new Date();
  const endpointId = wanted.endpointId ?? (await makeEndpoint({ sql }));
  const contactId = wanted.contactId ?? (await makeContact(house, wanted));
  const [held] = await sql<{ wrapped: Uint8Array }[]>`
    select wrapped from contact_keys where contact_id = ${contactId}`;
  const key = vault.openKey('contact', contactId, held!.wrapped);
  const [id, messageId] = [newId(), newId()];
  const place = (table: string, column: string, row: string) => ({ table, column, row, subject: contactId });
  const { text = 'Hello', fields, source, file } = wanted;
  const body = seal(key, place('messages', 'body', messageId), JSON.stringify({ text, fields, source }));
  const attachmentId = file === undefined ? undefined : newId();
  await asSystem(sql, async (tx) => {
    await tx`
      insert into leads (id, contact_id, endpoint_id, channel, stage, queue_id, priority, owner_id, claimed_at,
        opened_at, closed_at, last_message_at, repeat, senior_at, head_at, offered_to, offer_until)
      values (${id}, ${contactId}, ${endpointId}, 'form', ${wanted.closed === true ? 'lost' : 'new_request'},
        ${wanted.queueId}, ${wanted.priority ?? 0}, ${wanted.ownerId ?? null},
        ${wanted.ownerId === undefined ? null : openedAt}, ${openedAt}, ${wanted.closed === true ? openedAt : null},
        ${openedAt}, false, ${wanted.seniorAt ?? null}, ${wanted.headAt ?? null}, ${wanted.offeredTo ?? null},
        ${wanted.offerUntil ?? null})`;
    const because = { rule: null, ruleId: null, matched: [], ownerFirst: false };
    await tx`
      insert into lead_events (lead_id, at, kind, data)
      values (${id}, ${openedAt}, 'opened', ${toJsonb({ because, link: 'new-person', by: 'phone' })}::text::jsonb)`;
    await tx`
      insert into messages (id, contact_id, lead_id, endpoint_id, kind, direction, at, body)
      values (${messageId}, ${contactId}, ${id}, ${endpointId}, 'form', 'inbound', ${openedAt}, ${body})`;
    if (file !== undefined && attachmentId !== undefined)
      await tx`
        insert into attachments (id, message_id, contact_id, name, media_type, size, content)
        values (${attachmentId}, ${messageId}, ${contactId},
          ${seal(key, place('attachments', 'name', attachmentId), file.name)}, ${file.mediaType}, ${file.bytes.length},
          ${seal(key, place('attachments', 'content', attachmentId), file.bytes)})`;
  });
  return { id, contactId, messageId, attachmentId };
}

async function makeContact({ sql, vault }: Pick<House, 'sql' | 'vault'>, wanted: LeadWanted): Promise<string> {
  const id = newId();
  const { key, wrapped } = vault.newKey('contact', id);
  const name =
    wanted.name === undefined
      ? null
      : seal(key, { table: 'contacts', column: 'name', row: id, subject: id }, wanted.name);
  await sql`insert into contact_keys (contact_id, wrapped) values (${id}, ${wrapped})`;
  await sql`
    insert into contacts (id, created_at, name, language, owner_id)
    values (${id}, now(), ${name}, 'en', ${wanted.contactOwnerId ?? wanted.ownerId ?? null})`;
  for (const [kind, value] of [
    ['phone', wanted.phone],
    ['email', wanted.email],
  ] as const) {
    if (value === undefined) continue;
    const found = matchingKey(kind, value, { defaultCountry: 'RU', endpointId: '' })!;
    const lookup = vault.lookup('identity', found.key);
    const place = { table: 'identities', column: 'value', row: lookup, subject: id };
    const sealed = seal(key, place, writeIdentityValue({ display: found.display, original: value }));
    await sql`
      insert into identities (lookup, contact_id, kind, trust, value, created_at)
      values (${lookup}, ${id}, ${kind}, 0, ${sealed}, now())`;
  }
  return id;
}

/** The history of a lead: kinds, oldest first. */
export async function historyOf({ sql }: Pick<House, 'sql'>, leadId: string): Promise<string[]> {
  const rows = await sql<{ kind: string }[]>`select kind from lead_events where lead_id = ${leadId} order by id`;
  return rows.map((row) => row.kind);
}
