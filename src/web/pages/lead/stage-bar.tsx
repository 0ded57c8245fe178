import { Button, Group, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { stagesQuery } from '../../api/queries.ts';
import { send } from '../../api/send.ts';
import type { Lead, LeadDetail, Stage } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { getLocale } from '../../paraglide/runtime.js';
import { Dialog } from '../../parts/dialog.tsx';
import { useAction } from '../../parts/use-action.ts';
import classes from './lead.module.css';

interface Move {
  readonly stage: string;
  readonly reason?: string;
}

/** The way of a lead, one click a step. Losing one asks why. */
export function StageBar({ lead }: { lead: LeadDetail }) {
  const { data: stages } = useQuery(stagesQuery);
  const [losing, setLosing] = useState<Stage>();
  const bar = useRef<HTMLOListElement>(null);
  const move = useAction((to: Move) => send<Lead>('PUT', `/leads/${lead.id}/stage`, to), {
    refresh: [['lead', lead.id], ['leads']],
    onDone: () => setLosing(undefined),
  });
  // On a phone the bar is wider than the screen: start where the lead stands.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the bar itself depends on both
  useEffect(() => {
    const step = bar.current?.querySelector<HTMLElement>('[aria-current]');
    if (bar.current !== null && step) bar.current.scrollLeft = step.offsetLeft - bar.current.offsetLeft - 24;
  }, [stages, lead.stage]);
  if (stages === undefined) return <div className={classes.stages} />;
  const shown = move.isPending ? move.variables.stage : lead.stage;
  const current = stages.find((stage) => stage.id === shown);
  const choose = (stage: Stage): void => {
    if (!lead.mayChange || stage.id === lead.stage) return;
    if (stage.kind === 'lost') setLosing(stage);
    else move.mutate({ stage: stage.id });
  };
  return (
    <>
      <ol ref={bar} className={classes.stages} aria-label={m.stages()} data-testid="stage-bar">
        {stages.map((stage) => (
          <li key={stage.id}>
            <button
              type="button"
              data-kind={stage.kind}
              data-passed={(current?.kind === 'open' && stage.position < current.position) || undefined}
              aria-current={stage.id === shown ? 'step' : undefined}
              aria-disabled={!lead.mayChange || undefined}
              onClick={() => choose(stage)}
            >
              {stage.title[getLocale() as 'en' | 'ru']}
            </button>
          </li>
        ))}
      </ol>
      <Dialog opened={losing !== undefined} onClose={() => setLosing(undefined)} title={m.lost_title()}>
        <LostForm
          busy={move.isPending}
          onSubmit={(reason) => move.mutate({ stage: losing!.id, ...(reason === '' ? {} : { reason }) })}
        />
      </Dialog>
    </>
  );
}

function LostForm({ busy, onSubmit }: { busy: boolean; onSubmit: (reason: string) => void }) {
  const [reason, setReason] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(reason.trim());
      }}
    >
      <Textarea
        label={m.lost_reason()}
        placeholder={m.lost_reason_example()}
        autosize
        minRows={2}
        maxLength={500}
        data-autofocus
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Group justify="flex-end" mt="md">
        <Button type="submit" color="red" loading={busy}>
          {m.lost_button()}
        </Button>
      </Group>
    </form>
  );
}
