import { Avatar, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { leadsQuery } from '../../api/queries.ts';
import type { Lead } from '../../api/types.ts';
import { isLeading, useMe } from '../../app/access.ts';
import { m } from '../../paraglide/messages.js';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { initials } from '../../parts/initials.ts';
import { When } from '../../parts/when.tsx';
import classes from './queue.module.css';

const SHOWN = 12;

/** Who holds what: the leads taken last. */
export function InWork({ queue }: { queue: string | undefined }) {
  const { data } = useInfiniteQuery(leadsQuery({ status: 'claimed', queue, limit: 50 }));
  const leads = (data?.pages[0]?.leads ?? []).filter((lead) => lead.owner !== null && lead.claimedAt !== null);
  if (leads.length === 0) return null;
  const latest = leads.toSorted((one, other) => other.claimedAt!.localeCompare(one.claimedAt!)).slice(0, SHOWN);
  return (
    <section className={`card ${classes.inWork}`} aria-label={m.in_work()}>
      <Text component="h2" className={classes.sectionTitle}>
        {m.in_work()}
      </Text>
      <ul>
        {latest.map((lead) => (
          <Holding key={lead.id} lead={lead} />
        ))}
      </ul>
    </section>
  );
}

function Holding({ lead }: { lead: Lead }) {
  const me = useMe();
  const open = lead.owner!.id === me.id || isLeading(me.role);
  return (
    <li className={classes.holding}>
      <Avatar size={28} radius="xl" color={lead.owner!.id === me.id ? 'tide' : 'gray'} aria-hidden="true">
        {initials(lead.owner!.name)}
      </Avatar>
      <div className={classes.holdingWords}>
        <div>
          <strong>{lead.owner!.id === me.id ? m.you() : lead.owner!.name}</strong>{' '}
          <span className={classes.soft}>
            <When at={lead.claimedAt!} relative />
          </span>
        </div>
        <div className={classes.holdingWhat}>
          <ChannelIcon channel={lead.channel} size={15} plain />
          {open ? (
            <Link to="/leads/$id" params={{ id: lead.id }}>
              {lead.contact?.name ?? lead.endpoint.name}
            </Link>
          ) : (
            <span>{lead.endpoint.name}</span>
          )}
        </div>
      </div>
    </li>
  );
}
