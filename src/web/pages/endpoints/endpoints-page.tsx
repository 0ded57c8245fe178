import { Badge, Button } from '@mantine/core';
import { IconPlugConnected, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { endpointsQuery, healthQuery } from '../../api/queries.ts';
import type { Endpoint, Health } from '../../api/types.ts';
import { useMe } from '../../app/access.ts';
import { channelName } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { AddEndpoint } from './add-endpoint.tsx';
import classes from './endpoints.module.css';
import { HealthLine } from './health-line.tsx';

const LOOK_MS = 15_000;

/** Where leads come in: each form, mailbox, bot and line of the company. */
export function EndpointsPage() {
  const found = useQuery(endpointsQuery);
  const { data: health } = useQuery({ ...healthQuery, refetchInterval: LOOK_MS });
  const admin = useMe().role === 'admin';
  const [adding, setAdding] = useState(false);
  const addButton = (
    <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => setAdding(true)}>
      {m.endpoint_add()}
    </Button>
  );
  return (
    <Page title={m.endpoints_title()} intro={m.endpoints_intro()} actions={admin ? addButton : undefined}>
      {found.isPending && <Loading />}
      {found.isError && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {found.data?.length === 0 && (
        <div className="card">
          <Empty icon={IconPlugConnected} title={m.endpoints_empty_title()}>
            {m.endpoints_empty()}
          </Empty>
        </div>
      )}
      {found.data !== undefined && found.data.length > 0 && (
        <ul className={classes.cards} data-testid="endpoint-list">
          {found.data.map((endpoint) => (
            <Row key={endpoint.id} endpoint={endpoint} health={health?.find((one) => one.endpoint === endpoint.id)} />
          ))}
        </ul>
      )}
      <Dialog opened={adding} onClose={() => setAdding(false)} title={m.endpoint_add()} size="lg">
        <AddEndpoint />
      </Dialog>
    </Page>
  );
}

function Row({ endpoint, health }: { endpoint: Endpoint; health: Health | undefined }) {
  return (
    <li className={`card ${classes.row}`} data-testid="endpoint-row">
      <ChannelIcon channel={endpoint.channel} />
      <div className={classes.what}>
        <div className={classes.name}>
          <Link to="/endpoints/$id" params={{ id: endpoint.id }} className={classes.link}>
            {endpoint.name}
          </Link>
          <span className={classes.soft}>{channelName(endpoint.channel)}</span>
          {endpoint.paused && <Badge color="amber">{m.paused()}</Badge>}
        </div>
        {health !== undefined && <HealthLine health={health} />}
        {health?.state === 'needs-human' && health.detail !== null && (
          <p className={classes.detailLine}>{health.detail}</p>
        )}
      </div>
      {health?.listens === false && (
        <div className={classes.rowCopy}>
          <CopyButton icon text={endpoint.address} label={m.copy_address_of({ name: endpoint.name })} />
        </div>
      )}
    </li>
  );
}
