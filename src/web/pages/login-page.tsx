import '../app/form-styles.ts';
import { Alert, Button, PasswordInput, Stack, TextInput, Title } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { meQuery } from '../api/queries.ts';
import { ApiError, send } from '../api/send.ts';
import type { Me } from '../api/types.ts';
import { queryClient } from '../app/query-client.ts';
import { titlePage } from '../app/tab-title.ts';
import { m } from '../paraglide/messages.js';
import { problemWords } from '../parts/problem-words.ts';
import { Doorway } from './doorway.tsx';

export function LoginPage() {
  const { to } = useSearch({ from: '/login' });
  const navigate = useNavigate();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string>();
  const passwordField = useRef<HTMLInputElement>(null);
  useEffect(() => titlePage(m.login_title()), []);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setWrong(undefined);
    try {
      queryClient.setQueryData(meQuery.queryKey, await send<Me>('POST', '/session', { email, password }));
      await navigate({ to: to ?? '/' });
    } catch (error) {
      const refused = error instanceof ApiError && (error.status === 401 || error.status === 422);
      setWrong(refused ? m.login_wrong() : problemWords(error));
      passwordField.current?.select();
    } finally {
      setBusy(false);
    }
  };

  return (
    <Doorway>
      <Title order={1} mb="lg">
        {m.login_title()}
      </Title>
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          {wrong !== undefined && (
            <Alert color="red" role="alert">
              {wrong}
            </Alert>
          )}
          <TextInput
            label={m.email()}
            type="email"
            autoComplete="username"
            size="md"
            required
            withAsterisk={false}
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            ref={passwordField}
            label={m.password()}
            autoComplete="current-password"
            size="md"
            required
            withAsterisk={false}
            visibilityToggleButtonProps={{ 'aria-label': m.password_toggle() }}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" size="md" loading={busy} mt="xs">
            {m.login_button()}
          </Button>
        </Stack>
      </form>
    </Doorway>
  );
}
