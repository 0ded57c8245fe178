import type { Stage, TimelineEvent } from '../../api/types.ts';
import { stageTitle } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';

/** One line of a lead's history as a sentence. A kind that is not known here is shown by its own name. */
export function eventWords(event: TimelineEvent, stages: readonly Stage[]): string {
  const actor = event.actor?.name ?? m.the_machine();
  const from = text(event.data, 'from');
  const to = text(event.data, 'to');
  const toName = text(event.data, 'toName');
  const byName = text(event.data, 'byName');
  const stage = (id: string) => stageTitle(stages, id);
  switch (event.kind) {
    case 'opened':
      return m.event_opened();
    case 'attached':
      return m.event_attached();
    case 'claimed':
      if (text(event.data, 'call') === undefined) return m.event_claimed({ name: actor });
      return from === undefined ? m.event_claimed_call({ name: actor }) : m.event_claimed_transfer({ name: actor });
    case 'called_back':
      return m.event_called_back({ name: actor });
    case 'call_asked':
      return m.event_call_asked({ name: actor });
    case 'released':
      return m.event_released({ name: actor });
    case 'reopened':
      return m.event_reopened();
    case 'offered':
      return toName === undefined ? m.event_offered_somebody() : m.event_offered({ name: toName });
    case 'offer_missed':
      return byName === undefined ? m.event_offer_missed_somebody() : m.event_offer_missed({ name: byName });
    case 'owner':
      return toName === undefined ? m.event_owner_none({ name: actor }) : m.event_owner({ name: actor, to: toName });
    case 'queue':
      return m.event_queue({ name: actor, queue: toName ?? m.another_queue() });
    case 'sent_again':
      return m.event_sent_again({ name: actor });
    case 'sent_confirmed':
      return m.event_sent_confirmed({ name: actor });
    case 'escalated':
      return to === 'head' ? m.event_escalated_head() : m.event_escalated_seniors();
    case 'stage':
      return withReason(
        from === undefined
          ? m.event_stage_to({ name: actor, to: stage(to ?? '') })
          : m.event_stage({ name: actor, from: stage(from), to: stage(to ?? '') }),
        text(event.data, 'reason'),
      );
    default:
      return `${event.kind.replaceAll('_', ' ')} (${actor})`;
  }
}

const withReason = (sentence: string, reason: string | undefined): string =>
  reason === undefined ? sentence : `${sentence}: ${reason}`;

function text(from: Readonly<Record<string, unknown>>, ...keys: string[]): string | undefined {
  for (const key of keys) {
    const value = from[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}
