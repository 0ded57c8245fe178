/** Managers who all want the same leads, over all replicas at once: one owner each, and everybody is told the same. */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { makeApiKey } from '../../src/access/api-keys.ts';
import { systemClock } from '../../src/clock.ts';
import { newId } from '../../src/ids.ts';
import { ADMIN, type Inside } from './inside.ts';
import { ask, isOk } from './load.ts';

export interface Manager {
  readonly id: string;
  readonly secret: string;
}

export interface ClaimsResult {
  readonly managers: number;
  readonly leads: number;
  readonly asked: number;
  readonly seconds: number;
  readonly won: number;
  readonly lost: number;
  /** Answers that were neither 200 nor 409. */
  readonly failed: number;
  /** Leads for which two managers were told that they hold it. */
  readonly twoOwners: number;
  /** Leads that nobody holds although somebody asked. */
  readonly unclaimed: number;
  /** Losers who were told another name than the winner's. */
  readonly misled: number;
  /** Leads whose owner in the database, or history, says something else than the answers. */
  readonly crooked: number;
}

/** People of the default queue with a key each. */
export async function makeManagers(inside: Inside, count: number): Promise<Manager[]> {
  const [queue] = await inside.sql<{ id: string }[]>`select id from queues where is_default`;
  const managers: Manager[] = [];
  for (let n = 0; n < count; n += 1) {
    const id = newId();
    const email = `manager-${randomBytes(6).toString('hex')}@example.com`;
    await inside.sql`insert into users (id, email, name, role) values (${id}, ${email}, ${`Manager ${n}`}, 'manager')`;
    await inside.sql`insert into queue_members (queue_id, user_id) values (${queue!.id}, ${id}) on conflict do nothing`;
    const tools = { sql: inside.sql, clock: systemClock };
    const { secret } = await makeApiKey(tools, ADMIN, { name: `of manager ${n}`, scope: 'write', userId: id });
    managers.push({ id, secret });
  }
  return managers;
}

export interface ClaimsOptions {
  /** Addresses of the replicas, without a path. */
  readonly replicas: readonly string[];
  readonly managers: readonly Manager[];
  readonly leads: readonly string[];
  /** How many managers ask for each lead, at about the same moment. */
  readonly askers: number;
  readonly clients?: number;
}

interface Heard {
  readonly winners: string[];
  readonly namedHolders: string[];
}

export async function raceForLeads(inside: Inside, options: ClaimsOptions): Promise<ClaimsResult> {
  const { replicas, managers, leads, askers, clients = 64 } = options;
  const agent = new http.Agent({ keepAlive: true, maxSockets: clients });
  const heard = new Map(leads.map((lead): [string, Heard] => [lead, { winners: [], namedHolders: [] }]));
  const jobs = leads.flatMap((lead, n) =>
    Array.from({ length: askers }, (_, a) => ({ lead, manager: managers[(n * 7 + a) % managers.length]! })),
  );
  let at = 0;
  let failed = 0;
  const began = performance.now();
  const client = async (): Promise<void> => {
    for (let turn = at++; turn < jobs.length; turn = at++) {
      const { lead, manager } = jobs[turn]!;
      const url = `${replicas[turn % replicas.length]}/api/v1/leads/${lead}/claim`;
      const told = await ask('POST', url, '{}', { agent, headers: { Authorization: `Bearer ${manager.secret}` } });
      if (isOk(told.status)) heard.get(lead)!.winners.push(manager.id);
      else if (told.status === 409)
        heard.get(lead)!.namedHolders.push((JSON.parse(told.body) as { heldBy: { id: string } }).heldBy.id);
      else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - began) / 1000;
  agent.destroy();
  const all = [...heard.values()];
  return {
    managers: managers.length,
    leads: leads.length,
    asked: jobs.length,
    seconds,
    won: all.reduce((sum, { winners }) => sum + winners.length, 0),
    lost: all.reduce((sum, { namedHolders }) => sum + namedHolders.length, 0),
    failed,
    twoOwners: all.filter(({ winners }) => winners.length > 1).length,
    unclaimed: all.filter(({ winners }) => winners.length === 0).length,
    misled: all.filter(({ winners, namedHolders }) => namedHolders.some((id) => id !== winners[0])).length,
    crooked: await countCrooked(inside, heard),
  };
}

async function countCrooked(inside: Inside, heard: ReadonlyMap<string, Heard>): Promise<number> {
  const rows = await inside.sql<{ id: string; owner: string | null; claims: number }[]>`
    select l.id, l.owner_id as owner,
      (select count(*)::int from lead_events e where e.lead_id = l.id and e.kind = 'claimed') as claims
    from leads l where l.id = any(${[...heard.keys()]}::uuid[])`;
  const right = rows.filter((row) => row.claims === 1 && row.owner === heard.get(row.id)?.winners[0]);
  return heard.size - right.length;
}
