import { useQuery } from '@tanstack/react-query';
import { queuesQuery } from '../../api/queries.ts';
import { m } from '../../paraglide/messages.js';
import classes from './queue.module.css';

interface Props {
  readonly value: string | undefined;
  readonly onChange: (queue: string | undefined) => void;
}

/** All queues or one of them, each with how many wait in it. */
export function QueueFilter({ value, onChange }: Props) {
  const { data: queues } = useQuery(queuesQuery);
  if (queues === undefined || queues.length < 2) return null;
  return (
    <fieldset className={classes.filter}>
      <legend className={classes.hidden}>{m.queue_filter()}</legend>
      <button type="button" aria-pressed={value === undefined} onClick={() => onChange(undefined)}>
        {m.queue_all()}
      </button>
      {queues.map((queue) => (
        <button key={queue.id} type="button" aria-pressed={value === queue.id} onClick={() => onChange(queue.id)}>
          {queue.name}
          {queue.waiting > 0 && <span className="num">{queue.waiting}</span>}
        </button>
      ))}
    </fieldset>
  );
}
