import { Button, Group, Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { send } from '../../api/send.ts';
import type { Endpoint } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { useAction } from '../../parts/use-action.ts';

const CHOICES = [
  { hours: 24, title: m.rotate_24, means: m.rotate_24_means },
  { hours: 168, title: m.rotate_168, means: m.rotate_168_means },
  { hours: 0, title: m.rotate_0, means: m.rotate_0_means },
] as const;

/** A new key, and what becomes of the old address meanwhile. */
export function RotateForm({ endpoint, onDone }: { endpoint: Endpoint; onDone: () => void }) {
  const [hours, setHours] = useState('24');
  const rotate = useAction(
    (oldKeyHours: number) => send<Endpoint>('POST', `/endpoints/${endpoint.id}/rotate-key`, { oldKeyHours }),
    { refresh: [['endpoints']], done: m.rotate_done(), onDone },
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        rotate.mutate(Number(hours));
      }}
    >
      <Stack>
        <Text size="sm">{m.rotate_means()}</Text>
        <Radio.Group label={m.rotate_old()} value={hours} onChange={setHours}>
          <Stack gap="sm" mt="xs">
            {CHOICES.map((choice) => (
              <Radio
                key={choice.hours}
                value={String(choice.hours)}
                label={choice.title()}
                description={choice.means()}
              />
            ))}
          </Stack>
        </Radio.Group>
        <Group justify="flex-end">
          <Button type="submit" color={hours === '0' ? 'red' : 'tide'} loading={rotate.isPending}>
            {m.rotate_button()}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
