import { Button, VisuallyHidden } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCheck,
  IconChecks,
  IconClock,
  IconExclamationCircle,
  type TablerIcon,
} from '@tabler/icons-react';
import { useState } from 'react';
import { send } from '../../api/send.ts';
import type { Delivery, TimelineMessage } from '../../api/types.ts';
import { sendReason } from '../../i18n/send-reason.ts';
import { fullTime } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { useAction } from '../../parts/use-action.ts';
import classes from './talk.module.css';

type State = Delivery['state'];

const ICONS: Readonly<Record<State, TablerIcon>> = {
  queued: IconClock,
  sending: IconClock,
  sent: IconCheck,
  delivered: IconChecks,
  read: IconChecks,
  failed: IconExclamationCircle,
  unknown: IconAlertTriangle,
};
const WORDS: Readonly<Record<State, () => string>> = {
  queued: m.sent_queued,
  sending: m.sent_sending,
  sent: m.sent_sent,
  delivered: m.sent_delivered,
  read: m.sent_read,
  failed: m.sent_failed,
  unknown: m.sent_unknown,
};
/** What became of a message of ours: a mark while all is well, words and what to do when it is not. */
export function MessageState({ message, mayChange }: { message: TimelineMessage; mayChange: boolean }) {
  const { delivery } = message;
  if (delivery === null) return null;
  const { state, reason, at } = delivery;
  const Icon = ICONS[state];
  const troubled = state === 'failed' || state === 'unknown';
  return (
    <>
      <span
        className={classes.state}
        data-state={state}
        data-testid="delivery"
        title={at === null ? WORDS[state]() : `${WORDS[state]()}, ${fullTime(at)}`}
      >
        <Icon size={16} aria-hidden="true" />
        {!troubled && <VisuallyHidden>{WORDS[state]()}</VisuallyHidden>}
        {state === 'queued' && <span>{m.sent_queued()}</span>}
      </span>
      {state === 'queued' && reason !== null && (
        <p className={classes.later}>
          {sendReason(reason)}; {m.sent_try_again()}
        </p>
      )}
      {troubled && <Trouble message={message} state={state} reason={reason} mayChange={mayChange} />}
    </>
  );
}

interface TroubleProps {
  readonly message: TimelineMessage;
  readonly state: 'failed' | 'unknown';
  readonly reason: string | null;
  readonly mayChange: boolean;
}

function Trouble({ message, state, reason, mayChange }: TroubleProps) {
  const [asking, setAsking] = useState(false);
  const refresh = [['lead', message.leadId], ['lead']];
  const again = useAction(() => send<TimelineMessage>('POST', `/messages/${message.id}/send-again`), {
    refresh,
    onDone: () => setAsking(false),
  });
  const arrived = useAction(() => send<void>('POST', `/messages/${message.id}/mark-sent`), { refresh });
  const words = reason === null ? WORDS[state]() : `${WORDS[state]()}: ${sendReason(reason)}`;
  return (
    <div className={classes.trouble} data-state={state}>
      <p>
        {words}
        {state === 'unknown' && `. ${m.sent_check()}`}
      </p>
      {mayChange && message.author !== null && (
        <div className={classes.troubleActions}>
          <Button
            size="compact-sm"
            variant="default"
            loading={again.isPending}
            onClick={() => (state === 'unknown' ? setAsking(true) : again.mutate())}
          >
            {m.sent_again()}
          </Button>
          {state === 'unknown' && (
            <Button size="compact-sm" variant="default" loading={arrived.isPending} onClick={() => arrived.mutate()}>
              {m.sent_it_arrived()}
            </Button>
          )}
        </div>
      )}
      <ConfirmDialog
        opened={asking}
        title={m.sent_again_title()}
        button={m.sent_again()}
        busy={again.isPending}
        onConfirm={() => again.mutate()}
        onClose={() => setAsking(false)}
      >
        {m.sent_again_means()}
      </ConfirmDialog>
    </div>
  );
}
