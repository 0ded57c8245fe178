import type { LeadDetail } from '../../api/types.ts';
import { useMe } from '../../app/access.ts';
import { m } from '../../paraglide/messages.js';
import { Age } from '../../parts/age.tsx';
import { ClaimButton } from '../queue/claim-button.tsx';
import { Offer } from '../queue/offer.tsx';
import classes from './lead.module.css';

/** A lead that nobody holds yet, seen from its own page. */
export function ClaimPanel({ lead }: { lead: LeadDetail }) {
  const me = useMe();
  return (
    <section className={classes.claimPanel} aria-label={m.waiting_now()}>
      <div>
        <strong>{m.waiting_now()}</strong> <Age since={lead.openedAt} />
        {lead.contact === null && <div className={classes.soft}>{m.contact_after_claim()}</div>}
      </div>
      <div className={classes.claimAction}>
        <Offer lead={lead} mine={lead.offeredTo?.id === me.id} />
        <ClaimButton lead={lead} />
      </div>
    </section>
  );
}
