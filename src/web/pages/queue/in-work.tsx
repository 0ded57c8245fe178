import { Avatar, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { claimsQuery } from '../../api/queries.ts';
import type { RecentClaim } from '../../api/types.ts';
import { isLeading, useMe } from '../../app/access.ts';
import { m } from '../../paraglide/messages.js';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { initials } from '../../parts/initials.ts';
import { When } from '../../parts/when.tsx';
import classes from './queue.module.css';

/** Who took what lately: a lead that leaves the queue has gone to somebody, and everybody sees to whom. */
export function InWork({ queue }: { queue: string | undefined }) {
  const { data: claims = [] } = useQuery(claimsQuery(queue));
  if (claims.length === 0) return null;
  return (
    <section className={`card ${classes.inWork}`} aria-label={m.in_work()}>
      <Text component="h2" className={classes.sectionTitle}>
        {m.in_work()}
      </Text>
      <ul data-testid="taken-lately">
        {claims.map((claim) => (
          <Taken key={claim.lead} claim={claim} />
        ))}
      </ul>
    </section>
  );
}

function Taken({ claim }: { claim: RecentClaim }) {
  const me = useMe();
  const mine = claim.owner.id === me.id;
  return (
    <li className={classes.holding}>
      <Avatar size={28} radius="xl" color={mine ? 'tide' : 'gray'} aria-hidden="true">
        {initials(claim.owner.name)}
      </Avatar>
      <div className={classes.holdingWords}>
        <div>
          <strong>{mine ? m.you() : claim.owner.name}</strong>{' '}
          <span className={classes.soft}>
            <When at={claim.since} relative />
          </span>
        </div>
        <div className={classes.holdingWhat}>
          <ChannelIcon channel={claim.channel} size={15} plain />
          {mine || isLeading(me.role) ? (
            <Link to="/leads/$id" params={{ id: claim.lead }}>
              {claim.endpoint.name}
            </Link>
          ) : (
            <span>{claim.endpoint.name}</span>
          )}
        </div>
      </div>
    </li>
  );
}
