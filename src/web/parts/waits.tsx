import { fullTime, inMinutes } from '../i18n/when.ts';
import { m } from '../paraglide/messages.js';
import classes from './parts.module.css';
import { useFromNow } from './use-now.ts';

const LATE_MS = 30 * 60_000;

/** For how long the client has been waiting for an answer; nothing when they are not. */
export function Waits({ since }: { since: string | null }) {
  const from = since === null ? 0 : Date.parse(since);
  const time = useFromNow((now) => inMinutes(Math.max(0, now - from) / 1000));
  const late = useFromNow((now) => now - from >= LATE_MS);
  if (since === null) return null;
  return (
    <time
      className={classes.waits}
      data-late={late || undefined}
      dateTime={since}
      title={m.waiting_since({ time: fullTime(since) })}
      data-testid="waits"
    >
      {m.waits_answer({ time })}
    </time>
  );
}
