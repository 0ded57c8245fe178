import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { send } from '../../api/send.ts';
import { m } from '../../paraglide/messages.js';
import { tellDone } from '../../parts/tell.ts';
import { useAction } from '../../parts/use-action.ts';
import type { EndpointChoice } from './ledger-page.tsx';

interface Props {
  readonly endpoints: readonly EndpointChoice[];
  readonly onDone: () => void;
}

/** Runs received deliveries through processing again: after a fix, what was missed is added and nothing doubles. */
export function ReplayForm({ endpoints, onDone }: Props) {
  const [endpoint, setEndpoint] = useState<string | null>(null);
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const replay = useAction(
    () =>
      send<{ replayed: number }>('POST', '/replay', {
        ...(endpoint === null ? {} : { endpoint }),
        ...(from === '' ? {} : { from: new Date(from).toISOString() }),
        ...(to === '' ? {} : { to: new Date(to).toISOString() }),
      }),
    {
      refresh: [['ledger'], ['leads'], ['quarantine']],
      onDone: ({ replayed }) => {
        tellDone(m.replayed({ count: replayed }));
        onDone();
      },
    },
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        replay.mutate();
      }}
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {m.replay_intro()}
        </Text>
        <Select
          label={m.endpoint()}
          placeholder={m.all_endpoints()}
          data={[...endpoints]}
          value={endpoint}
          onChange={setEndpoint}
          clearable
          clearButtonProps={{ 'aria-label': m.clear() }}
        />
        <Group grow>
          <TextInput
            type="datetime-local"
            label={m.since()}
            required
            withAsterisk={false}
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
          />
          <TextInput
            type="datetime-local"
            label={m.until()}
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
          />
        </Group>
        <Group justify="flex-end">
          <Button type="submit" loading={replay.isPending}>
            {m.replay_button()}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
