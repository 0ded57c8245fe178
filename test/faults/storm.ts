/** The same events again and again, from everywhere at once: one delivery, one message, one lead each. */
import http from 'node:http';
import type { Inside } from './inside.ts';
import { ask, formOf, isOk } from './load.ts';

export interface StormResult {
  readonly requests: number;
  readonly seconds: number;
  /** Answers that were not 2xx. */
  readonly failed: number;
  /** Ids that were answered with more than one delivery, or not exactly once as new. */
  readonly confused: number;
  readonly deliveries: number;
  readonly messages: number;
  readonly leads: number;
  readonly contacts: number;
}

export interface StormOptions {
  /** Addresses of one form, one for each replica. */
  readonly targets: readonly string[];
  readonly endpointId: string;
  readonly ids: number;
  readonly repeats: number;
  readonly clients?: number;
}

export async function storm(inside: Inside, options: StormOptions): Promise<StormResult> {
  const { targets, ids, repeats, clients = 48 } = options;
  const agent = new http.Agent({ keepAlive: true, maxSockets: clients });
  const answers = Array.from({ length: ids }, () => ({ deliveries: new Set<string>(), fresh: 0 }));
  const order = shuffled(ids, repeats);
  const began = performance.now();
  let at = 0;
  let failed = 0;
  const client = async (): Promise<void> => {
    for (let turn = at++; turn < order.length; turn = at++) {
      const n = order[turn]!;
      const { id, body } = formOf(n, options.endpointId);
      const told = await ask('POST', targets[turn % targets.length]!, body, {
        agent,
        headers: { 'Idempotency-Key': id },
      });
      if (isOk(told.status)) {
        const { delivery, duplicate } = JSON.parse(told.body) as { delivery: string; duplicate: boolean };
        answers[n]!.deliveries.add(delivery);
        if (!duplicate) answers[n]!.fresh += 1;
      } else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - began) / 1000;
  agent.destroy();
  const confused = answers.filter((one) => one.deliveries.size !== 1 || one.fresh !== 1).length;
  return { requests: order.length, seconds, failed, confused, ...(await counts(inside, options.endpointId)) };
}

/** Repeats of one id stand close together, so that they really meet. */
function shuffled(ids: number, repeats: number): number[] {
  const order: { readonly n: number; readonly place: number }[] = [];
  for (let n = 0; n < ids; n += 1)
    for (let i = 0; i < repeats; i += 1) order.push({ n, place: n + Math.random() * 10 });
  return order.sort((a, b) => a.place - b.place).map(({ n }) => n);
}

async function counts(inside: Inside, endpointId: string) {
  for (;;) {
    const [row] = await inside.sql<{ n: number }[]>`select count(*)::int as n from pending`;
    if (row?.n === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const [row] = await inside.sql<{ deliveries: number; messages: number; leads: number; contacts: number }[]>`
    select (select count(*)::int from deliveries where endpoint_id = ${endpointId}) as deliveries,
      (select count(*)::int from messages where endpoint_id = ${endpointId}) as messages,
      (select count(*)::int from leads where endpoint_id = ${endpointId}) as leads,
      (select count(distinct contact_id)::int from leads where endpoint_id = ${endpointId}) as contacts`;
  return row!;
}
