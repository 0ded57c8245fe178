import { IconMessage2Off } from '@tabler/icons-react';
import type { TimelineItem } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { Empty } from '../../parts/empty.tsx';
import classes from './lead.module.css';
import { TimelineEventLine } from './timeline-event-line.tsx';
import { TimelineMessageCard } from './timeline-message-card.tsx';

interface Props {
  readonly items: readonly TimelineItem[];
  /** Before the claim only what happened is here, not what was written. */
  readonly hidden: boolean;
  readonly leadId: string;
}

/** The whole story of a lead, oldest first. */
export function Timeline({ items, hidden, leadId }: Props) {
  // A note is in the timeline itself; that it was written needs no line of its own.
  const told = items.filter((item) => item.type === 'message' || item.kind !== 'noted');
  const sorted = told.toSorted((one, other) => one.at.localeCompare(other.at) || rank(one) - rank(other));
  if (sorted.length === 0)
    return (
      <div className="card">
        <Empty icon={IconMessage2Off} title={m.timeline_empty_title()}>
          {hidden ? m.contact_after_claim() : undefined}
        </Empty>
      </div>
    );
  return (
    <section aria-label={m.timeline()}>
      <ol className={classes.timeline} data-testid="timeline">
        {sorted.map((item) => (
          <li key={`${item.type} ${item.id}`}>
            {item.type === 'message' ? (
              <TimelineMessageCard message={item} earlier={item.leadId !== leadId} />
            ) : (
              <TimelineEventLine event={item} />
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** A lead is opened by its first message, in the same moment: it reads better the other way round. */
const rank = (item: TimelineItem): number => (item.type === 'event' && item.kind === 'opened' ? 0 : 1);
