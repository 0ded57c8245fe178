/**
 * Calls told three times over, in a random order, to two replicas that are killed meanwhile. Whatever was not
 * acknowledged is told again, as providers do; afterwards the oracle looks at each call.
 */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isTransient } from '../../src/db/open.ts';
import { closeCalls } from '../../src/intake/close-calls.ts';
import { createEndpoint } from '../../src/intake/endpoints.ts';
import { drainPending } from '../../src/intake/processor.ts';
import { silentLog } from '../../src/log.ts';
import { createDeskBook } from '../../src/routing/desk-book.ts';
import { type CallScene, judgeCalls } from './call-oracle.ts';
import { MANAGERS, makeStories, PROVIDERS, type Provider, type Step, type Story } from './call-stories.ts';
import { nameAt, SETTINGS, wireOf } from './call-wires.ts';
import { makeManagers } from './claims.ts';
import { ADMIN, type Inside } from './inside.ts';
import { ask, isOk } from './load.ts';
import type { Findings } from './oracle.ts';
import type { Replicas } from './replicas.ts';
import { until } from './server.ts';

export interface CallsOptions {
  readonly calls: number;
  /** Kills of one replica, in turn, spread over the whole time. */
  readonly kills: number;
  /** Kills the database and brings it back; every fourth kill is one then. */
  readonly strikeDatabase?: () => Promise<void>;
  readonly clients?: number;
  readonly say?: (line: string) => void;
}

export interface CallsResult {
  readonly calls: number;
  readonly events: number;
  readonly bodies: number;
  /** Acknowledged requests: each event three times. */
  readonly acked: number;
  /** Requests that were not, and were sent again. */
  readonly failed: number;
  readonly kills: number;
  readonly databaseKills: number;
  readonly seconds: number;
  readonly drainedMs: number;
  /** Placed in the end, since nobody ever said who it was. */
  readonly unplaced: number;
  readonly findings: Findings;
}

const COPIES = 3;
/** Half of the calls are told in a mess of everything, half with their neighbours, so that their events really meet. */
const NEIGHBOURS = 60;
const DRAIN_WITHIN_MS = 120_000;
const FALLS_WITHIN_MS = 600_000;

interface Turn {
  readonly story: Story;
  readonly step: Step;
  readonly copy: number;
}

export async function runCalls(replicas: Replicas, options: CallsOptions): Promise<CallsResult> {
  const { calls, clients = 24, say = () => undefined } = options;
  const { inside } = replicas;
  const began = performance.now();
  const stories = makeStories(calls, randomBytes(3).toString('hex'), Date.now());
  const { endpoints, people } = await setScene(inside);
  const turns = shuffled(stories);
  const sender = startSending({ replicas, endpoints, turns, clients });
  const databaseKills = await killMeanwhile(replicas, options, () => sender.acked() / turns.length);
  await sender.done;
  say(`${sender.acked()} acknowledged, ${sender.failed()} sent again`);
  const drainedMs = await until('nothing is pending', DRAIN_WITHIN_MS, () => isDrained(inside));
  await Promise.all(replicas.servers.map((server) => server.stop()));
  const unplaced = await placeLate(inside);
  const events = turns.length / COPIES;
  const findings = await judgeCalls({ inside, endpoints, people, stories, bodies: events * 2 });
  return {
    calls,
    events,
    bodies: events * 2,
    acked: sender.acked(),
    failed: sender.failed(),
    kills: options.kills,
    databaseKills,
    seconds: Math.round((performance.now() - began) / 1000),
    drainedMs,
    unplaced,
    findings: { ...findings, lost: [...sender.refused, ...findings.lost] },
  };
}

