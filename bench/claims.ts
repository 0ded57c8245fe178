/**
 * Claims by the verb that the API calls (policies, history row, owner of the contact, notice) against a bare loop that
 * takes the next row with `for update skip locked`: eight sessions each, on the same waiting leads.
 */
import { openDatabase, type Sql } from '../src/db/open.ts';
import { newId } from '../src/ids.ts';
import { claim } from '../src/routing/claim.ts';
import type { Bed } from './throughput.ts';

const SESSIONS = 8;
const LEADS = 4000;
const PAIRS = 5;

export async function claims(bed: Bed, log: (text: string) => void): Promise<string> {
  const sql = openDatabase(bed.databaseUrl, { max: SESSIONS, role: 'inlet_system', applicationName: 'inlet bench' });
  const owner = openDatabase(bed.databaseUrl, { max: SESSIONS, applicationName: 'inlet bench owner' });
  const ratios: number[] = [];
  const rates: number[] = [];
  try {
    await owner`create table if not exists bare_leads (id uuid primary key, owner_id uuid)`;
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const bare = await bareLoop(owner);
      const ours = await ourLoop(owner, sql);
      ratios.push(ours / bare);
      rates.push(ours);
      log(`claims, pair ${pair + 1}: bare ${bare.toFixed(0)}/s, ours ${ours.toFixed(0)}/s`);
    }
  } finally {
    await sql.end();
    await owner.end();
  }
  ratios.sort((a, b) => a - b);
  rates.sort((a, b) => a - b);
  const range = `${ratios[0]?.toFixed(2)}–${ratios.at(-1)?.toFixed(2)}`;
  return `claims: ${rates[PAIRS >> 1]?.toFixed(0)}/s, ${ratios[PAIRS >> 1]?.toFixed(2)} (${range}) of the bare loop`;
}

async function timed(work: () => Promise<number>): Promise<number> {
  const startedMs = performance.now();
  const done = await work();
  return done / ((performance.now() - startedMs) / 1000);
}

async function bareLoop(owner: Sql): Promise<number> {
  await owner`truncate bare_leads`;
  await owner`insert into bare_leads (id) select gen_random_uuid() from generate_series(1, ${LEADS})`;
  const one = async (): Promise<number> => {
    for (let done = 0; ; done += 1) {
      const taken = await owner`
        update bare_leads set owner_id = ${newId()} where id =
          (select id from bare_leads where owner_id is null limit 1 for update skip locked)`;
      if (taken.count === 0) return done;
    }
  };
  return timed(async () => sum(await Promise.all(Array.from({ length: SESSIONS }, one))));
}

async function ourLoop(owner: Sql, sql: Sql): Promise<number> {
  const people = Array.from({ length: SESSIONS }, () => newId());
  const leads = Array.from({ length: LEADS }, () => newId());
  await owner`
    insert into users (id, email, name, role)
    select id::uuid, id || '@example.com', 'Bench', 'manager' from unnest(${people}::text[]) id`;
  await owner`
    insert into queue_members (queue_id, user_id)
    select (select id from queues where is_default), id from unnest(${people}::uuid[]) id`;
  await owner`
    insert into contacts (id, created_at) select id, now() from unnest(${leads}::uuid[]) id`;
  await owner`
    insert into leads (id, contact_id, endpoint_id, channel, stage, queue_id, opened_at, last_message_at, repeat)
    select id, id, (select id from endpoints limit 1), 'form', 'new_request', (select id from queues where is_default),
      now(), now(), false from unnest(${leads}::uuid[]) id`;
  let next = 0;
  const one = async (userId: string): Promise<number> => {
    const actor = { userId, role: 'manager', name: `user:${userId}`, language: 'en' } as const;
    for (let done = 0; ; done += 1) {
      const lead = leads[next];
      next += 1;
      if (lead === undefined) return done;
      const result = await claim(sql, actor, lead);
      if (result.kind !== 'claimed') throw new Error(`a claim ended as ${result.kind}`);
    }
  };
  return timed(async () => sum(await Promise.all(people.map(one))));
}

function sum(list: readonly number[]): number {
  return list.reduce((so, one) => so + one, 0);
}
