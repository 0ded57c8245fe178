/**
 * What screens should look at again. Ids only; sent with NOTIFY inside the transaction, so that it is heard exactly
 * when it is true. It only wakes sleepers: a missed one costs a moment, never a lead.
 */
import type { Tx } from '../access/actor.ts';
import type { Plan } from './decide.ts';

export interface LiveEvent {
  readonly type: 'lead.opened' | 'lead.message' | 'quarantine';
  readonly lead?: string;
  readonly queue?: string;
  readonly owner?: string | null;
  readonly offeredTo?: string | null;
}

export const LIVE_CHANNEL = 'inlet_live';

/** PostgreSQL limits a payload to 8,000 bytes. */
const MAX_PAYLOAD_CHARS = 7000;

export function liveEvents(plan: Plan): LiveEvent[] {
  const events: LiveEvent[] = plan.leads.map((lead) => ({
    type: 'lead.opened',
    lead: lead.id,
    queue: lead.route.queue.id,
    ...(lead.route.offer === undefined ? {} : { offeredTo: lead.route.offer.userId }),
  }));
  for (const { lead } of plan.touched.values())
    events.push({ type: 'lead.message', lead: lead.id, queue: lead.queueId, owner: lead.ownerId });
  if (plan.outcomes.some((one) => one.outcome === 'quarantined')) events.push({ type: 'quarantine' });
  return events;
}

export async function notifyLive(tx: Tx, events: readonly LiveEvent[]): Promise<void> {
  const payloads: string[] = [];
  let current: string[] = [];
  let length = 2;
  for (const event of events) {
    const text = JSON.stringify(event);
    if (length + text.length + 1 > MAX_PAYLOAD_CHARS) {
      payloads.push(`[${current.join(',')}]`);
      current = [];
      length = 2;
    }
    current.push(text);
    length += text.length + 1;
  }
  if (current.length > 0) payloads.push(`[${current.join(',')}]`);
  await Promise.all(payloads.map((payload) => tx`select pg_notify(${LIVE_CHANNEL}, ${payload})`));
}
