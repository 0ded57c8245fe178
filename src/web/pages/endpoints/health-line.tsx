import type { Health } from '../../api/types.ts';
import { useNow } from '../../parts/use-now.ts';
import classes from './endpoints.module.css';
import { healthNotes, healthWords } from './health-words.ts';

/** How an endpoint is doing, in one line that is always true. */
export function HealthLine({ health }: { health: Health }) {
  const now = useNow();
  const [words, mood] = healthWords(health);
  return (
    <div className={classes.health} data-mood={mood} data-testid="health">
      <span className={classes.healthWords}>
        <span className={classes.dot} aria-hidden="true" />
        {words}
      </span>
      {healthNotes(health, now).map((note) => (
        <span key={note} className={`${classes.soft} num`}>
          {note}
        </span>
      ))}
    </div>
  );
}
