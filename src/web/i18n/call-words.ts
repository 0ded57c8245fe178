import type { Call, LiveCall } from '../api/types.ts';
import { m } from '../paraglide/messages.js';

type Outcome = NonNullable<Call['outcome']>;
type Told = Pick<LiveCall, 'direction' | 'state' | 'outcome'>;

const INCOMING: Readonly<Record<Outcome, () => string>> = {
  answered: m.call_answered,
  voicemail: m.call_voicemail,
  blocked: m.call_blocked,
  declined: m.call_declined,
  busy: m.call_busy,
  missed: m.call_missed,
  cancelled: m.call_cancelled,
  failed: m.call_failed,
};
const OUTGOING: Readonly<Record<Outcome, () => string>> = {
  answered: m.call_out_answered,
  voicemail: m.call_out_voicemail,
  blocked: m.call_blocked,
  declined: m.call_out_declined,
  busy: m.call_out_busy,
  missed: m.call_out_missed,
  cancelled: m.call_out_cancelled,
  failed: m.call_out_failed,
};

/** Direction and outcome in a few words: "Missed call", "Outgoing call, no answer". */
export function callTitle({ direction, state, outcome }: Told): string {
  if (state === 'talking') return m.call_talking();
  if (state === 'ringing') return direction === 'outbound' ? m.call_out_ringing() : m.call_ringing();
  return (direction === 'outbound' ? OUTGOING : INCOMING)[outcome ?? 'missed']();
}

/** What the colour stands for: a client whom nobody answered, a call that goes on, anything else. */
export function callMood({ direction, state, outcome }: Told): 'missed' | 'live' | 'done' {
  if (state !== 'ended') return 'live';
  return direction === 'inbound' && outcome !== 'answered' && outcome !== 'blocked' ? 'missed' : 'done';
}
