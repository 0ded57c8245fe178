/**
 * Calls of which nothing more is heard. One that rings or talks for too long is ended, as far as we know; one whose
 * caller was never told is put back into the queue of deliveries and becomes a request of somebody unknown.
 */
import { asSystem, type Tx } from '../access/actor.ts';
import { addFacts, foldCall, type HeardFact } from '../calls/fold.ts';
import { announce } from '../leads/announce.ts';
import type { DataKey } from '../vault/seal.ts';
import { callNotices } from './live-events.ts';
import { loadCalls } from './load-calls.ts';
import { follow, PLACE_WITHOUT_NUMBER_MS } from './place-call.ts';
import type { CallChange, Known, KnownCall } from './plan.ts';
import type { ProcessDeps } from './process.ts';
import { requeue } from './requeue.ts';
import { writeCalls } from './write-calls.ts';

/** Nobody lets it ring for longer, whatever the provider's queue plays to them. */
const RINGING_MS = 15 * 60_000;
const TALKING_MS = 4 * 3_600_000;
const AT_ONCE = 200;

export interface ClosedCalls {
  readonly closed: number;
  readonly unplaced: number;
}

type Deps = Pick<ProcessDeps, 'sql' | 'vault' | 'endpoints' | 'desk' | 'clock'>;

/** Any number of replicas may do it at any time: what is locked elsewhere is left alone. */
export async function closeCalls(deps: Deps): Promise<ClosedCalls> {
  const nowMs = deps.clock.now();
  return asSystem(deps.sql, async (tx) => ({
    closed: await closeSilent(deps, tx, nowMs),
    unplaced: await placeUnplaced(tx, nowMs),
  }));
}

async function closeSilent(deps: Deps, tx: Tx, nowMs: number): Promise<number> {
  const rows = await tx<{ id: string; endpoint_id: string; version: number }[]>`
    select id, endpoint_id, (select version from desk_version)::float8 as version from calls
    where skipped is null and state <> 'ended' and message_id is not null
      and heard_at < case state when 'ringing' then ${new Date(nowMs - RINGING_MS)}::timestamptz
        else ${new Date(nowMs - TALKING_MS)}::timestamptz end
    order by heard_at limit ${AT_ONCE} for update skip locked`;
  if (rows.length === 0) return 0;
  const endpointKeys = new Map<string, DataKey>();
  const endpoints = new Map<string, CallChange['endpoint']>();
  for (const { endpoint_id } of rows) {
    const endpoint = await deps.endpoints.byId(deps.sql, endpoint_id);
    if (endpoint === undefined) continue;
    endpoints.set(endpoint_id, endpoint);
    endpointKeys.set(endpoint_id, endpoint.dataKey);
  }
  const loaded = await loadCalls(
    tx,
    deps.vault,
    rows.map(({ id }) => id),
    endpointKeys,
  );
  const world = { desk: await deps.desk.current(tx, rows[0]!.version), known: nobodyElse(loaded) };
  const changes = rows.flatMap((row) => {
    const known = loaded.calls.get(row.id);
    const endpoint = endpoints.get(row.endpoint_id);
    return known === undefined || endpoint === undefined ? [] : [giveUp(world, row.id, endpoint, known, nowMs)];
  });
  await writeCalls(tx, changes, (id) => loaded.contactKeys.get(id)!);
  await announce(tx, changes.flatMap(callNotices));
  return changes.length;
}

const nobodyElse = (loaded: Pick<Known, 'calls' | 'erasedCalls' | 'extensions' | 'rung'>): Known => ({
  ...loaded,
  holders: new Map(),
  contacts: new Map(),
  openLeads: new Map(),
  lastLeads: new Map(),
  messages: new Map(),
});

function giveUp(
  world: Parameters<typeof follow>[0],
  id: string,
  endpoint: CallChange['endpoint'],
  known: KnownCall,
  nowMs: number,
): CallChange {
  const closing: HeardFact = { fact: { happened: 'ended' }, heardAtMs: nowMs, closing: true };
  const facts = addFacts(known.facts, [closing]);
  const now: KnownCall = { ...known, facts, call: foldCall(facts) };
  return follow(world, { id, endpoint, now, was: known, receivedAtMs: nowMs, files: [] });
}

/** Its first delivery is decided again: by then it is old enough to be a request without a number. */
async function placeUnplaced(tx: Tx, nowMs: number): Promise<number> {
  const rows = await tx<{ delivery_id: string }[]>`
    with late as (
      select id from calls
      where skipped is null and message_id is null and heard_at < ${new Date(nowMs - PLACE_WITHOUT_NUMBER_MS)}
      order by heard_at limit ${AT_ONCE} for update skip locked
    )
    -- Asked once an hour at most, should deciding it fail.
    update calls c set heard_at = c.heard_at + interval '1 hour' from late where c.id = late.id
    returning c.delivery_id`;
  const moved = await requeue(
    tx,
    rows.map((row) => row.delivery_id),
  );
  return moved.length;
}
