import { IconPhoneCalling } from '@tabler/icons-react';
import type { Callback } from '../api/types.ts';
import { fullTime, inMinutes, shortTime } from '../i18n/when.ts';
import { m } from '../paraglide/messages.js';
import classes from './calls.module.css';
import { useFromNow } from './use-now.ts';

/** By when the client has to be called back, or for how long that is overdue; nothing when nobody waits. */
export function CallBack({ callback }: { callback: Callback | null }) {
  const due = callback === null ? 0 : Date.parse(callback.dueAt);
  const late = useFromNow((now) => now >= due);
  const words = useFromNow((now) => {
    if (callback === null) return '';
    if (now < due) return m.callback_by({ time: shortTime(callback.dueAt, now) });
    return m.callback_late({ time: inMinutes((now - due) / 1000) });
  });
  if (callback === null) return null;
  return (
    <span className={classes.callback} data-late={late || undefined} data-testid="callback">
      <IconPhoneCalling size={15} stroke={1.8} aria-hidden="true" />
      <time dateTime={callback.dueAt} title={fullTime(callback.dueAt)}>
        {words}
      </time>
      {callback.missed > 1 && (
        <span className={classes.missedCount}>{m.callback_missed({ count: callback.missed })}</span>
      )}
    </span>
  );
}
