import { Button } from '@mantine/core';
import { IconAlertTriangle, IconHandStop, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { healthQuery } from '../../api/queries.ts';
import { send } from '../../api/send.ts';
import type { Channel, Endpoint, Health } from '../../api/types.ts';
import { useMe } from '../../app/access.ts';
import { m } from '../../paraglide/messages.js';
import { useAction } from '../../parts/use-action.ts';
import classes from './endpoints.module.css';
import { Genuineness } from './genuineness.tsx';
import { HealthLine } from './health-line.tsx';
import { Pairing } from './pairing.tsx';

/** Events bring every change at once; counts and a code that renews itself are looked at again this often. */
const LOOK_MS = 10_000;

export function useHealth(id: string): Health | undefined {
  const { data } = useQuery({ ...healthQuery, refetchInterval: LOOK_MS });
  return data?.find((one) => one.endpoint === id);
}

interface Props {
  readonly endpoint: Endpoint;
  readonly health: Health;
  readonly channel: Channel | undefined;
}

/** Is it connected, as whom, and if not, what to do. */
export function HealthCard({ endpoint, health, channel }: Props) {
  const me = useMe();
  const restart = useAction(() => send<void>('POST', `/endpoints/${endpoint.id}/restart`), {
    refresh: [['health']],
    done: m.health_connect_asked(),
  });
  const unofficial = endpoint.channel === 'whatsapp-baileys';
  return (
    <section className={`card ${classes.box}`} aria-label={m.health_title()} data-testid="health-card">
      <div className={classes.boxHead}>
        <h2>{m.health_title()}</h2>
        {health.listens && me.role === 'admin' && health.state !== 'paused' && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconRefresh size={16} aria-hidden="true" />}
            loading={restart.isPending}
            onClick={() => restart.mutate()}
          >
            {m.health_connect_now()}
          </Button>
        )}
      </div>
      <HealthLine health={health} />
      <Detail health={health} />
      <Genuineness channel={channel} settings={endpoint.settings} />
      {health.pairing !== null && <Pairing pairing={health.pairing} />}
      {unofficial && (
        <div className={classes.risk}>
          <IconAlertTriangle size={19} aria-hidden="true" />
          <div>
            <strong>{m.pairing_risk_title()}</strong>
            <p>{m.pairing_risk()}</p>
          </div>
        </div>
      )}
    </section>
  );
}

function Detail({ health }: { health: Health }) {
  if (health.state === 'silent-holder') return <p className={classes.detailLine}>{m.health_silent_holder_means()}</p>;
  if (health.detail === null || health.state === 'connected') return null;
  if (health.state !== 'needs-human') return <p className={classes.detailLine}>{health.detail}</p>;
  return (
    <div className={classes.needed} data-testid="needs-human">
      <IconHandStop size={19} aria-hidden="true" />
      <p>{health.detail}</p>
    </div>
  );
}
