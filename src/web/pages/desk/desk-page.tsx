import { Tabs } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { m } from '../../paraglide/messages.js';
import { Page } from '../../parts/page.tsx';
import { QueueList } from './queue-list.tsx';
import { RuleList } from './rule-list.tsx';

/** Where leads wait, and what sends them there. */
export function DeskPage() {
  const { tab } = useSearch({ from: '/inside/desk' });
  const navigate = useNavigate();
  return (
    <Page title={m.desk_title()} intro={m.desk_intro()}>
      <Tabs
        value={tab ?? 'queues'}
        onChange={(next) => void navigate({ to: '/desk', search: next === 'rules' ? { tab: 'rules' } : {} })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="queues">{m.queues()}</Tabs.Tab>
          <Tabs.Tab value="rules">{m.rules()}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="queues">
          <QueueList />
        </Tabs.Panel>
        <Tabs.Panel value="rules">
          <RuleList />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
