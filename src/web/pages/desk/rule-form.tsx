import { Button, Group, SegmentedControl, Select, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queuesQuery } from '../../api/queries.ts';
import { send } from '../../api/send.ts';
import type { Conditions, NewRule, Rule } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { fieldProblems } from '../../parts/problem-words.ts';
import { useAction } from '../../parts/use-action.ts';
import { ConditionsEditor } from './conditions-editor.tsx';
import classes from './desk.module.css';

interface Props {
  readonly rule: Rule | undefined;
  readonly position: number;
  readonly onDone: () => void;
}

export function RuleForm({ rule, position, onDone }: Props) {
  const { data: queues = [] } = useQuery(queuesQuery);
  const [draft, setDraft] = useState<NewRule>(
    rule ?? { name: '', conditions: {}, queueId: '', priority: 0, enabled: true, position },
  );
  const [deleting, setDeleting] = useState(false);
  const set = (part: Partial<NewRule>): void => setDraft({ ...draft, ...part });
  const save = useAction(
    () => {
      const { id: _, ...body } = { id: '', ...draft, conditions: withoutEmpty(draft.conditions) };
      return rule === undefined ? send<Rule>('POST', '/rules', body) : send<Rule>('PUT', `/rules/${rule.id}`, body);
    },
    { refresh: [['rules']], done: m.saved(), onDone },
  );
  const remove = useAction(() => send<void>('DELETE', `/rules/${rule!.id}`), { refresh: [['rules']], onDone });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="md">
        <TextInput
          label={m.name()}
          required
          withAsterisk={false}
          maxLength={200}
          data-autofocus
          error={fieldProblems(save.error).name}
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <ConditionsEditor value={draft.conditions} onChange={(conditions) => set({ conditions })} />
        <Select
          label={m.rule_queue()}
          data={queues.map((queue) => ({ value: queue.id, label: queue.name }))}
          value={draft.queueId === '' ? null : draft.queueId}
          allowDeselect={false}
          onChange={(queueId) => set({ queueId: queueId ?? '' })}
        />
        <fieldset className={classes.fieldset}>
          <legend>{m.priority()}</legend>
          <SegmentedControl
            aria-label={m.priority()}
            value={String(draft.priority)}
            onChange={(priority) => set({ priority: Number(priority) })}
            data={[
              { value: '-1', label: m.priority_low() },
              { value: '0', label: m.priority_normal() },
              { value: '1', label: m.priority_high() },
            ]}
          />
        </fieldset>
        <Group justify="space-between">
          {rule === undefined ? (
            <span />
          ) : (
            <Button variant="subtle" color="red" c="var(--mantine-color-error)" onClick={() => setDeleting(true)}>
              {m.delete()}
            </Button>
          )}
          <Button type="submit" disabled={draft.name.trim() === '' || draft.queueId === ''} loading={save.isPending}>
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
        {m.rule_delete_means()}
      </ConfirmDialog>
    </form>
  );
}

/** A list with nothing in it is no condition. */
function withoutEmpty(conditions: Conditions): Conditions {
  const utm = Object.fromEntries(Object.entries(conditions.utm ?? {}).filter(([, values]) => values.length > 0));
  const { utm: _, ...rest } = conditions;
  const kept = Object.entries(rest).filter(([, value]) => value !== undefined && value.length > 0);
  return { ...Object.fromEntries(kept), ...(Object.keys(utm).length === 0 ? {} : { utm }) };
}
