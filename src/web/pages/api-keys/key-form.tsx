import { Button, Group, Radio, Select, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { peopleQuery } from '../../api/queries.ts';
import { send } from '../../api/send.ts';
import type { ApiKey, MadeApiKey, NewApiKey } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { useAction } from '../../parts/use-action.ts';
import { SCOPES, scopeMeaning, scopeName } from './scope-words.ts';

export function KeyForm({ onMade }: { onMade: (key: MadeApiKey) => void }) {
  const { data: people = [] } = useQuery(peopleQuery);
  const [name, setName] = useState('');
  const [scope, setScope] = useState<ApiKey['scope']>('read');
  const [userId, setUserId] = useState<string | null>(null);
  const make = useAction((body: NewApiKey) => send<MadeApiKey>('POST', '/api-keys', body), {
    refresh: [['apiKeys']],
    onDone: onMade,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate({ name: name.trim(), scope, ...(userId === null ? {} : { userId }) });
      }}
    >
      <Stack>
        <TextInput
          label={m.name()}
          placeholder={m.api_key_example()}
          required
          withAsterisk={false}
          maxLength={200}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Radio.Group label={m.scope()} value={scope} onChange={(value) => setScope(value as ApiKey['scope'])}>
          <Stack gap="xs" mt={6}>
            {SCOPES.map((one) => (
              <Radio key={one} value={one} label={scopeName(one)} description={scopeMeaning(one)} />
            ))}
          </Stack>
        </Radio.Group>
        <Select
          label={m.api_key_person()}
          description={m.api_key_person_means()}
          placeholder={m.api_key_nobody()}
          data={people.map((person) => ({ value: person.id, label: person.name }))}
          value={userId}
          onChange={setUserId}
          clearable
          clearButtonProps={{ 'aria-label': m.clear() }}
        />
        <Group justify="flex-end">
          <Button type="submit" disabled={name.trim() === ''} loading={make.isPending}>
            {m.api_key_make()}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
