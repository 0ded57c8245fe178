/** Prometheus metrics of this replica. Labels are outcomes, codes and endpoints' ids, never names or anybody's data. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Sql } from './db/open.ts';

export interface Metrics {
  readonly accepted: (count: number) => void;
  readonly acceptFailed: () => void;
  readonly processed: (count: number) => void;
  /** A job ran, with this result. */
  readonly ran: (kind: string, result: string) => void;
  readonly render: () => Promise<Response>;
}

export function createMetrics(sql: Sql): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const accepted = new Counter({
    name: 'inlet_deliveries_accepted_total',
    help: 'Deliveries committed here',
    registers,
  });
  const failed = new Counter({
    name: 'inlet_accept_failures_total',
    help: 'Batches that could not be committed',
    registers,
  });
  const processed = new Counter({
    name: 'inlet_deliveries_processed_total',
    help: 'Deliveries brought to an outcome here',
    registers,
  });
  const pending = new Gauge({
    name: 'inlet_deliveries_pending',
    help: 'Deliveries without an outcome yet',
    registers,
  });
  const oldest = new Gauge({
    name: 'inlet_oldest_pending_seconds',
    help: 'Age of the oldest delivery without an outcome',
    registers,
  });
  const quarantined = new Gauge({ name: 'inlet_quarantined', help: 'Deliveries in quarantine', registers });
  const jobs = new Counter({
    name: 'inlet_jobs_total',
    help: 'Messages sent and files fetched here, by result',
    labelNames: ['kind', 'result'],
    registers,
  });
  const waiting = new Gauge({ name: 'inlet_jobs_waiting', help: 'Jobs that are not done yet', registers });
  const outside = endpointGauges(registers);
  return {
    ran: (kind, result) => jobs.inc({ kind, result }),
    accepted: (count) => accepted.inc(count),
    acceptFailed: () => failed.inc(),
    processed: (count) => processed.inc(count),
    render: async () => {
      const [row] = await sql<{ pending: number; jobs: number; oldest: number; quarantined: number }[]>`
        select (select count(*)::int from pending) as pending, (select count(*)::int from jobs) as jobs,
          (select count(*)::int from outcomes where outcome = 'quarantined') as quarantined,
          coalesce(extract(epoch from now())
            - (select inlet_id_ms(delivery_id) from pending order by delivery_id limit 1) / 1000.0, 0)::float8
            as oldest`;
      pending.set(row?.pending ?? 0);
      oldest.set(Math.max(0, row?.oldest ?? 0));
      quarantined.set(row?.quarantined ?? 0);
      waiting.set(row?.jobs ?? 0);
      await outside(sql);
      return new Response(await registry.metrics(), { headers: { 'Content-Type': registry.contentType } });
    },
  };
}

interface EndpointRow {
  readonly id: string;
  readonly channel: string;
  readonly connected: boolean | null;
  readonly silent: number | null;
}

/** How each endpoint is doing, whichever replica holds it. */
function endpointGauges(registers: Registry[]): (sql: Sql) => Promise<void> {
  const labelNames = ['endpoint', 'channel'];
  const connected = new Gauge({
    name: 'inlet_listener_connected',
    help: '1 while the endpoint has its connection, 0 while it should have one and has not',
    labelNames,
    registers,
  });
  const silent = new Gauge({
    name: 'inlet_endpoint_silent_seconds',
    help: 'Since the last delivery, counted once a minute',
    labelNames,
    registers,
  });
  return async (sql) => {
    const rows = await sql<EndpointRow[]>`
      select e.id, e.channel, h.state = 'connected' and l.until > now() as connected,
        extract(epoch from now() - a.last_at)::float8 as silent
      from endpoints e left join endpoint_health h on h.endpoint_id = e.id left join leases l on l.endpoint_id = e.id
        left join endpoint_activity a on a.endpoint_id = e.id
      where e.deleted_at is null and e.paused_at is null limit 1000`;
    connected.reset();
    silent.reset();
    for (const { id: endpoint, channel, ...row } of rows) {
      if (row.connected !== null) connected.set({ endpoint, channel }, row.connected ? 1 : 0);
      if (row.silent !== null) silent.set({ endpoint, channel }, row.silent);
    }
  };
}
