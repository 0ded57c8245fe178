import { Button, Textarea } from '@mantine/core';
import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { send } from '../../api/send.ts';
import type { TimelineItem } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { useAction } from '../../parts/use-action.ts';
import classes from './composer.module.css';

const LONGEST = 10_000;

export function NoteForm({ leadId, modes }: { leadId: string; modes: ReactNode }) {
  const [text, setText] = useState('');
  const add = useAction((note: string) => send<TimelineItem>('POST', `/leads/${leadId}/notes`, { text: note }), {
    refresh: [['lead', leadId]],
    onDone: () => setText(''),
  });
  const submit = (): void => {
    if (text.trim() !== '' && !add.isPending) add.mutate(text.trim());
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className={classes.top}>
        {modes}
        <span className={classes.soft}>{m.note_hidden()}</span>
      </div>
      <Textarea
        aria-label={m.note_label()}
        placeholder={m.note_placeholder()}
        variant="unstyled"
        autosize
        minRows={2}
        maxRows={10}
        maxLength={LONGEST}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div className={classes.bottom}>
        <span className={`${classes.soft} ${classes.hint}`}>{m.note_hint()}</span>
        <Button type="submit" size="xs" disabled={text.trim() === ''} loading={add.isPending}>
          {m.note_add()}
        </Button>
      </div>
    </form>
  );
}
