import '../app/form-styles.ts';
import { Alert, Button, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconLinkOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { meQuery } from '../api/queries.ts';
import { ApiError, send } from '../api/send.ts';
import type { Me, SetupState } from '../api/types.ts';
import { queryClient } from '../app/query-client.ts';
import { titlePage } from '../app/tab-title.ts';
import { useLanguage } from '../i18n/language.ts';
import { m } from '../paraglide/messages.js';
import { Empty } from '../parts/empty.tsx';
import { Failed } from '../parts/failed.tsx';
import { Loading } from '../parts/loading.tsx';
import { fieldProblems, problemWords } from '../parts/problem-words.ts';
import { Doorway } from './doorway.tsx';

const SHORTEST_PASSWORD = 10;

/** Where a set-up link leads: the first admin's, or an invited person's. */
export function SetupPage() {
  const { token } = useParams({ from: '/setup/$token' });
  const state = useQuery({
    queryKey: ['setup', token],
    queryFn: ({ signal }) => send<SetupState>('GET', `/setup/${encodeURIComponent(token)}`, undefined, signal),
    retry: false,
  });
  useEffect(() => titlePage(m.setup_title()), []);
  const gone = state.data?.valid === false || (state.error instanceof ApiError && state.error.status === 404);
  return (
    <Doorway>
      {state.isPending && <Loading />}
      {gone && <Gone />}
      {state.isError && !gone && <Failed order={1} error={state.error} onRetry={() => void state.refetch()} />}
      {state.data?.valid === true && <SetupForm token={token} state={state.data} />}
    </Doorway>
  );
}

function Gone() {
  return (
    <Empty
      icon={IconLinkOff}
      title={m.setup_gone_title()}
      order={1}
      action={
        <Button component={Link} to="/login" variant="default" mt="sm">
          {m.login_button()}
        </Button>
      }
    >
      {m.setup_gone()}
    </Empty>
  );
}

function SetupForm({ token, state }: { token: string; state: SetupState }) {
  const navigate = useNavigate();
  const language = useLanguage();
  const [email, setEmail] = useState(state.email ?? '');
  const [name, setName] = useState(state.name ?? '');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const fields = fieldProblems(error);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      const answer = { token, name, password, language, ...(state.firstAdmin ? { email } : {}) };
      queryClient.setQueryData(meQuery.queryKey, await send<Me>('POST', '/setup', answer));
      await navigate({ to: '/' });
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        <div>
          <Title order={1}>{state.firstAdmin ? m.setup_first_title() : m.setup_invited_title()}</Title>
          <Text c="dimmed" size="sm" mt={4}>
            {state.firstAdmin ? m.setup_first_intro() : m.setup_invited_intro({ email: state.email ?? '' })}
          </Text>
        </div>
        {error !== undefined && Object.keys(fields).length === 0 && (
          <Alert color="red" role="alert">
            {problemWords(error)}
          </Alert>
        )}
        {state.firstAdmin && (
          <TextInput
            label={m.email()}
            type="email"
            autoComplete="username"
            required
            withAsterisk={false}
            error={fields.email}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
        )}
        <TextInput
          label={m.your_name()}
          autoComplete="name"
          required
          withAsterisk={false}
          maxLength={200}
          error={fields.name}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          label={m.password()}
          description={m.password_rule()}
          autoComplete="new-password"
          required
          withAsterisk={false}
          minLength={SHORTEST_PASSWORD}
          error={fields.password === undefined ? undefined : m.password_weak()}
          visibilityToggleButtonProps={{ 'aria-label': m.password_toggle() }}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" loading={busy} mt="xs">
          {m.setup_button()}
        </Button>
      </Stack>
    </form>
  );
}
