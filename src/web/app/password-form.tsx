import { Alert, Button, Group, PasswordInput, Stack } from '@mantine/core';
import { useState } from 'react';
import { ApiError, send } from '../api/send.ts';
import type { Me } from '../api/types.ts';
import { m } from '../paraglide/messages.js';
import { fieldProblems, problemWords } from '../parts/problem-words.ts';
import { useAction } from '../parts/use-action.ts';

const SHORTEST = 10;

/** Ends every other session of this person. */
export function PasswordForm({ onDone }: { onDone: () => void }) {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useAction(() => send<Me>('PATCH', '/me', { currentPassword: current, newPassword: next }), {
    done: m.password_changed(),
    onDone,
    onProblem: () => true,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      <Stack>
        {change.error !== null && (
          <Alert color="red" role="alert">
            {whatIsWrong(change.error)}
          </Alert>
        )}
        <Password label={m.password_current()} autoComplete="current-password" value={current} onChange={setCurrent} />
        <Password
          label={m.password_new()}
          description={m.password_rule()}
          autoComplete="new-password"
          minLength={SHORTEST}
          value={next}
          onChange={setNext}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={change.isPending}>
            {m.save()}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function whatIsWrong(error: unknown): string {
  if (!(error instanceof ApiError) || error.status !== 422) return problemWords(error);
  return 'currentPassword' in fieldProblems(error) ? m.password_wrong() : m.password_weak();
}

interface PasswordProps {
  readonly label: string;
  readonly description?: string;
  readonly autoComplete: string;
  readonly minLength?: number;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Password({ onChange, ...rest }: PasswordProps) {
  return (
    <PasswordInput
      {...rest}
      required
      withAsterisk={false}
      visibilityToggleButtonProps={{ 'aria-label': m.password_toggle() }}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
