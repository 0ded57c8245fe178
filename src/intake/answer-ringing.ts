/**
 * The answer to a provider that asks, while it rings, who should get the call. It must come in time: what is slow or
 * broken gives the endpoint's safe default, and the call is decided by the provider's own scheme.
 */
import { asSystem, type Tx } from '../access/actor.ts';
import type { CallRoute, RoutingQuestion } from '../channel.ts';
import type { Clock } from '../clock.ts';
import { matchingKey } from '../contacts/matching-key.ts';
import { type Holder, resolve } from '../contacts/resolve.ts';
import { plainColumn, toJsonb } from '../db/columns.ts';
import { redact, type Sql } from '../db/open.ts';
import { causeChain } from '../errors.ts';
import { announce } from '../leads/announce.ts';
import type { Log } from '../log.ts';
import type { DeskBook } from '../routing/desk-book.ts';
import { type Chosen, type Reachable, whomToRing } from '../routing/whom-to-ring.ts';
import type { Vault } from '../vault/vault.ts';
import type { OpenEndpoint } from './endpoint-book.ts';
import { eventKey } from './read-delivery.ts';

export interface RingDeps {
  readonly sql: Sql;
  readonly vault: Vault;
  readonly desk: DeskBook;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Ringing {
  readonly endpoint: OpenEndpoint;
  readonly question: RoutingQuestion;
  /** When the provider's request came in, ms of `performance.now()`: its patience counts from there. */
  readonly sinceMs: number;
  /** Work that goes on after the answer. */
  readonly later: (work: Promise<unknown>) => void;
}

/** Never throws. `undefined`: the safe default. */
export type AnswerRinging = (ringing: Ringing) => Promise<CallRoute | undefined>;

export function createAnswerRinging(deps: RingDeps): AnswerRinging {
  return async ({ endpoint, question, sinceMs, later }) => {
    const deciding = decide(deps, endpoint, question).catch((error: unknown) => {
      deps.log.warn('call.not_routed', { endpoint: endpoint.id, causes: causeChain(redact(error)) });
      return undefined;
    });
    const leftMs = Math.max(0, question.withinMs - (performance.now() - sinceMs));
    const chosen = await inTime(deciding, leftMs);
    const tookMs = Math.round(performance.now() - sinceMs);
    const noted = chosen === undefined ? undefined : chosen === 'late' ? LATE : chosen;
    if (noted !== undefined) later(remember(deps, endpoint, question.callId, noted, tookMs));
    deps.log.info('call.routed', { endpoint: endpoint.id, reason: noted?.reason ?? 'failed', ms: tookMs });
    if (noted === undefined || noted.people.length === 0) return undefined;
    return {
      targets: noted.people.map(({ extension, dial }) => ({ extension, ...(dial === null ? {} : { dial }) })),
    };
  };
}

type Noted = Pick<Chosen, 'people'> &
  Partial<Pick<Chosen, 'queueId' | 'rule'>> & { readonly reason: Chosen['reason'] | 'too-slow' };
const LATE: Noted = { people: [], reason: 'too-slow' };

async function inTime<T>(work: Promise<T>, limitMs: number): Promise<T | 'late'> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<'late'>((resolve_) => {
    timer = setTimeout(() => resolve_('late'), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

interface HolderRow extends Holder {
  readonly ownerId: string | null;
  readonly leadQueue: string | null;
  readonly leadOwner: string | null;
}

async function decide(deps: RingDeps, endpoint: OpenEndpoint, question: RoutingQuestion): Promise<Chosen> {
  const { caller } = question;
  const place = { defaultCountry: endpoint.context.defaultCountry, endpointId: endpoint.id };
  const key = caller === undefined ? undefined : matchingKey(caller.kind, caller.value, place);
  const seen =
    caller === undefined || key === undefined
      ? []
      : [{ ...key, value: caller.value, trust: caller.trust, lookup: deps.vault.lookup('identity', key.key) }];
  return asSystem(deps.sql, async (tx) => {
    const [holders, reachable, [row]] = await Promise.all([
      holdersOf(
        tx,
        seen.map(({ lookup }) => lookup),
      ),
      reachableAt(tx, endpoint.id),
      tx<{ version: number }[]>`select version::float8 as version from desk_version`,
    ]);
    const desk = await deps.desk.current(tx, row!.version);
    const { contactId } = resolve(seen, () => holders);
    const known = holders.find((one) => one.contactId === contactId);
    return whomToRing(
      desk,
      {
        channel: endpoint.channel.id,
        endpointId: endpoint.id,
        source: question.source,
        language: undefined,
        repeat: known !== undefined,
        ownerId: known?.leadOwner ?? known?.ownerId ?? undefined,
        queueId: known?.leadQueue ?? undefined,
      },
      reachable,
      deps.clock.now(),
    );
  });
}

/** Of one number: a crowd is nobody, and the strongest link wins, as everywhere. */
async function holdersOf(tx: Tx, lookups: readonly string[]): Promise<HolderRow[]> {
  if (lookups.length === 0) return [];
  return tx<HolderRow[]>`
    select c.id as "contactId", i.rank, i.trust, c.owner_id as "ownerId", l.queue_id as "leadQueue",
      l.owner_id as "leadOwner"
    from identities i join contacts m on m.id = i.contact_id join contacts c on c.id = coalesce(m.merged_into, m.id)
      left join leads l on l.contact_id = c.id and l.closed_at is null
    where i.lookup = any(${plainColumn(lookups)}::uuid[]) and i.rank < 50 order by i.rank`;
}

interface ReachableRow extends Omit<Reachable, 'queues'> {
  readonly queues: {
    readonly queueId: string;
    readonly line: 'first' | 'senior';
    readonly offeredMs: number | null;
  }[];
}

async function reachableAt(tx: Tx, endpointId: string): Promise<Reachable[]> {
  const rows = await tx<ReachableRow[]>`
    select distinct on (u.id) u.id as "userId", x.extension, x.dial, u.on_shift_since is not null as "onShift",
      exists (select from calls c where c.answered_by = u.id and c.state = 'talking'
        and c.heard_at > now() - interval '4 hours') as busy,
      (select coalesce(json_agg(json_build_object('queueId', m.queue_id, 'line', m.line,
          'offeredMs', extract(epoch from m.last_offered_at) * 1000)), '[]')
        from queue_members m where m.user_id = u.id) as queues
    from extensions x join users u on u.id = x.user_id
    where x.endpoint_id = ${endpointId} and u.disabled_at is null
    order by u.id, x.seen_at desc nulls last, x.extension`;
  return rows.map((row) => ({
    ...row,
    queues: row.queues.map(({ queueId, line, offeredMs }) => ({ queueId, line, lastOfferedAtMs: offeredMs })),
  }));
}

/** Why it rang there, for the lead's timeline; the cards of those it rings; their turn in the queue is taken. */
async function remember(
  deps: RingDeps,
  endpoint: OpenEndpoint,
  callId: string,
  { people, reason, queueId, rule }: Noted,
  tookMs: number,
): Promise<void> {
  const id = eventKey(deps.vault, endpoint.id, callId);
  const ids = plainColumn(people.map(({ userId }) => userId));
  await asSystem(deps.sql, async (tx) => {
    const made = await tx`
      insert into call_routes (call_id, endpoint_id, people, because, took_ms)
      values (${id}, ${endpoint.id}, ${ids}::uuid[],
        ${toJsonb({ reason, queue: queueId ?? null, rule: rule ?? null })}::text::jsonb, ${tookMs})
      on conflict (call_id) do nothing`;
    if (made.count === 0 || people.length === 0) return;
    if (reason === 'queue')
      // Calls that ring at once ring the same people: whoever is locked is having their turn taken at this moment.
      await tx`
        update queue_members m set last_offered_at = now()
        from (select user_id from queue_members where queue_id = ${queueId ?? null} and user_id = any(${ids}::uuid[])
          for update skip locked) free
        where m.queue_id = ${queueId ?? null} and m.user_id = free.user_id`;
    await announce(tx, [{ type: 'call', call: id, only: people.map(({ userId }) => userId) }]);
  }).catch((error: unknown) => {
    deps.log.warn('call.route_not_noted', { endpoint: endpoint.id, causes: causeChain(redact(error)) });
  });
}
