import { setTimeout as sleep } from 'node:timers/promises';
import { asSystem } from '../access/actor.ts';
import { audit } from '../access/audit.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import { firstIdAt, isId } from '../ids.ts';
import type { ProcessDeps } from '../intake/process.ts';
import { drainPending } from '../intake/processor.ts';
import { replay } from '../intake/replay.ts';
import { requeue } from '../intake/requeue.ts';
import { type Call, type Done, defineCommand, PROGRAM, UsageError } from './command.ts';
import { findEndpoint } from './find.ts';
import { readTime } from './moment.ts';
import { CLI, processDepsOf, withHouse } from './open.ts';

/** What is replayed, as bounds on the delivery's id: the receipt is its first 48 bits. */
interface Scope {
  readonly delivery: string | undefined;
  readonly endpoint: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string | undefined;
}

type Counts = Record<'opened' | 'attached' | 'ignored' | 'quarantined' | 'pending', number>;

const PAGE = 1000;
const POLL_MS = 250;
/** A delivery that fails is tried five times within three minutes; then it stands in quarantine. */
const WAIT_MS = 300_000;

export const replayCommand = defineCommand({
  words: 'replay',
  summary: "Run stored deliveries through today's code again; nothing is doubled or taken away",
  usage: '--delivery <id> | --endpoint <id> | --from <time> --to <time> | --quarantined',
  options: {
    delivery: { type: 'string', value: 'id', help: 'One delivery' },
    endpoint: { type: 'string', value: 'id', help: 'What came in through this endpoint (id, key or name)' },
    from: { type: 'string', value: 'time', help: 'Receipts from then on: a date, an ISO 8601 time, or 90m, 24h, 7d' },
    to: { type: 'string', value: 'time', help: 'Receipts before then' },
    quarantined: { type: 'boolean', help: 'Only what stands in quarantine; goes with the others' },
    reason: { type: 'string', value: 'text', help: 'With --quarantined: only where the reason begins like this' },
    'no-wait': { type: 'boolean', help: 'Leave the work to the running server' },
  },
  more:
    'What was set aside as suspect (honeypot, too-fast) stays aside, unless you name the delivery, or its\n' +
    'reason with --quarantined --reason: then you say that it is no machine, and it becomes a lead.',
  run: (call, values) => {
    const { delivery, quarantined = false, reason } = values;
    if (delivery !== undefined && !isId(delivery)) throw new UsageError('--delivery is no id of a delivery.');
    if (reason !== undefined && !quarantined) throw new UsageError('--reason goes with --quarantined.');
    const isNamed = [delivery, values.endpoint, values.from, values.to].some((one) => one !== undefined);
    if (!isNamed && !quarantined) throw new UsageError(`Say what to replay; see ${PROGRAM} replay --help`);
    return withHouse(call, async ({ deps }) => {
      const now = deps.clock.now();
      const scope: Scope = {
        delivery,
        endpoint: values.endpoint === undefined ? undefined : (await findEndpoint(deps.sql, values.endpoint)).id,
        fromMs: readTime(values.from, 'from', now) ?? 0,
        // What arrives while we work was not meant. One that is named is meant, whatever the clocks say.
        toMs: readTime(values.to, 'to', now) ?? (delivery === undefined ? now : Number.MAX_SAFE_INTEGER),
        reason,
      };
      await mustExist(deps.sql, delivery);
      const since = await databaseTime(deps.sql);
      const replayed = quarantined ? await replayQuarantined(deps.sql, scope) : await replayAll(deps.sql, scope);
      const wait = values['no-wait'] !== true;
      if (wait) await finish(call, processDepsOf(deps), scope);
      return report(replayed, await count(deps.sql, scope, since), wait);
    });
  },
});

async function mustExist(sql: Sql, delivery: string | undefined): Promise<void> {
  if (delivery === undefined) return;
  const [found] = await sql`select from deliveries where id = ${delivery}`;
  if (found === undefined) throw new Rejected(404, 'There is no such delivery.');
}

async function databaseTime(sql: Sql): Promise<Date> {
  const [row] = await sql<{ now: Date }[]>`select clock_timestamp() as now`;
  return row!.now;
}

async function replayAll(sql: Sql, { delivery, endpoint, fromMs, toMs }: Scope): Promise<number> {
  const range = delivery === undefined ? { from: iso(fromMs), to: iso(toMs) } : {};
  const { replayed } = await replay({ sql }, CLI, { delivery, endpoint, ...range });
  return replayed;
}

const iso = (ms: number): string => new Date(ms).toISOString();

