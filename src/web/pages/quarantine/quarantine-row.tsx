import { Button } from '@mantine/core';
import { IconPencil, IconRefresh, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { send } from '../../api/send.ts';
import type { Quarantined } from '../../api/types.ts';
import { useMe } from '../../app/access.ts';
import { fileSize } from '../../i18n/when.ts';
import { channelName } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useAction } from '../../parts/use-action.ts';
import { When } from '../../parts/when.tsx';
import { DismissForm } from './dismiss-form.tsx';
import { EditForm } from './edit-form.tsx';
import classes from './quarantine.module.css';
import { reasonWords } from './reason-words.ts';

const REFRESH = [['quarantine'], ['ledger'], ['leads']];

export function QuarantineRow({ delivery }: { delivery: Quarantined }) {
  const me = useMe();
  const words = reasonWords(delivery.reason);
  return (
    <li className={`card ${classes.row}`} data-testid="quarantine-row" data-delivery={delivery.id}>
      <ChannelIcon channel={delivery.endpoint.channel} />
      <div className={classes.what}>
        <div className={classes.reason}>{words ?? delivery.reason}</div>
        {words !== undefined && <code className={classes.raw}>{delivery.reason}</code>}
        <div className={classes.details}>
          {channelName(delivery.endpoint.channel)}: {delivery.endpoint.name} · <When at={delivery.receivedAt} /> ·{' '}
          {fileSize(delivery.size)}
          {delivery.attempts > 1 && ` · ${m.attempts({ count: delivery.attempts })}`}
        </div>
      </div>
      {me.role !== 'auditor' && <RowActions delivery={delivery} />}
    </li>
  );
}

function RowActions({ delivery }: { delivery: Quarantined }) {
  const [asking, setAsking] = useState<'edit' | 'dismiss'>();
  const retry = useAction(() => send<void>('POST', `/quarantine/${delivery.id}/retry`), {
    refresh: REFRESH,
    done: m.quarantine_retried(),
  });
  const close = (): void => setAsking(undefined);
  return (
    <div className={classes.actions}>
      <Button
        size="xs"
        leftSection={<IconRefresh size={16} aria-hidden="true" />}
        loading={retry.isPending}
        onClick={() => retry.mutate()}
      >
        {m.quarantine_retry()}
      </Button>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconPencil size={16} aria-hidden="true" />}
        onClick={() => setAsking('edit')}
      >
        {m.quarantine_edit()}
      </Button>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconX size={16} aria-hidden="true" />}
        onClick={() => setAsking('dismiss')}
      >
        {m.quarantine_dismiss()}
      </Button>
      <Dialog opened={asking === 'edit'} onClose={close} title={m.quarantine_edit_title()} size="xl">
        <EditForm id={delivery.id} refresh={REFRESH} onDone={close} />
      </Dialog>
      <Dialog opened={asking === 'dismiss'} onClose={close} title={m.quarantine_dismiss_title()}>
        <DismissForm id={delivery.id} refresh={REFRESH} onDone={close} />
      </Dialog>
    </div>
  );
}
