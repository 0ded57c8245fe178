import { IconPhoneIncoming, IconPhoneOutgoing, IconPhoneX } from '@tabler/icons-react';
import type { LiveCall } from '../api/types.ts';
import { callMood } from '../i18n/call-words.ts';
import classes from './calls.module.css';

/** Beside the words that say the same. */
export function CallIcon({
  call,
  size = 18,
}: {
  call: Pick<LiveCall, 'direction' | 'state' | 'outcome'>;
  size?: number;
}) {
  const mood = callMood(call);
  const Icon = mood === 'missed' ? IconPhoneX : call.direction === 'outbound' ? IconPhoneOutgoing : IconPhoneIncoming;
  return (
    <span className={classes.callIcon} data-mood={mood} data-state={call.state}>
      <Icon size={size} stroke={1.8} aria-hidden="true" />
    </span>
  );
}
