import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { ApiError, send } from '../../api/send.ts';
import type { Revealed } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { problemWords } from '../../parts/problem-words.ts';

interface Props {
  readonly contactId: string;
  readonly onRevealed: (revealed: Revealed) => void;
}

/** Asks why, because every look is on record and counted. */
export function RevealForm({ contactId, onRevealed }: Props) {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const usual = [m.reveal_reason_call(), m.reveal_reason_write(), m.reveal_reason_check()];

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      onRevealed(await send<Revealed>('POST', `/contacts/${contactId}/reveal`, { reason: reason.trim() }));
    } catch (error) {
      setProblem(error instanceof ApiError && error.status === 429 ? m.reveal_used_up() : problemWords(error));
      setBusy(false);
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {m.reveal_on_record()}
        </Text>
        {problem !== undefined && (
          <Alert color="red" role="alert">
            {problem}
          </Alert>
        )}
        <Group gap={6}>
          {usual.map((words) => (
            <Button
              key={words}
              size="compact-sm"
              variant={reason === words ? 'light' : 'default'}
              onClick={() => setReason(words)}
            >
              {words}
            </Button>
          ))}
        </Group>
        <TextInput
          label={m.reveal_reason()}
          required
          withAsterisk={false}
          maxLength={300}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button type="submit" disabled={reason.trim() === ''} loading={busy}>
            {m.reveal_button()}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
