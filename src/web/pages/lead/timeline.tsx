import { IconMessage2Off } from '@tabler/icons-react';
import { Fragment } from 'react';
import type { LeadDetail, TimelineItem, TimelineMessage } from '../../api/types.ts';
import { dayName } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import { Empty } from '../../parts/empty.tsx';
import { useFromNow } from '../../parts/use-now.ts';
import { MessageBubble } from './message-bubble.tsx';
import classes from './talk.module.css';
import { TimelineEventLine } from './timeline-event-line.tsx';

interface Props {
  readonly lead: LeadDetail;
  readonly onQuote: (message: TimelineMessage) => void;
}

/** What was written stands in the timeline itself; that it was needs no line of its own, where it can be read. */
const SILENT = new Set(['noted', 'replied', 'attached']);

/** The whole story of a client, over all channels, oldest first. */
export function Timeline({ lead, onQuote }: Props) {
  const told = lead.timeline.filter(
    (item) => item.type === 'message' || lead.contact === null || !SILENT.has(item.kind),
  );
  const sorted = told.toSorted((one, other) => one.at.localeCompare(other.at) || rank(one) - rank(other));
  if (sorted.length === 0)
    return (
      <div className="card">
        <Empty icon={IconMessage2Off} title={m.timeline_empty_title()}>
          {lead.contact === null ? m.contact_after_claim() : undefined}
        </Empty>
      </div>
    );
  const quotable = new Set(
    lead.ways.filter((way) => way.kind === 'conversation' && way.quotes).map((way) => way.endpoint.id),
  );
  return (
    <section aria-label={m.timeline()} role="log" aria-relevant="additions">
      <ol className={classes.timeline} data-testid="timeline">
        {sorted.map((item, index) => (
          <Fragment key={`${item.type} ${item.id}`}>
            {dayOf(item) !== dayOf(sorted[index - 1]) && <Day at={item.at} />}
            <li data-direction={item.type === 'message' ? item.direction : undefined}>
              {item.type === 'message' ? (
                <MessageBubble
                  message={item}
                  earlier={item.leadId !== lead.id}
                  elsewhere={placeOf(item) !== placeBefore(sorted, index)}
                  onQuote={lead.mayChange && quotable.has(item.endpoint?.id ?? '') ? onQuote : undefined}
                  mayChange={lead.mayChange}
                />
              ) : (
                <TimelineEventLine event={item} />
              )}
            </li>
          </Fragment>
        ))}
      </ol>
    </section>
  );
}

function Day({ at }: { at: string }) {
  const words = useFromNow((now) => dayName(at, now));
  return (
    <li className={classes.day}>
      <span>{words}</span>
    </li>
  );
}

const dayOf = (item: TimelineItem | undefined): string | undefined =>
  item === undefined ? undefined : new Date(item.at).toDateString();

const placeOf = (message: TimelineMessage): string => message.endpoint?.id ?? '';

/** Where the message before came from; notes and events come from nowhere. */
function placeBefore(items: readonly TimelineItem[], index: number): string | undefined {
  for (let at = index - 1; at >= 0; at -= 1) {
    const item = items[at];
    if (item?.type === 'message' && item.direction !== 'internal') return placeOf(item);
  }
  return undefined;
}

/** A lead is opened by its first message, in the same moment: it reads better the other way round. */
const rank = (item: TimelineItem): number => (item.type === 'event' && item.kind === 'opened' ? 0 : 1);