function bounds({ fromMs, toMs }: Scope): { low: string; high: string } {
  const isOpenEnd = toMs === Number.MAX_SAFE_INTEGER;
  return { low: firstIdAt(fromMs), high: isOpenEnd ? 'ffffffff-ffff-ffff-ffff-ffffffffffff' : firstIdAt(toMs) };
}

async function replayQuarantined(sql: Sql, scope: Scope): Promise<number> {
  const { delivery = null, endpoint = null, reason = '' } = scope;
  const { low, high } = bounds(scope);
  let after = low;
  let replayed = 0;
  for (;;) {
    const page = await asSystem(sql, async (tx) => {
      const rows = await tx<{ delivery_id: string }[]>`
        select delivery_id from outcomes
        where outcome = 'quarantined' and delivery_id > ${after} and delivery_id < ${high} and reason ^@ ${reason}
          and (${delivery}::uuid is null or delivery_id = ${delivery})
          and (${endpoint}::uuid is null or endpoint_id = ${endpoint})
        order by delivery_id limit ${PAGE} for update skip locked`;
      const ids = rows.map((row) => row.delivery_id);
      // Whoever names one delivery, or the suspicion itself, has judged it; "all of quarantine" has not.
      return {
        ids,
        moved: (await requeue(tx, ids, { only: 'quarantined', forgiven: delivery !== null || reason !== '' })).length,
      };
    });
    replayed += page.moved;
    if (page.ids.length < PAGE) break;
    after = page.ids.at(-1)!;
  }
  const target = delivery === null ? {} : { target: `delivery:${delivery}` };
  const data = { quarantined: true, endpoint, reason: reason === '' ? null : reason, replayed };
  await asSystem(sql, (tx) => audit(tx, { actor: CLI, action: 'delivery.replayed', ...target, data }));
  return replayed;
}

/** Until nothing of it is pending. A server beside us takes its share, so our own hands may be empty before that. */
async function finish(call: Call, deps: ProcessDeps, scope: Scope): Promise<void> {
  const began = Date.now();
  let told = false;
  for (;;) {
    await drainPending(deps);
    const left = await pendingOf(deps.sql, scope);
    if (left === 0 || Date.now() - began > WAIT_MS) return;
    if (!told && Date.now() - began > 3000) {
      told = true;
      call.say(`${left} are still being processed, or failed and are tried again; waiting.`);
    }
    await sleep(POLL_MS);
  }
}

async function pendingOf(sql: Sql, scope: Scope): Promise<number> {
  const { low, high } = bounds(scope);
  const { delivery = null, endpoint = null } = scope;
  const [row] = await sql<{ n: number }[]>`
    select count(*)::int as n from pending
    where was is not null and delivery_id > ${low} and delivery_id < ${high}
      and (${delivery}::uuid is null or delivery_id = ${delivery})
      and (${endpoint}::uuid is null or endpoint_id = ${endpoint})`;
  return row?.n ?? 0;
}

/** What was decided since we began, within the scope. */
async function count(sql: Sql, scope: Scope, since: Date): Promise<Counts> {
  const { low, high } = bounds(scope);
  const { delivery = null, endpoint = null } = scope;
  const rows = await sql<{ outcome: keyof Counts; n: number }[]>`
    select outcome, count(*)::int as n from outcomes
    where delivery_id > ${low} and delivery_id < ${high} and decided_at >= ${since}
      and (${delivery}::uuid is null or delivery_id = ${delivery})
      and (${endpoint}::uuid is null or endpoint_id = ${endpoint})
    group by 1`;
  const counts: Counts = { opened: 0, attached: 0, ignored: 0, quarantined: 0, pending: await pendingOf(sql, scope) };
  for (const { outcome, n } of rows) counts[outcome] = n;
  return counts;
}

function report(replayed: number, outcomes: Counts, waited: boolean): Done {
  const said = Object.entries(outcomes).filter(([, n]) => n > 0);
  const list = said.map(([name, n]) => `${n} ${name}`).join(', ');
  const stuck = waited && outcomes.pending > 0;
  const lines = [replayed === 0 ? 'There was nothing to replay.' : `${replayed} replayed: ${list}.`];
  if (!waited && replayed > 0) lines.push('The running server does the rest.');
  if (stuck) lines.push(`Some are still pending. To see why: ${PROGRAM} doctor`);
  if (outcomes.quarantined > 0) lines.push('What stands in quarantine is shown, with its reason, in the web app.');
  return { json: { replayed, outcomes }, text: lines.join('\n'), failed: stuck };
}
