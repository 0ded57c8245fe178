import { Anchor, Badge, Button, Group, Title } from '@mantine/core';
import { IconExternalLink, IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { channelsQuery, endpointQuery } from '../../api/queries.ts';
import { send } from '../../api/send.ts';
import type { Endpoint } from '../../api/types.ts';
import { channelName } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { useAction } from '../../parts/use-action.ts';
import { When } from '../../parts/when.tsx';
import { EndpointForm } from './endpoint-form.tsx';
import classes from './endpoints.module.css';

export function EndpointPage() {
  const { id } = useParams({ from: '/inside/endpoints/$id' });
  const found = useQuery(endpointQuery(id));
  const channels = useQuery(channelsQuery);
  if (found.isError) return <Failed order={1} error={found.error} onRetry={() => void found.refetch()} />;
  if (found.data === undefined || channels.data === undefined) return <Loading />;
  const endpoint = found.data;
  const channel = channels.data.find((one) => one.id === endpoint.channel);
  return (
    <Page
      title={endpoint.name}
      heading={<Heading endpoint={endpoint} />}
      actions={<EndpointActions endpoint={endpoint} />}
    >
      <div className={classes.detail}>
        {channel?.receivesByWebhook !== false && <Address endpoint={endpoint} />}
        {endpoint.snippet !== null && <Snippet snippet={endpoint.snippet} />}
        <EndpointForm key={endpoint.id} endpoint={endpoint} fields={channel?.settings ?? []} />
      </div>
    </Page>
  );
}

function Heading({ endpoint }: { endpoint: Endpoint }) {
  return (
    <div className={classes.heading}>
      <ChannelIcon channel={endpoint.channel} />
      <div>
        <Group gap="sm">
          <Title order={1}>{endpoint.name}</Title>
          {endpoint.paused && <Badge color="amber">{m.paused()}</Badge>}
        </Group>
        <div className={classes.soft}>
          <Anchor component={Link} to="/endpoints" inherit underline="always">
            {m.endpoints_title()}
          </Anchor>
          {' · '}
          {channelName(endpoint.channel)}
          {' · '}
          {endpoint.lastDeliveryAt === null ? (
            m.nothing_received()
          ) : (
            <>
              {m.last_received()} <When at={endpoint.lastDeliveryAt} relative />
            </>
          )}
        </div>
      </div>
    </div>
  );
}

function EndpointActions({ endpoint }: { endpoint: Endpoint }) {
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const pause = useAction((paused: boolean) => send<Endpoint>('PATCH', `/endpoints/${endpoint.id}`, { paused }), {
    refresh: [['endpoints']],
  });
  const remove = useAction(() => send<void>('DELETE', `/endpoints/${endpoint.id}`), {
    refresh: [['endpoints']],
    onDone: () => navigate({ to: '/endpoints' }),
  });
  const Icon = endpoint.paused ? IconPlayerPlay : IconPlayerPause;
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon size={17} aria-hidden="true" />}
        loading={pause.isPending}
        onClick={() => pause.mutate(!endpoint.paused)}
      >
        {endpoint.paused ? m.resume() : m.pause()}
      </Button>
      <Button
        variant="default"
        c="var(--mantine-color-error)"
        leftSection={<IconTrash size={17} aria-hidden="true" />}
        onClick={() => setDeleting(true)}
      >
        {m.delete()}
      </Button>
      <ConfirmDialog
        opened={deleting}
        title={m.endpoint_delete_title({ name: endpoint.name })}
        button={m.delete()}
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
        onClose={() => setDeleting(false)}
      >
        {m.endpoint_delete_means()}
      </ConfirmDialog>
    </>
  );
}

function Address({ endpoint }: { endpoint: Endpoint }) {
  return (
    <section className={`card ${classes.box}`} aria-label={m.endpoint_address()}>
      <h2>{m.endpoint_address()}</h2>
      <p className={classes.soft}>{m.endpoint_address_means()}</p>
      <div className={classes.copyLine}>
        <code data-testid="endpoint-address">{endpoint.address}</code>
        <CopyButton text={endpoint.address} label={m.copy_address()} />
      </div>
      {endpoint.channel === 'form' && (
        <Anchor href={endpoint.address} target="_blank" rel="noreferrer" size="sm" className={classes.hosted}>
          {m.endpoint_hosted()}
          <IconExternalLink size={15} aria-hidden="true" />
        </Anchor>
      )}
    </section>
  );
}

function Snippet({ snippet }: { snippet: string }) {
  return (
    <section className={`card ${classes.box}`} aria-label={m.endpoint_snippet()}>
      <h2>{m.endpoint_snippet()}</h2>
      <p className={classes.soft}>{m.endpoint_snippet_means()}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: code wider than the box must scroll by keyboard too */}
      <pre className={classes.snippet} tabIndex={0} data-testid="endpoint-snippet">
        {snippet}
      </pre>
      <CopyButton text={snippet} label={m.copy_snippet()} />
    </section>
  );
}
