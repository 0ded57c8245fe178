import { type KeyboardEvent, useRef } from 'react';
import type { Lead } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import classes from './queue.module.css';
import { QueueRow } from './queue-row.tsx';

interface Props {
  readonly leads: readonly Lead[];
  readonly arrived: ReadonlySet<string>;
  readonly namesQueue: boolean;
}

export function QueueList({ leads, arrived, namesQueue }: Props) {
  const list = useRef<HTMLUListElement>(null);
  /** Up and Down walk along the Claim buttons, so that the queue can be worked without a mouse. */
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    const buttons = [...(list.current?.querySelectorAll<HTMLButtonElement>('button[data-claim]') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (at === -1) return;
    event.preventDefault();
    buttons[at + step]?.focus();
  };
  return (
    <ul ref={list} className={classes.list} onKeyDown={onKeyDown} aria-label={m.queue_list()} data-testid="queue-list">
      {leads.map((lead) => (
        <QueueRow key={lead.id} lead={lead} arrived={arrived.has(lead.id)} namesQueue={namesQueue} />
      ))}
    </ul>
  );
}
