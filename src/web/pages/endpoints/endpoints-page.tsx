import { Badge, Button } from '@mantine/core';
import { IconPlugConnected, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { endpointsQuery } from '../../api/queries.ts';
import type { Endpoint } from '../../api/types.ts';
import { channelName } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { When } from '../../parts/when.tsx';
import { AddEndpoint } from './add-endpoint.tsx';
import classes from './endpoints.module.css';

/** Where leads come in: each form, mailbox, bot and line of the company. */
export function EndpointsPage() {
  const found = useQuery(endpointsQuery);
  const [adding, setAdding] = useState(false);
  const addButton = (
    <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => setAdding(true)}>
      {m.endpoint_add()}
    </Button>
  );
  return (
    <Page title={m.endpoints_title()} intro={m.endpoints_intro()} actions={addButton}>
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
        <ul className={`card ${classes.rows}`} data-testid="endpoint-list">
          {found.data.map((endpoint) => (
            <Row key={endpoint.id} endpoint={endpoint} />
          ))}
        </ul>
      )}
      <Dialog opened={adding} onClose={() => setAdding(false)} title={m.endpoint_add()} size="lg">
        <AddEndpoint />
      </Dialog>
    </Page>
  );
}

function Row({ endpoint }: { endpoint: Endpoint }) {
  return (
    <li className={classes.row} data-testid="endpoint-row">
      <ChannelIcon channel={endpoint.channel} />
      <div className={classes.what}>
        <div className={classes.name}>
          <Link to="/endpoints/$id" params={{ id: endpoint.id }} className={classes.link}>
            {endpoint.name}
          </Link>
          {endpoint.paused && <Badge color="amber">{m.paused()}</Badge>}
        </div>
        <div className={classes.soft}>
          {channelName(endpoint.channel)} ·{' '}
          {endpoint.lastDeliveryAt === null ? (
            m.nothing_received()
          ) : (
            <>
              {m.last_received()} <When at={endpoint.lastDeliveryAt} relative />
            </>
          )}
        </div>
      </div>
      <div className={classes.rowCopy}>
        <CopyButton icon text={endpoint.address} label={m.copy_address_of({ name: endpoint.name })} />
      </div>
    </li>
  );
}
