import { IconUsersGroup } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { leadQuery } from '../../api/queries.ts';
import type { LeadDetail, TimelineMessage } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { CallBackPanel } from './call-back-panel.tsx';
import { CallButton } from './call-button.tsx';
import { ClaimPanel } from './claim-panel.tsx';
import { Composer } from './composer.tsx';
import { ContactCard } from './contact-card.tsx';
import classes from './lead.module.css';
import { LeadActions } from './lead-actions.tsx';
import { LeadHeading } from './lead-heading.tsx';
import { Origin } from './origin.tsx';
import { StageBar } from './stage-bar.tsx';
import { Timeline } from './timeline.tsx';
import { useFollow } from './use-follow.ts';
import { WhyHere } from './why-here.tsx';

export function LeadPage() {
  const { id } = useParams({ from: '/inside/leads/$id' });
  const { data: lead, error, refetch } = useQuery(leadQuery(id));
  if (lead !== undefined) return <Lead key={id} lead={lead} />;
  if (error !== null) return <Failed order={1} error={error} onRetry={() => void refetch()} />;
  return <Loading />;
}

function Actions({ lead }: { lead: LeadDetail }) {
  return (
    <>
      {lead.callback === null && <CallButton lead={lead} />}
      <LeadActions lead={lead} />
    </>
  );
}

/** With fewer messages than this the whole page is on the screen anyhow, the heading first. */
const LONG = 6;

function Lead({ lead }: { lead: LeadDetail }) {
  const [quoted, setQuoted] = useState<TimelineMessage>();
  const story = useRef<HTMLDivElement>(null);
  const messages = lead.timeline.filter((item) => item.type === 'message');
  useFollow(story, messages.length, LONG, messages.at(-1)?.delivery?.state === 'queued');
  const title = lead.contact?.name ?? m.lead_of({ endpoint: lead.endpoint.name });
  return (
    <Page title={title} heading={<LeadHeading lead={lead} title={title} />} actions={<Actions lead={lead} />}>
      <StageBar lead={lead} />
      {lead.callback !== null && <CallBackPanel lead={lead} callback={lead.callback} />}
      {lead.mayClaim && lead.owner === null && <ClaimPanel lead={lead} />}
      <div className={classes.columns}>
        <div className={classes.story} ref={story}>
          <Timeline lead={lead} onQuote={setQuoted} />
          <Composer lead={lead} quoted={quoted} onQuote={setQuoted} />
        </div>
        <aside className={classes.facts} aria-label={m.lead_facts()}>
          <ContactCard lead={lead} />
          {lead.suspects > 0 && (
            <section className={classes.suspects} aria-label={m.suspects_title()}>
              <IconUsersGroup size={20} stroke={1.6} aria-hidden="true" />
              <div>
                <strong>{m.suspects_title()}</strong>
                <p>{m.suspects({ count: lead.suspects })}</p>
              </div>
            </section>
          )}
          <Origin lead={lead} />
          <WhyHere lead={lead} />
        </aside>
      </div>
    </Page>
  );
}
