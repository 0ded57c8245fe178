import type { LiveCall } from '../api/types.ts';
import { clock } from '../i18n/when.ts';
import classes from './calls.module.css';
import { useNow } from './use-now.ts';

type Timed = Pick<LiveCall, 'state' | 'startedAt' | 'answeredAt'>;

/** No telephone rings for longer, and nobody talks for longer: the provider's clock is in another time zone. */
const LONGEST_MS = { ringing: 600_000, talking: 6 * 3_600_000 };

/** For how long it has been ringing, or they have been talking. */
export function CallClock({ call }: { call: Timed }) {
  const now = useNow();
  if (call.state === 'ended') return null;
  const ms = now - Date.parse(call.state === 'talking' ? (call.answeredAt ?? call.startedAt) : call.startedAt);
  if (ms > LONGEST_MS[call.state] || ms < -60_000) return null;
  return <span className={`${classes.clock} num`}>{clock(ms / 1000)}</span>;
}
