import {
  IconArrowBackUp,
  IconArrowRight,
  IconBell,
  IconBellOff,
  IconCirclePlus,
  IconHandGrab,
  IconLink,
  IconPhoneCheck,
  IconPhoneOutgoing,
  IconPoint,
  IconRefresh,
  IconRoute,
  IconStairsUp,
  IconUserShare,
  type TablerIcon,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { stagesQuery } from '../../api/queries.ts';
import type { TimelineEvent } from '../../api/types.ts';
import { When } from '../../parts/when.tsx';
import { eventWords } from './event-words.ts';
import classes from './talk.module.css';

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
  escalated: IconStairsUp,
  called_back: IconPhoneCheck,
  call_asked: IconPhoneOutgoing,
};

export function TimelineEventLine({ event }: { event: TimelineEvent }) {
  const { data: stages } = useQuery(stagesQuery);
  const Icon = ICONS[event.kind] ?? IconPoint;
  return (
    <div className={classes.event} data-testid="event" data-kind={event.kind}>
      <Icon size={16} stroke={1.7} aria-hidden="true" />
      <span>{eventWords(event, stages ?? [])}</span>
      <span className={classes.eventTime}>
        <When at={event.at} />
      </span>
    </div>
  );
}
