import { elapsed, fullTime } from '../i18n/when.ts';
import { m } from '../paraglide/messages.js';
import classes from './parts.module.css';
import { useNow } from './use-now.ts';

const AGING_SECONDS = 5 * 60;
const LATE_SECONDS = 15 * 60;

const mood = (seconds: number): 'fresh' | 'aging' | 'late' => {
  if (seconds < AGING_SECONDS) return 'fresh';
  return seconds < LATE_SECONDS ? 'aging' : 'late';
};

/** How long somebody has been waiting, running, and coloured by how urgent that is. */
export function Age({ since }: { since: string }) {
  const seconds = (useNow() - Date.parse(since)) / 1000;
  return (
    <time
      className={`${classes.age} num`}
      data-mood={mood(seconds)}
      dateTime={since}
      title={m.waiting_since({ time: fullTime(since) })}
    >
      {elapsed(seconds)}
    </time>
  );
}
