import { fullTime, inMinutes } from '../i18n/when.ts';
import { m } from '../paraglide/messages.js';
import classes from './parts.module.css';
import { useNow } from './use-now.ts';

const LATE_SECONDS = 30 * 60;

/** For how long the client has been waiting for an answer; nothing when they are not. */
export function Waits({ since }: { since: string | null }) {
  const now = useNow();
  if (since === null) return null;
  const seconds = Math.max(0, (now - Date.parse(since)) / 1000);
  return (
    <time
      className={classes.waits}
      data-late={seconds >= LATE_SECONDS || undefined}
      dateTime={since}
      title={m.waiting_since({ time: fullTime(since) })}
      data-testid="waits"
    >
      {m.waits_answer({ time: inMinutes(seconds) })}
    </time>
  );
}
