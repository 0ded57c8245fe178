import { Button, Group, Radio, Stack, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import { send } from '../../api/send.ts';
import type { NewQueue, Queue } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { fieldProblems } from '../../parts/problem-words.ts';
import { useAction } from '../../parts/use-action.ts';
import classes from './desk.module.css';
import { Duration } from './duration.tsx';
import { HoursEditor } from './hours-editor.tsx';
import { MembersEditor } from './members-editor.tsx';

const FRESH: NewQueue = {
  name: '',
  isDefault: false,
  strategy: 'by_hand',
  hours: null,
  offerSeconds: 60,
  ownerFirstSeconds: 600,
  seniorAfterSeconds: null,
  headAfterSeconds: null,
  responseSeconds: 900,
  members: [],
};

/** Only what may be sent back: the counts of who waits are not ours to set. */
function editable(queue: Queue): NewQueue {
  const { id: _, waiting: __, oldestWaitingAt: ___, ...rest } = queue;
  return rest;
}

export function QueueForm({ queue, onDone }: { queue: Queue | undefined; onDone: () => void }) {
  const [draft, setDraft] = useState<NewQueue>(() => (queue === undefined ? FRESH : editable(queue)));
  const [deleting, setDeleting] = useState(false);
  const set = (part: Partial<NewQueue>): void => setDraft({ ...draft, ...part });
  const refresh = [['queues'], ['rules'], ['me'], ['leads']];
  const save = useAction(
    () =>
      queue === undefined ? send<Queue>('POST', '/queues', draft) : send<Queue>('PUT', `/queues/${queue.id}`, draft),
    { refresh, done: m.saved(), onDone },
  );
  const remove = useAction(() => send<void>('DELETE', `/queues/${queue!.id}`), { refresh, onDone });
  const problems = fieldProblems(save.error);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="lg">
        <TextInput
          label={m.name()}
          required
          withAsterisk={false}
          maxLength={200}
          data-autofocus
          error={problems.name}
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <Switch
          label={m.queue_is_default()}
          description={m.queue_is_default_means()}
          checked={draft.isDefault}
          disabled={queue?.isDefault === true}
          onChange={(event) => set({ isDefault: event.currentTarget.checked })}
        />
        <Strategy draft={draft} set={set} />
        <MembersEditor members={draft.members} onChange={(members) => set({ members })} />
        <HoursEditor hours={draft.hours} onChange={(hours) => set({ hours })} />
        <Escalation draft={draft} set={set} />
        <Group justify="space-between">
          {queue === undefined || queue.isDefault ? (
            <span />
          ) : (
            <Button variant="subtle" color="red" c="var(--mantine-color-error)" onClick={() => setDeleting(true)}>
              {m.delete()}
            </Button>
          )}
          <Button type="submit" disabled={draft.name.trim() === ''} loading={save.isPending}>
            {m.save()}
          </Button>
        </Group>
      </Stack>
      <ConfirmDialog
        opened={deleting}
        title={m.delete_what({ name: draft.name })}
        button={m.delete()}
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
        onClose={() => setDeleting(false)}
      >
        {m.queue_delete_means()}
      </ConfirmDialog>
    </form>
  );
}

interface PartProps {
  readonly draft: NewQueue;
  readonly set: (part: Partial<NewQueue>) => void;
}

function Strategy({ draft, set }: PartProps) {
  return (
    <Radio.Group
      label={m.queue_strategy()}
      value={draft.strategy}
      onChange={(value) => set({ strategy: value as NewQueue['strategy'] })}
    >
      <Stack gap="xs" mt={6}>
        <Radio value="by_hand" label={m.strategy_by_hand()} description={m.strategy_by_hand_means()} />
        <Radio value="round_robin" label={m.strategy_round_robin()} description={m.strategy_round_robin_means()} />
      </Stack>
    </Radio.Group>
  );
}

/** Who is asked after whom when nobody takes a lead. */
function Escalation({ draft, set }: PartProps) {
  return (
    <fieldset className={classes.fieldset}>
      <legend>{m.queue_waits()}</legend>
      <div className={classes.pair}>
        <Duration
          label={m.offer_seconds()}
          unit="seconds"
          value={draft.offerSeconds}
          min={5}
          onChange={(value) => set({ offerSeconds: value ?? FRESH.offerSeconds })}
        />
        <Duration
          label={m.owner_first()}
          unit="minutes"
          value={draft.ownerFirstSeconds}
          onChange={(value) => set({ ownerFirstSeconds: value ?? 0 })}
        />
        <Duration
          label={m.senior_after()}
          unit="minutes"
          value={draft.seniorAfterSeconds}
          onChange={(value) => set({ seniorAfterSeconds: value })}
        />
        <Duration
          label={m.head_after()}
          unit="minutes"
          value={draft.headAfterSeconds}
          onChange={(value) => set({ headAfterSeconds: value })}
        />
        <Duration
          label={m.response_within()}
          unit="minutes"
          value={draft.responseSeconds}
          min={1}
          onChange={(value) => set({ responseSeconds: value ?? FRESH.responseSeconds })}
        />
      </div>
    </fieldset>
  );
}
