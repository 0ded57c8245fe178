/**
 * What screens are told: one LISTEN connection per replica, fanned out to everybody who watches, each hearing only of
 * what is theirs. A notice that is lost costs a refetch: after every new subscription all screens are told to look
 * again.
 */
import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import type { Actor } from '../access/actor.ts';
import { redact, type Sql } from '../db/open.ts';
import { causeChain } from '../errors.ts';
import type { Log } from '../log.ts';
import { LIVE_CHANNEL, type LiveNotice } from './announce.ts';

/** What a screen hears: ids only. */
export type LiveEvent = Pick<LiveNotice, 'type' | 'lead' | 'queue' | 'owner' | 'endpoint' | 'call'>;

export interface Subscriber {
  readonly actor: Actor;
  readonly send: (event: LiveEvent) => void;
  /** The person was disabled or has another role now, or this process stops: they have to come again. */
  readonly end: () => void;
}

export interface Live {
  /** `undefined`: this replica has as many listeners as it can serve. */
  readonly subscribe: (subscriber: Subscriber) => (() => void) | undefined;
  readonly stop: () => Promise<void>;
}

export interface LiveOptions {
  /** How often the subscription proves itself, ms; it is made anew when nothing came back for three times as long. */
  readonly proveMs?: number;
  /** How often a change of the desk is looked for, ms. */
  readonly deskMs?: number;
}

const MOST_SUBSCRIBERS = 2000;

interface Watched {
  readonly version: number;
  /** People who may log in, with what they may be told. */
  readonly people: ReadonlyMap<string, { readonly role: string; readonly queues: ReadonlySet<string> }>;
}

/** Is this notice for them? */
export function isFor(notice: LiveNotice, actor: Actor, queues: ReadonlySet<string>): boolean {
  if (notice.only !== undefined) return actor.userId !== null && notice.only.includes(actor.userId);
  if (notice.type === 'desk' || actor.role !== 'manager') return true;
  if (notice.type === 'quarantine') return true; // managers have that page too
  if (actor.userId === null) return false;
  if (notice.queue !== undefined && queues.has(notice.queue)) return true;
  return [notice.owner, notice.offeredTo, ...(notice.also ?? [])].includes(actor.userId);
}

export function startLive(sql: Sql, log: Log, options: LiveOptions = {}): Live {
  const subscribers = new Set<Subscriber>();
  let watched: Watched = { version: -1, people: new Map() };
  let reading: Promise<void> | undefined;

  const tell = (notice: LiveNotice): void => {
    const { type, lead, queue, owner, endpoint, call } = notice;
    const event: LiveEvent = {
      type,
      ...(lead === undefined ? {} : { lead }),
      ...(queue === undefined ? {} : { queue }),
      ...(owner === undefined ? {} : { owner }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(call === undefined ? {} : { call }),
    };
    for (const one of subscribers) {
      const queues = watched.people.get(one.actor.userId ?? '')?.queues ?? new Set<string>();
      if (isFor(notice, one.actor, queues)) one.send(event);
    }
  };
  /** Memberships follow the desk's version; whoever lost their role or their log-in is sent away. */
  const readDesk = (): Promise<void> => {
    reading ??= readWatched(sql, watched)
      .then((now) => {
        if (now === watched) return;
        watched = now;
        for (const one of subscribers) if (!mayStay(one.actor, now)) one.end();
        tell({ type: 'desk' });
      })
      .catch((error: unknown) => log.warn('live.desk_unread', { error: causeChain(redact(error)) }))
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const hear = (notices: readonly LiveNotice[]): void => {
    // The desk's own notices come out of readDesk, which compares versions: one change, one event.
    if (notices.some((notice) => notice.type === 'desk')) void readDesk();
    for (const notice of notices) if (notice.type !== 'desk') tell(notice);
  };
  const ear = listen(sql, log, hear, () => tell({ type: 'desk' }), options.proveMs ?? 15_000);
  const deskTimer = setInterval(() => void (subscribers.size > 0 && readDesk()), options.deskMs ?? 3000);
  return {
    subscribe: (subscriber) => {
      if (subscribers.size >= MOST_SUBSCRIBERS) return undefined;
      subscribers.add(subscriber);
      void readDesk();
      return () => subscribers.delete(subscriber);
    },
    stop: async () => {
      clearInterval(deskTimer);
      for (const one of subscribers) one.end();
      subscribers.clear();
      await Promise.all([ear.stop(), reading]);
    },
  };
}

function mayStay(actor: Actor, { people }: Watched): boolean {
  return actor.userId === null || people.get(actor.userId)?.role === actor.role;
}

async function readWatched(sql: Sql, before: Watched): Promise<Watched> {
  const [desk] = await sql<{ version: number }[]>`select version::float8 as version from desk_version`;
  if (desk === undefined || desk.version === before.version) return before;
  const rows = await sql<{ id: string; role: string; queues: string[] }[]>`
    select u.id, u.role, coalesce(json_agg(m.queue_id) filter (where m.queue_id is not null), '[]') as queues
    from users u left join queue_members m on m.user_id = u.id
    where u.disabled_at is null group by u.id`;
  const people = new Map(rows.map(({ id, role, queues }) => [id, { role, queues: new Set(queues) }]));
  return { version: desk.version, people };
}

/**
 * The subscription. postgres.js subscribes again after a lost connection; what it cannot see is a connection that is
 * half open, or a subscription that failed while the database was starting. So the replica calls itself through the
 * database, and when it does not hear its own voice it throws the connection away.
 */
function listen(
  sql: Sql,
  log: Log,
  hear: (notices: readonly LiveNotice[]) => void,
  again: () => void,
  proveMs: number,
): { readonly stop: () => Promise<void> } {
  const self = randomUUID();
  let heardAtMs = Date.now();
  let stopped = false;
  let line: ReturnType<typeof postgres> | undefined;
  const read = (payload: string): void => {
    const told = JSON.parse(payload) as readonly LiveNotice[] | { readonly from: string };
    if (Array.isArray(told)) hear(told);
    else if ((told as { from: string }).from === self) heardAtMs = Date.now();
  };
  const subscribe = (): void => {
    // A client of its own, made of the pool's options: it can be thrown away without touching the pool.
    const fresh = postgres({ ...sql.options, max: 1 } as unknown as postgres.Options<Record<string, never>>);
    line = fresh;
    heardAtMs = Date.now();
    const onListening = (): void => {
      log.info('live.listening');
      again();
    };
    fresh.listen(LIVE_CHANNEL, read, onListening).catch((error: unknown) => {
      log.warn('live.not_listening', { error: causeChain(redact(error)) });
    });
  };
  const prove = async (): Promise<void> => {
    if (Date.now() - heardAtMs > 3 * proveMs) {
      log.warn('live.deaf', { ms: Date.now() - heardAtMs });
      void line?.end({ timeout: 1 }).catch(() => undefined);
      subscribe();
    }
    await sql`select pg_notify(${LIVE_CHANNEL}, ${JSON.stringify({ from: self })})`;
  };
  const timer = setInterval(() => {
    prove().catch((error: unknown) => {
      if (!stopped) log.warn('live.unproven', { error: causeChain(redact(error)) });
    });
  }, proveMs);
  subscribe();
  return {
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await line?.end({ timeout: 1 });
    },
  };
}
