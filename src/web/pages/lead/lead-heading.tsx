import { Title } from '@mantine/core';
import type { LeadDetail } from '../../api/types.ts';
import { useMe } from '../../app/access.ts';
import { channelName } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { OnCall } from '../../parts/on-call.tsx';
import { Waits } from '../../parts/waits.tsx';
import { When } from '../../parts/when.tsx';
import { Tags } from '../queue/queue-row.tsx';
import classes from './lead.module.css';

export function LeadHeading({ lead, title }: { lead: LeadDetail; title: string }) {
  const me = useMe();
  const holder = lead.owner?.id === me.id ? m.held_by_you() : m.held_by({ name: lead.owner?.name ?? '' });
  return (
    <div className={classes.heading}>
      <ChannelIcon channel={lead.channel} />
      <div>
        <div className={classes.headingLine}>
          <Title order={1}>{title}</Title>
          <Tags lead={lead} />
          <OnCall state={lead.onCall} />
          {lead.callback === null && lead.owner !== null && lead.closedAt === null && (
            <Waits since={lead.unansweredSince} />
          )}
        </div>
        <div className={classes.headingNote}>
          <span>
            {channelName(lead.channel)}: {lead.endpoint.name}
          </span>
          <span>
            <When at={lead.openedAt} />
          </span>
          <span>{lead.queue.name}</span>
          <span data-testid="holder">{lead.owner === null ? m.held_by_nobody() : holder}</span>
        </div>
      </div>
    </div>
  );
}