async function setScene(inside: Inside): Promise<Pick<CallScene, 'endpoints' | 'people'>> {
  const managers = await makeManagers(inside, MANAGERS.length);
  const people = new Map(MANAGERS.map((extension, n) => [extension, managers[n]!.id]));
  const made: [Provider, { id: string; key: string }][] = [];
  for (const provider of PROVIDERS) {
    const settings = { provider, ...SETTINGS[provider] };
    const endpoint = await createEndpoint(inside.tools, ADMIN, { channel: 'telephony', name: provider, settings });
    made.push([provider, endpoint]);
    for (const [extension, id] of people)
      await inside.sql`
        insert into extensions (endpoint_id, extension, user_id)
        values (${endpoint.id}, ${nameAt(provider, extension)}, ${id})`;
  }
  return { people, endpoints: Object.fromEntries(made) as CallScene['endpoints'] };
}

function shuffled(stories: readonly Story[]): Turn[] {
  const all = stories.flatMap((story) =>
    story.steps.flatMap((step) =>
      Array.from({ length: COPIES }, (_, copy) => {
        const near = story.n + Math.random() * NEIGHBOURS;
        return { story, step, copy, place: story.n % 2 === 0 ? near : Math.random() * (stories.length + NEIGHBOURS) };
      }),
    ),
  );
  return all.sort((a, b) => a.place - b.place);
}

interface Sending {
  readonly replicas: Replicas;
  readonly endpoints: CallScene['endpoints'];
  readonly turns: readonly Turn[];
  readonly clients: number;
}

/** Every request until it is acknowledged, each time at the other replica. */
function startSending({ replicas, endpoints, turns, clients }: Sending) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: clients });
  const again: Turn[] = [];
  const refused: string[] = [];
  let next = 0;
  let sent = 0;
  let acked = 0;
  let failed = 0;
  const one = async (turn: Turn): Promise<void> => {
    const { story, step, copy } = turn;
    const { method, query, headers, body } = wireOf(story, step, copy);
    const { url } = replicas.servers[sent++ % replicas.servers.length]!;
    const address = `${url}/in/telephony/${endpoints[story.provider].key}${query}`;
    const told = await ask(method, address, method === 'GET' ? undefined : body, { agent, headers }).catch(() => null);
    if (told !== null && isOk(told.status)) acked += 1;
    else if (told !== null && told.status >= 400 && told.status < 500 && told.status !== 429) {
      acked += 1;
      refused.push(`${story.provider} ${story.id} ${step.what}: refused with ${told.status} ${told.body}`);
    } else {
      failed += 1;
      again.push(turn);
      await sleep(25);
    }
  };
  const client = async (): Promise<void> => {
    while (acked < turns.length) {
      const turn = again.shift() ?? turns[next++];
      // The others may still fail.
      if (turn === undefined) await sleep(10);
      else await one(turn);
    }
  };
  const done = Promise.all(Array.from({ length: clients }, client)).finally(() => agent.destroy());
  return { done, refused, acked: () => acked, failed: () => failed };
}

/** Returns how many of the kills were the database's. */
async function killMeanwhile(replicas: Replicas, options: CallsOptions, share: () => number): Promise<number> {
  const { kills, strikeDatabase, say = () => undefined } = options;
  let databaseKills = 0;
  for (let n = 0; n < kills; n += 1) {
    await until('the next kill', FALLS_WITHIN_MS, async () => share() >= (n + 1) / (kills + 1));
    if (strikeDatabase !== undefined && n % 4 === 3) {
      await strikeDatabase();
      databaseKills += 1;
    } else await replicas.again(n % replicas.servers.length);
    say(`kill ${n + 1} of ${kills}, ${Math.round(share() * 100)} % acknowledged`);
  }
  return databaseKills;
}

/** The database may just be recovering. */
async function isDrained({ sql }: Inside): Promise<boolean> {
  try {
    const [row] = await sql<{ n: number }[]>`select count(*)::int as n from pending`;
    return row?.n === 0;
  } catch (error) {
    if (!isTransient(error)) throw error;
    return false;
  }
}

/** Ten minutes on: calls whose caller nobody told become requests of somebody unknown. */
async function placeLate({ sql, vault, endpoints }: Inside): Promise<number> {
  const clock = { now: () => Date.now() + 11 * 60_000 };
  const deps = { sql, vault, endpoints, clock, desk: createDeskBook(), log: silentLog };
  const { unplaced } = await closeCalls(deps);
  await drainPending(deps);
  return unplaced;
}
