/** Prometheus metrics of this replica. Labels are outcomes and codes, never endpoints' names or anybody's data. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Sql } from './db/open.ts';

export interface Metrics {
  readonly accepted: (count: number) => void;
  readonly acceptFailed: () => void;
  readonly processed: (count: number) => void;
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
  return {
    accepted: (count) => accepted.inc(count),
    acceptFailed: () => failed.inc(),
    processed: (count) => processed.inc(count),
    render: async () => {
      const [row] = await sql<{ pending: number; oldest: number; quarantined: number }[]>`
        select (select count(*)::int from pending) as pending,
          (select count(*)::int from outcomes where outcome = 'quarantined') as quarantined,
          coalesce(extract(epoch from now())
            - (select inlet_id_ms(delivery_id) from pending order by delivery_id limit 1) / 1000.0, 0)::float8
            as oldest`;
      pending.set(row?.pending ?? 0);
      oldest.set(Math.max(0, row?.oldest ?? 0));
      quarantined.set(row?.quarantined ?? 0);
      return new Response(await registry.metrics(), { headers: { 'Content-Type': registry.contentType } });
    },
  };
}
