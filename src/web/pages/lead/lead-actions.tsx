import { ActionIcon, Button, Group, Menu, Select } from '@mantine/core';
import { IconArrowBackUp, IconDots, IconRoute, IconUserShare } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { peopleQuery, queuesQuery } from '../../api/queries.ts';
import { send } from '../../api/send.ts';
import type { Lead, LeadDetail } from '../../api/types.ts';
import { isLeading, useMe } from '../../app/access.ts';
import { m } from '../../paraglide/messages.js';
import { Dialog } from '../../parts/dialog.tsx';
import { useAction } from '../../parts/use-action.ts';

type Asking = 'owner' | 'queue' | undefined;

/** Give back, hand over, move to another queue. */
export function LeadActions({ lead }: { lead: LeadDetail }) {
  const me = useMe();
  const [asking, setAsking] = useState<Asking>();
  const refresh = [['lead', lead.id], ['leads'], ['queues']];
  const navigate = useNavigate();
  const release = useAction(() => send<Lead | undefined>('POST', `/leads/${lead.id}/release`), {
    refresh,
    done: m.released(),
    // Without it the lead may be out of this person's sight.
    onDone: (left) => (left === undefined ? navigate({ to: '/queue' }) : undefined),
  });
  if (!lead.mayChange && !isLeading(me.role)) return null;
  return (
    <>
      {lead.owner !== null && lead.closedAt === null && (
        <Button
          variant="default"
          leftSection={<IconArrowBackUp size={18} aria-hidden="true" />}
          loading={release.isPending}
          onClick={() => release.mutate()}
        >
          {m.release()}
        </Button>
      )}
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={m.more_actions()}>
            <IconDots size={19} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {isLeading(me.role) && (
            <Menu.Item leftSection={<IconUserShare size={17} aria-hidden="true" />} onClick={() => setAsking('owner')}>
              {m.hand_over()}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconRoute size={17} aria-hidden="true" />} onClick={() => setAsking('queue')}>
            {m.move_to_queue()}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Dialog opened={asking === 'owner'} onClose={() => setAsking(undefined)} title={m.hand_over()}>
        <HandOver lead={lead} onDone={() => setAsking(undefined)} />
      </Dialog>
      <Dialog opened={asking === 'queue'} onClose={() => setAsking(undefined)} title={m.move_to_queue()}>
        <MoveToQueue lead={lead} onDone={() => setAsking(undefined)} />
      </Dialog>
    </>
  );
}

interface AskProps {
  readonly lead: LeadDetail;
  readonly onDone: () => void;
}

function HandOver({ lead, onDone }: AskProps) {
  const { data: people } = useQuery(peopleQuery);
  const change = useAction((userId: string) => send<Lead>('PUT', `/leads/${lead.id}/owner`, { userId }), {
    refresh: [['lead', lead.id], ['leads']],
    done: m.handed_over(),
    onDone,
  });
  const choices = (people ?? []).filter((person) => person.id !== lead.owner?.id);
  return (
    <Choose
      label={m.hand_over_to()}
      choices={choices}
      button={m.hand_over_button()}
      busy={change.isPending}
      onChoose={(id) => change.mutate(id)}
    />
  );
}

function MoveToQueue({ lead, onDone }: AskProps) {
  const { data: queues } = useQuery(queuesQuery);
  const change = useAction((queueId: string) => send<Lead>('PUT', `/leads/${lead.id}/queue`, { queueId }), {
    refresh: [['lead', lead.id], ['leads'], ['queues']],
    done: m.moved_to_queue(),
    onDone,
  });
  const choices = (queues ?? []).filter((queue) => queue.id !== lead.queue.id);
  return (
    <Choose
      label={m.queue()}
      choices={choices}
      button={m.move_button()}
      busy={change.isPending}
      onChoose={(id) => change.mutate(id)}
    />
  );
}

interface ChooseProps {
  readonly label: string;
  readonly choices: readonly { id: string; name: string }[];
  readonly button: string;
  readonly busy: boolean;
  readonly onChoose: (id: string) => void;
}

function Choose({ label, choices, button, busy, onChoose }: ChooseProps) {
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen !== null) onChoose(chosen);
      }}
    >
      <Select
        label={label}
        data={choices.map((choice) => ({ value: choice.id, label: choice.name }))}
        value={chosen}
        onChange={setChosen}
        searchable
        nothingFoundMessage={m.nothing_found()}
        data-autofocus
      />
      <Group justify="flex-end" mt="md">
        <Button type="submit" disabled={chosen === null} loading={busy}>
          {button}
        </Button>
      </Group>
    </form>
  );
}
