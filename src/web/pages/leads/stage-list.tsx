import { Avatar } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Lead, Stage } from '../../api/types.ts';
import { stageTitle } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import { CallBack } from '../../parts/call-back.tsx';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { initials } from '../../parts/initials.ts';
import { OnCall } from '../../parts/on-call.tsx';
import { sourceSummary } from '../../parts/source-summary.ts';
import { Waits } from '../../parts/waits.tsx';
import { When } from '../../parts/when.tsx';
import { Tags } from '../queue/queue-row.tsx';
import classes from './leads.module.css';

interface Props {
  readonly leads: readonly Lead[];
  readonly stages: readonly Stage[];
  readonly namesOwner: boolean;
}

/** Leads under the headings of their stages, in the order of the pipeline. */
export function StageList({ leads, stages, namesOwner }: Props) {
  const groups = stages
    .map((stage) => ({ stage, held: leads.filter((lead) => lead.stage === stage.id) }))
    .filter((group) => group.held.length > 0);
  return (
    <div className={classes.groups}>
      {groups.map(({ stage, held }) => (
        <section key={stage.id} aria-labelledby={`stage-${stage.id}`}>
          <h2 id={`stage-${stage.id}`} className={classes.groupTitle} data-kind={stage.kind}>
            {stageTitle(stages, stage.id)} <span className="num">{held.length}</span>
          </h2>
          <ul className={`card ${classes.rows}`}>
            {held.map((lead) => (
              <Row key={lead.id} lead={lead} namesOwner={namesOwner} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Row({ lead, namesOwner }: { lead: Lead; namesOwner: boolean }) {
  return (
    <li className={classes.row} data-testid="lead-row">
      <ChannelIcon channel={lead.channel} />
      <div className={classes.what}>
        <div className={classes.name}>
          <Link to="/leads/$id" params={{ id: lead.id }} className={classes.link}>
            {lead.contact === null ? lead.endpoint.name : (lead.contact.name ?? m.no_name())}
          </Link>
          <Tags lead={lead} />
          <OnCall state={lead.onCall} />
          <CallBack callback={lead.callback} />
          {lead.closedAt === null && lead.callback === null && <Waits since={lead.unansweredSince} />}
        </div>
        <div className={classes.details}>
          {[
            lead.contact?.phone,
            lead.contact?.email,
            lead.contact === null ? undefined : lead.endpoint.name,
            ...sourceSummary(lead.source),
          ]
            .filter((part) => (part ?? '') !== '')
            .join(' · ')}
        </div>
      </div>
      {namesOwner && lead.owner !== null && (
        <div className={classes.owner}>
          <Avatar size={24} radius="xl" color="gray" aria-hidden="true">
            {initials(lead.owner.name)}
          </Avatar>
          {lead.owner.name}
        </div>
      )}
      <div className={classes.when}>
        <When at={lead.lastMessageAt} relative />
      </div>
    </li>
  );
}
