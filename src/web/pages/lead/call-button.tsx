import { Button, Menu } from '@mantine/core';
import { IconChevronDown, IconPhone } from '@tabler/icons-react';
import { send } from '../../api/send.ts';
import type { LeadDetail } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { useAction } from '../../parts/use-action.ts';

/** Has the manager's own phone ring, then the client's. Nothing where there is no way or no number. */
export function CallButton({ lead, filled = false }: { lead: LeadDetail; filled?: boolean }) {
  const { ways, hasPhone } = lead.calls;
  const call = useAction(
    (endpointId: string) => send<{ started: true }>('POST', `/leads/${lead.id}/call`, { endpointId }),
    { refresh: [['lead', lead.id]], done: m.call_rings_now() },
  );
  const [first] = ways;
  if (!lead.mayChange || !hasPhone || first === undefined) return null;
  const look = {
    variant: filled ? 'filled' : 'default',
    leftSection: <IconPhone size={18} aria-hidden="true" />,
    loading: call.isPending,
  };
  if (ways.length === 1)
    return (
      <Button
        {...look}
        title={m.call_through({ endpoint: first.endpoint.name, extension: first.extension })}
        onClick={() => call.mutate(first.endpoint.id)}
      >
        {m.call_button()}
      </Button>
    );
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button {...look} rightSection={<IconChevronDown size={16} aria-hidden="true" />}>
          {m.call_button()}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {ways.map(({ endpoint, extension }) => (
          <Menu.Item key={endpoint.id} onClick={() => call.mutate(endpoint.id)}>
            {m.call_through({ endpoint: endpoint.name, extension })}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
