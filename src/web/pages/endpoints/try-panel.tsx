import { Anchor, Button, Loader } from '@mantine/core';
import { IconCircleCheck, IconExternalLink, IconSend } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { serverNow } from '../../api/server-clock.ts';
import type { Endpoint, Health } from '../../api/types.ts';
import { useMe } from '../../app/access.ts';
import { ago } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import { useNow } from '../../parts/use-now.ts';
import classes from './endpoints.module.css';
import { tryWords } from './health-words.ts';
import { TestButton } from './test-button.tsx';

/** Only the server's clock is compared; a second either way is forgiven by its whole-second dates. */
const SLACK_MS = 2000;
const LOOK_MS = 2000;
/** Kinds whose providers post to us, so that a request can be made up. */
const TESTED = new Set(['telephony', 'form']);

/** "Send yourself a message": says how, waits, and shows it the moment it is in. */
export function TryPanel({ endpoint, health }: { endpoint: Endpoint; health: Health }) {
  const client = useQueryClient();
  const now = useNow();
  const admin = useMe().role === 'admin';
  const [since, setSince] = useState<{ ms: number; before: string | null }>();
  const last = health.lastDeliveryAt;
  const arrived = since !== undefined && last !== null && last !== since.before && Date.parse(last) > since.ms;
  const waiting = since !== undefined && !arrived;
  useEffect(() => {
    if (!waiting) return undefined;
    const timer = setInterval(() => void client.invalidateQueries({ queryKey: ['health'] }), LOOK_MS);
    return () => clearInterval(timer);
  }, [client, waiting]);
  return (
    <section className={`card ${classes.box}`} aria-label={m.try_title()} data-testid="try">
      <h2>{m.try_title()}</h2>
      <p className={classes.soft}>{tryWords(endpoint, health.account)}</p>
      <div className={classes.copyLine} aria-live="polite">
        {admin && TESTED.has(endpoint.channel) && <TestButton endpoint={endpoint} />}
        {endpoint.channel === 'form' && (
          <Anchor href={endpoint.address} target="_blank" rel="noreferrer" size="sm" className={classes.tryLink}>
            {m.endpoint_hosted()}
            <IconExternalLink size={15} aria-hidden="true" />
          </Anchor>
        )}
        {arrived && (
          <span className={classes.success} data-testid="try-success">
            <IconCircleCheck size={20} aria-hidden="true" />
            {m.try_success({ ago: ago(last, now) })}{' '}
            <Anchor component={Link} to="/queue" size="sm">
              {m.try_see()}
            </Anchor>
          </span>
        )}
        {waiting ? (
          <>
            <span className={classes.tryWaiting}>
              <Loader size={16} aria-hidden="true" />
              {m.try_waiting()}
            </span>
            <Button size="xs" variant="default" onClick={() => setSince(undefined)}>
              {m.try_stop()}
            </Button>
          </>
        ) : (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconSend size={16} aria-hidden="true" />}
            onClick={() => setSince({ ms: serverNow() - SLACK_MS, before: last })}
          >
            {m.try_start()}
          </Button>
        )}
      </div>
    </section>
  );
}
