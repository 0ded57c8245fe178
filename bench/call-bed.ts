/** A telephone line with twenty managers on shift, and clients of theirs in the middle of the base. */
import { randomBytes } from 'node:crypto';
import type postgres from 'postgres';
import { channels } from '../channels/node.ts';
import { makeApiKey } from '../src/access/api-keys.ts';
import { systemClock } from '../src/clock.ts';
import { writeIdentityValue } from '../src/contacts/identity-value.ts';
import { bytesColumn, plainColumn } from '../src/db/columns.ts';
import { openDatabase, type Sql } from '../src/db/open.ts';
import { newId } from '../src/ids.ts';
import { createEndpoint } from '../src/intake/endpoints.ts';
import { contactPlace } from '../src/intake/places.ts';
import { openVault } from '../src/vault/open-vault.ts';
import { seal } from '../src/vault/seal.ts';
import type { Vault } from '../src/vault/vault.ts';
import type { Bed } from './throughput.ts';

const ADMIN = { userId: null, role: 'admin', name: 'bench', language: 'en' } as const;
const MANAGERS = 20;
const CLIENTS = 2000;

export const SECRET = 'a-made-up-secret-of-a-pbx';

export interface Manager {
  readonly id: string;
  readonly extension: string;
  /** Of an API key of their own. */
  readonly secret: string;
}

export interface Line {
  readonly id: string;
  /** `/in/telephony/<key>`. */
  readonly path: string;
}

export interface CallBed {
  readonly sql: Sql;
  readonly vault: Vault;
  readonly zadarma: Line;
  readonly megafon: Line;
  readonly managers: readonly Manager[];
  /** Their phones, digits only, with the extension of their manager. */
  readonly clients: readonly { readonly phone: string; readonly extension: string }[];
  readonly close: () => Promise<void>;
}

/** @param fallback where calls go when nobody was found in time */
export async function openCallBed(bed: Bed, fallback: string): Promise<CallBed> {
  const sql = openDatabase(bed.databaseUrl, { max: 2, role: 'inlet_system', applicationName: 'inlet bench' });
  const vault = await openVault(sql, [Buffer.from(bed.masterKey, 'base64')]);
  const config = { publicUrl: 'http://127.0.0.1', trustedProxies: [], version: '0' };
  const tools = { sql, vault, channels, config, clock: systemClock };
  const line = async (settings: Record<string, unknown>): Promise<Line> => {
    const wanted = { channel: 'telephony', name: 'Line', settings };
    const { id, key } = await createEndpoint(tools, ADMIN, wanted);
    return { id, path: `/in/telephony/${key}` };
  };
  const zadarma = await line({ provider: 'zadarma', zadarmaSecret: SECRET, fallbackTarget: fallback });
  const megafon = await line({ provider: 'megafon', megafonCrmToken: SECRET });
  // Those of an earlier bed have gone home.
  await sql`update users set on_shift_since = null`;
  const managers: Manager[] = [];
  for (let n = 0; n < MANAGERS; n += 1) managers.push(await makeManager(sql, String(101 + n), [zadarma, megafon]));
  const clients = await makeClients(bed.owner, vault, managers);
  return { sql, vault, zadarma, megafon, managers, clients, close: () => sql.end() };
}

async function makeManager(sql: Sql, extension: string, lines: readonly Line[]): Promise<Manager> {
  const id = newId();
  const email = `manager-${randomBytes(6).toString('hex')}@example.com`;
  await sql`
    insert into users (id, email, name, role, on_shift_since) values (${id}, ${email}, 'Manager', 'manager', now())`;
  await sql`
    insert into queue_members (queue_id, user_id) select q.id, ${id} from queues q where q.is_default
    on conflict do nothing`;
  for (const line of lines)
    await sql`insert into extensions (endpoint_id, extension, user_id) values (${line.id}, ${extension}, ${id})`;
  const wanted = { name: `of ${extension}`, scope: 'write', userId: id } as const;
  const { secret } = await makeApiKey({ sql, clock: systemClock }, ADMIN, wanted);
  return { id, extension, secret };
}

/**
 * Contacts of the seeded base, from all over it, get a number that they call from, an owner, and in place of what was
 * made up a key that fits.
 */
async function makeClients(sql: postgres.Sql, vault: Vault, managers: readonly Manager[]) {
  const found = await sql<{ id: string; lookup: string }[]>`
    select i.contact_id as id, i.lookup from identities i join contacts c on c.id = i.contact_id
    where i.kind = 'phone' and c.created_at < '2024-01-01' and c.owner_id is null
    order by md5(i.lookup::text) limit ${CLIENTS}`;
  const seed = Math.floor(Math.random() * 900);
  const rows = found.map((row, n) => {
    const manager = managers[n % managers.length]!;
    const phone = `79${String(seed).padStart(3, '0')}${String(n).padStart(6, '0')}`;
    const lookup = vault.lookup('identity', `phone:+${phone}`);
    const { key, wrapped } = vault.newKey('contact', row.id);
    const text = writeIdentityValue({ display: `+${phone}`, original: `+${phone}` });
    const value = seal(key, contactPlace('identities', 'value', lookup, row.id), text);
    return { ...row, phone, manager, known: lookup, wrapped, value };
  });
  const ids = plainColumn(rows.map(({ id }) => id));
  await sql`delete from identities where contact_id = any(${ids}::uuid[]) and kind = 'email'`;
  await sql`delete from messages where contact_id = any(${ids}::uuid[])`;
  await sql`
    update contact_keys k set wrapped = x.wrapped
    from unnest(${ids}::uuid[], ${bytesColumn(rows.map(({ wrapped }) => wrapped))}::bytea[]) as x (id, wrapped)
    where k.contact_id = x.id`;
  await sql`
    update contacts c set owner_id = x.owner, name = null
    from unnest(${ids}::uuid[], ${plainColumn(rows.map(({ manager }) => manager.id))}::uuid[]) as x (id, owner)
    where c.id = x.id`;
  await sql`
    update identities i set lookup = x.known, value = x.value, trust = 1
    from unnest(${plainColumn(rows.map(({ lookup }) => lookup))}::uuid[],
      ${plainColumn(rows.map(({ known }) => known))}::uuid[], ${bytesColumn(rows.map(({ value }) => value))}::bytea[])
      as x (lookup, known, value)
    where i.lookup = x.lookup`;
  return rows.map(({ phone, manager }) => ({ phone, extension: manager.extension }));
}
