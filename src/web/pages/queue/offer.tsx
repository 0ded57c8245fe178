import type { Lead } from '../../api/types.ts';
import { elapsed } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import { useNow } from '../../parts/use-now.ts';
import classes from './queue.module.css';

/** To whom the lead is offered, and for how long. */
export function Offer({ lead, mine }: { lead: Lead; mine: boolean }) {
  const now = useNow();
  if (lead.offeredTo === null || lead.offerUntil === null) return null;
  const left = (Date.parse(lead.offerUntil) - now) / 1000;
  if (left <= 0) return null;
  return (
    <span className={`${classes.offer} num`} data-mine={mine || undefined} data-hurry={left < 15 || undefined}>
      {mine
        ? m.offer_left({ time: elapsed(Math.ceil(left)) })
        : m.offered_to({ name: lead.offeredTo.name, time: elapsed(Math.ceil(left)) })}
    </span>
  );
}
