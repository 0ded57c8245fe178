/**
 * The proof that nothing was lost. `received` is counted in `deliveries`, which never change; the outcomes and the
 * pending are counted in tables of their own. If a delivery ever vanished, or stood in two places, the two sides
 * differ.
 */
import type { Sql } from '../db/open.ts';
import { firstIdAt } from '../ids.ts';

export interface Counts {
  readonly received: number;
  readonly opened: number;
  readonly attached: number;
  readonly ignored: number;
  readonly quarantined: number;
  readonly pending: number;
  readonly balanced: boolean;
}

export interface LedgerRow extends Counts {
  /** YYYY-MM-DD of the receipt, UTC. */
  readonly day: string;
  readonly endpoint: { readonly id: string; readonly name: string; readonly channel: string };
}

export interface Ledger extends Counts {
  readonly rows: LedgerRow[];
}

export interface LedgerFilter {
  readonly endpoint?: string | undefined;
  /** Receipts from this moment on, ms since the epoch. */
  readonly sinceMs?: number | undefined;
  /** Receipts before this moment. */
  readonly untilMs?: number | undefined;
}

interface Row {
  day: string;
  endpoint_id: string;
  name: string | null;
  channel: string | null;
  received: number;
  opened: number;
  attached: number;
  ignored: number;
  quarantined: number;
  pending: number;
  /** Stand in both tables: one of these would make up for one that vanished. */
  doubled: number;
}

const ZERO_ID = '00000000-0000-0000-0000-000000000000';
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** Counting is by ids, whose first 48 bits are the receipt in ms (RFC 9562): no second index on the time. */
const DAY_MS = 86_400_000;

/** One statement, one snapshot: deliveries that are decided while it runs cannot make it waver. */
export async function readLedger(sql: Sql, filter: LedgerFilter = {}): Promise<Ledger> {
  const from = filter.sinceMs === undefined ? ZERO_ID : firstIdAt(filter.sinceMs);
  const until = filter.untilMs === undefined ? LAST_ID : firstIdAt(filter.untilMs);
  const endpoint = filter.endpoint ?? null;
  const rows = await sql<Row[]>`
    with bounds as (select ${from}::uuid as low, ${until}::uuid as high, ${endpoint}::uuid as only),
    received as (
      select d.endpoint_id, inlet_id_ms(d.id) / ${DAY_MS} as day, count(*) as n
      from deliveries d, bounds b
      where d.id >= b.low and d.id < b.high and (b.only is null or d.endpoint_id = b.only) group by 1, 2
    ), decided as (
      select o.endpoint_id, inlet_id_ms(o.delivery_id) / ${DAY_MS} as day,
        count(*) filter (where outcome = 'opened') as opened, count(*) filter (where outcome = 'attached') as attached,
        count(*) filter (where outcome = 'ignored') as ignored,
        count(*) filter (where outcome = 'quarantined') as quarantined, 0::bigint as pending, 0::bigint as doubled
      from outcomes o, bounds b
      where o.delivery_id >= b.low and o.delivery_id < b.high and (b.only is null or o.endpoint_id = b.only)
      group by 1, 2
    ), waiting as (
      select p.endpoint_id, inlet_id_ms(p.delivery_id) / ${DAY_MS} as day, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
        count(*) as pending,
        count(*) filter (where exists (select from outcomes o where o.delivery_id = p.delivery_id)) as doubled
      from pending p, bounds b
      where p.delivery_id >= b.low and p.delivery_id < b.high and (b.only is null or p.endpoint_id = b.only)
      group by 1, 2
    ), counted as (
      select endpoint_id, day, sum(opened) as opened, sum(attached) as attached, sum(ignored) as ignored,
        sum(quarantined) as quarantined, sum(pending) as pending, sum(doubled) as doubled
      from (select * from decided union all select * from waiting) x group by 1, 2
    )
    select to_char(to_timestamp(day * ${DAY_MS / 1000}) at time zone 'utc', 'YYYY-MM-DD') as day, endpoint_id,
      e.name, e.channel, coalesce(r.n, 0)::float8 as received, coalesce(c.opened, 0)::float8 as opened,
      coalesce(c.attached, 0)::float8 as attached, coalesce(c.ignored, 0)::float8 as ignored,
      coalesce(c.quarantined, 0)::float8 as quarantined, coalesce(c.pending, 0)::float8 as pending,
      coalesce(c.doubled, 0)::float8 as doubled
    from received r full join counted c using (endpoint_id, day) left join endpoints e on e.id = endpoint_id
    order by day desc, e.name, endpoint_id`;
  const days = rows.map(asRow);
  return { ...total(days), rows: days };
}

function asRow(row: Row): LedgerRow {
  const { received, opened, attached, ignored, quarantined, pending, doubled } = row;
  return {
    day: row.day,
    endpoint: { id: row.endpoint_id, name: row.name ?? '?', channel: row.channel ?? '?' },
    received,
    opened,
    attached,
    ignored,
    quarantined,
    pending,
    balanced: doubled === 0 && received === opened + attached + ignored + quarantined + pending,
  };
}

function total(rows: readonly LedgerRow[]): Counts {
  const sum = (pick: (row: LedgerRow) => number): number => rows.reduce((so, row) => so + pick(row), 0);
  return {
    received: sum((row) => row.received),
    opened: sum((row) => row.opened),
    attached: sum((row) => row.attached),
    ignored: sum((row) => row.ignored),
    quarantined: sum((row) => row.quarantined),
    pending: sum((row) => row.pending),
    balanced: rows.every((row) => row.balanced),
  };
}

/** `2026-11-23`, an ISO time, or a span back from now: `90m`, `24h`, `7d`. @returns ms since the epoch */
export function readMoment(text: string, nowMs: number): number | undefined {
  const span = /^(\d{1,6})([mhd])$/.exec(text);
  if (span !== null)
    return nowMs - Number(span[1]) * { m: 60_000, h: 3_600_000, d: DAY_MS }[span[2] as 'm' | 'h' | 'd'];
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
