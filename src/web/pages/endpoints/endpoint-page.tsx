import { Anchor, Badge, Group, Title } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { channelsQuery, endpointQuery } from '../../api/queries.ts';
import type { Endpoint } from '../../api/types.ts';
import { useMe } from '../../app/access.ts';
import { channelName } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { EndpointActions } from './endpoint-actions.tsx';
import { EndpointForm } from './endpoint-form.tsx';
import classes from './endpoints.module.css';
import { Extensions } from './extensions.tsx';
import { HealthCard, useHealth } from './health-card.tsx';
import { HowTo } from './how-to.tsx';
import { TryPanel } from './try-panel.tsx';

export function EndpointPage() {
  const { id } = useParams({ from: '/inside/endpoints/$id' });
  const found = useQuery(endpointQuery(id));
  const channels = useQuery(channelsQuery);
  const health = useHealth(id);
  const admin = useMe().role === 'admin';
  if (found.isError) return <Failed order={1} error={found.error} onRetry={() => void found.refetch()} />;
  if (found.data === undefined || channels.data === undefined) return <Loading />;
  const endpoint = found.data;
  const channel = channels.data.find((one) => one.id === endpoint.channel);
  return (
    <Page
      title={endpoint.name}
      heading={<Heading endpoint={endpoint} />}
      actions={admin && <EndpointActions endpoint={endpoint} hasAddress={channel?.receivesByWebhook !== false} />}
    >
      <div className={classes.detail}>
        {health !== undefined && <HealthCard endpoint={endpoint} health={health} channel={channel} />}
        {endpoint.channel === 'form' && <Address endpoint={endpoint} />}
        {endpoint.snippet !== null && <Snippet snippet={endpoint.snippet} />}
        <HowTo endpoint={endpoint} />
        {health !== undefined && <TryPanel key={`try ${endpoint.id}`} endpoint={endpoint} health={health} />}
        {channel?.hasExtensions === true && <Extensions endpoint={endpoint} />}
        {admin ? (
          <EndpointForm key={endpoint.id} endpoint={endpoint} fields={channel?.settings ?? []} />
        ) : (
          <p className={classes.soft}>{m.health_read_only()}</p>
        )}
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
        </div>
      </div>
    </div>
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
