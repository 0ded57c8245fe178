import {
  IconArrowBackUp,
  IconArrowRight,
  IconBell,
  IconBellOff,
  IconCirclePlus,
  IconHandGrab,
  IconLink,
  IconPoint,
  IconRefresh,
  IconRoute,
  IconUserShare,
  type TablerIcon,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { peopleQuery, queuesQuery, stagesQuery } from '../../api/queries.ts';
import type { TimelineEvent } from '../../api/types.ts';
import { When } from '../../parts/when.tsx';
import { eventWords } from './event-words.ts';
import classes from './lead.module.css';

const ICONS: Readonly<Record<string, TablerIcon>> = {
  opened: IconCirclePlus,
  attached: IconLink,
  claimed: IconHandGrab,
  released: IconArrowBackUp,
  stage: IconArrowRight,
  owner: IconUserShare,
  offered: IconBell,
  offer_missed: IconBellOff,
  queue: IconRoute,
  reopened: IconRefresh,
};

export function TimelineEventLine({ event }: { event: TimelineEvent }) {
  const { data: stages } = useQuery(stagesQuery);
  const { data: people } = useQuery(peopleQuery);
  const { data: queues } = useQuery(queuesQuery);
  const Icon = ICONS[event.kind] ?? IconPoint;
  return (
    <div className={classes.event} data-testid="event" data-kind={event.kind}>
      <Icon size={16} stroke={1.7} aria-hidden="true" />
      <span>{eventWords(event, { stages: stages ?? [], people: people ?? [], queues: queues ?? [] })}</span>
      <span className={classes.eventTime}>
        <When at={event.at} />
      </span>
    </div>
  );
}
