import { Button } from '@mantine/core';
import { IconPhoneCheck } from '@tabler/icons-react';
import { send } from '../../api/send.ts';
import type { Callback, Lead, LeadDetail } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { CallBack } from '../../parts/call-back.tsx';
import { useAction } from '../../parts/use-action.ts';
import { useFromNow } from '../../parts/use-now.ts';
import classes from './call.module.css';
import { CallButton } from './call-button.tsx';

/** A missed call that nobody has answered for yet: until when, and what can be done about it. */
export function CallBackPanel({ lead, callback }: { lead: LeadDetail; callback: Callback }) {
  const late = useFromNow((now) => now >= Date.parse(callback.dueAt));
  const done = useAction(() => send<Lead>('POST', `/leads/${lead.id}/callback/done`), {
    refresh: [['lead', lead.id], ['leads']],
    done: m.callback_done_told(),
  });
  const { lacksExtension } = lead.calls;
  return (
    <section className={classes.callback} data-late={late || undefined} aria-label={m.callback_title()}>
      <div>
        <CallBack callback={callback} />
        {lead.mayChange && (
          <div className={classes.callbackNote}>{lacksExtension ? m.call_no_extension() : m.callback_itself()}</div>
        )}
      </div>
      {lead.mayChange && (
        <div className={classes.callbackActions}>
          <CallButton lead={lead} filled />
          <Button
            variant="default"
            leftSection={<IconPhoneCheck size={18} aria-hidden="true" />}
            loading={done.isPending}
            onClick={() => done.mutate()}
          >
            {m.callback_done()}
          </Button>
        </div>
      )}
    </section>
  );
}
