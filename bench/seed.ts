/**
 * A base of N contacts, written straight into the tables: what matters to the benchmark is the size of the indexes
 * that
 * a new request meets. Each contact has two identities under random lookups, a key, and a closed lead with a message.
 */
import type postgres from 'postgres';

const CHUNK = 200_000;

export async function seedContacts(owner: postgres.Sql, count: number, log: (text: string) => void): Promise<void> {
  const [have] = await owner<{ n: number }[]>`select count(*)::int as n from contacts`;
  const [queue] = await owner<{ id: string }[]>`select id from queues where is_default`;
  const [endpoint] = await owner<{ id: string }[]>`select id from endpoints limit 1`;
  for (let done = have?.n ?? 0; done < count; done += CHUNK) {
    await owner.begin(async (tx) => {
      await tx`set local synchronous_commit = off`;
      await writeChunk(tx, Math.min(CHUNK, count - done), done, queue!.id, endpoint!.id);
    });
    log(`${Math.min(done + CHUNK, count)} of ${count} contacts`);
  }
  await owner`vacuum analyze contacts`;
  await owner`vacuum analyze identities`;
  await owner`vacuum analyze leads`;
  await owner`checkpoint`;
}

/** UUIDv7-shaped ids in the past, so that new rows go to the right edge as they do in life. */
async function writeChunk(
  tx: postgres.TransactionSql,
  rows: number,
  from: number,
  queueId: string,
  endpointId: string,
): Promise<void> {
  await tx`
    create temporary table seed on commit drop as
    select (lpad(to_hex(1700000000000 + (${from}::bigint + n) * 50), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0')
        || '8' || substr(md5(n::text || ${from}::text), 1, 15))::uuid as id,
      to_timestamp((1700000000000 + (${from}::bigint + n) * 50) / 1000.0) as at
    from generate_series(1, ${rows}::bigint) n`;
  await tx`
    insert into contacts (id, created_at, name, language)
    select id, at, decode(repeat('ab', 42), 'hex'), 'ru' from seed`;
  await tx`insert into contact_keys (contact_id, wrapped) select id, decode(repeat('cd', 65), 'hex') from seed`;
  await tx`
    insert into identities (lookup, contact_id, kind, trust, value, created_at)
    select gen_random_uuid(), id, k, 0, decode(repeat('ef', 41), 'hex'), at
    from seed, unnest(array['phone', 'email']) k`;
  await tx`
    insert into leads (id, contact_id, endpoint_id, channel, stage, queue_id, opened_at, closed_at, last_message_at,
      repeat)
    select id, id, ${endpointId}, 'form', 'won', ${queueId}, at, at, at, false from seed`;
  await tx`
    insert into messages (id, contact_id, lead_id, endpoint_id, kind, direction, at, body)
    select id, id, id, ${endpointId}, 'form', 'inbound', at, decode(repeat('01', 400), 'hex') from seed`;
}
