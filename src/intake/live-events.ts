import type { LiveNotice } from '../leads/announce.ts';
import type { CallChange, Plan } from './plan.ts';

/** What screens should look at again after this batch. */
export function liveNotices(plan: Plan): LiveNotice[] {
  const notices: LiveNotice[] = plan.leads.map((lead) => ({
    type: 'lead.opened',
    lead: lead.id,
    queue: lead.route.queue.id,
    ...(lead.route.offer === undefined ? {} : { offeredTo: lead.route.offer.userId }),
  }));
  for (const { lead } of plan.touched.values())
    notices.push({ type: 'lead.message', lead: lead.id, queue: lead.queueId, owner: lead.ownerId });
  for (const [lead, { queueId, ownerId }] of plan.stirred)
    if (!plan.touched.has(lead))
      notices.push({
        type: 'lead.message',
        lead,
        ...(queueId === undefined ? {} : { queue: queueId }),
        owner: ownerId,
      });
  for (const change of plan.calls.values()) notices.push(...callNotices(change));
  if (plan.outcomes.some((one) => one.outcome === 'quarantined')) notices.push({ type: 'quarantine' });
  return notices;
}

/** The call itself, for whoever's phone rings or may take it; and the lead, when it has found its owner. */
export function callNotices({ id, now, give, people }: CallChange): LiveNotice[] {
  if (now.placed === undefined) return [];
  const { leadId: lead, queueId, ownerId } = now.placed;
  const where = { lead, ...(queueId === undefined ? {} : { queue: queueId }), owner: ownerId };
  // The owner sees the calls of their clients, whoever's phone rings.
  const only = people === undefined || ownerId === null ? people : [...new Set([...people, ownerId])];
  const call: LiveNotice = { type: 'call', call: id, ...where, ...(only === undefined ? {} : { only }) };
  return give === undefined ? [call] : [call, { type: 'lead.claimed', ...where }];
}
