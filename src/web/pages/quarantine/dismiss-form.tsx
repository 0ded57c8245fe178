import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import type { QueryKey } from '@tanstack/react-query';
import { useState } from 'react';
import { send } from '../../api/send.ts';
import { m } from '../../paraglide/messages.js';
import { useAction } from '../../parts/use-action.ts';

interface Props {
  readonly id: string;
  readonly refresh: readonly QueryKey[];
  readonly onDone: () => void;
}

export function DismissForm({ id, refresh, onDone }: Props) {
  const [reason, setReason] = useState('');
  const dismiss = useAction(() => send<void>('POST', `/quarantine/${id}/dismiss`, { reason: reason.trim() }), {
    refresh,
    done: m.quarantine_dismissed(),
    onDone,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        dismiss.mutate();
      }}
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {m.quarantine_dismiss_intro()}
        </Text>
        <TextInput
          label={m.reveal_reason()}
          placeholder={m.quarantine_dismiss_example()}
          required
          withAsterisk={false}
          maxLength={300}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button type="submit" disabled={reason.trim() === ''} loading={dismiss.isPending}>
            {m.quarantine_dismiss()}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
