import type { LiveCall } from '../../api/types.ts';
import { callTitle } from '../../i18n/call-words.ts';
import { m } from '../../paraglide/messages.js';

export function cardTitle(call: LiveCall): string {
  if (call.state === 'ringing' && call.direction === 'inbound') return m.card_incoming();
  if (call.state === 'ringing' || call.outcome !== 'answered') return callTitle(call);
  if (call.state === 'ended') return m.card_ended();
  return call.answeredBy === null || call.mine ? m.card_talking() : m.card_answered_by({ name: call.answeredBy.name });
}

export function callerName({ caller }: LiveCall): string {
  if (caller.name !== null) return caller.name;
  if (caller.hidden) return m.call_hidden();
  return caller.known ? m.card_known() : m.card_unknown();
}
