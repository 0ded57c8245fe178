import { Badge } from '@mantine/core';
import type { Lead } from '../../api/types.ts';
import { isLeading, useMe } from '../../app/access.ts';
import { channelName, languageName } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import { Age } from '../../parts/age.tsx';
import { CallBack } from '../../parts/call-back.tsx';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { OnCall } from '../../parts/on-call.tsx';
import { sourceSummary } from '../../parts/source-summary.ts';
import { useNow } from '../../parts/use-now.ts';
import { Waits } from '../../parts/waits.tsx';
import { ClaimButton } from './claim-button.tsx';
import { Offer } from './offer.tsx';
import classes from './queue.module.css';

interface Props {
  readonly lead: Lead;
  readonly arrived: boolean;
  readonly namesQueue: boolean;
}

/** One waiting lead. Nothing of the person behind it is here: that comes with the claim. */
export function QueueRow({ lead, arrived, namesQueue }: Props) {
  const me = useMe();
  const now = useNow();
  const offered = lead.offeredTo !== null && lead.offerUntil !== null && Date.parse(lead.offerUntil) > now;
  const mine = offered && lead.offeredTo?.id === me.id;
  const others = offered && !mine;
  return (
    <li
      className={classes.row}
      data-arrived={arrived || undefined}
      data-mine={mine || undefined}
      data-testid="queue-row"
      data-lead={lead.id}
    >
      <div className={classes.age}>
        <Age since={lead.openedAt} />
      </div>
      <ChannelIcon channel={lead.channel} />
      <div className={classes.what}>
        <div className={classes.name}>
          <span className={classes.endpoint}>{lead.endpoint.name}</span>
          <Tags lead={lead} />
          <OnCall state={lead.onCall} />
          <CallBack callback={lead.callback} />
          {lead.firstResponseAt !== null && lead.callback === null && <Waits since={lead.unansweredSince} />}
        </div>
        <div className={classes.details}>
          {details(lead, namesQueue).map((part) => (
            <span key={part}>{part}</span>
          ))}
        </div>
      </div>
      <div className={classes.action}>
        <Offer lead={lead} mine={mine} />
        <ClaimButton lead={lead} quiet={others} reserved={others && !isLeading(me.role)} />
      </div>
    </li>
  );
}

export function Tags({ lead }: { lead: Lead }) {
  return (
    <span className={classes.tags}>
      {lead.priority > 0 && <Badge color="red">{m.priority_high()}</Badge>}
      {lead.priority < 0 && <Badge color="gray">{m.priority_low()}</Badge>}
      {lead.repeat ? (
        <Badge color="amber">{m.repeat_contact()}</Badge>
      ) : (
        <Badge color="green">{m.new_contact()}</Badge>
      )}
    </span>
  );
}

function details(lead: Lead, namesQueue: boolean): string[] {
  const parts = [channelName(lead.channel)];
  if (namesQueue) parts.push(lead.queue.name);
  parts.push(...sourceSummary(lead.source));
  if (lead.language !== null) parts.push(languageName(lead.language));
  if (lead.messages > 1) parts.push(m.messages_count({ count: lead.messages }));
  return [...new Set(parts)];
}
