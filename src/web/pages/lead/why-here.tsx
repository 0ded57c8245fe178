import type { LeadDetail } from '../../api/types.ts';
import { matchedName } from '../../i18n/words.ts';
import { m } from '../../paraglide/messages.js';
import classes from './lead.module.css';

/** Why this queue: the rule that matched and what made it match, in sentences. */
export function WhyHere({ lead }: { lead: LeadDetail }) {
  const because = lead.because;
  if (because === null) return null;
  const matched = because.matched.map(matchedName);
  return (
    <section className={`card ${classes.fact} ${classes.later}`} aria-label={m.why_here()} data-testid="why-here">
      <h2>{m.why_here()}</h2>
      <p className={classes.why}>
        {because.rule === null
          ? m.why_default({ queue: lead.queue.name })
          : m.why_rule({ rule: because.rule, queue: lead.queue.name })}
        {matched.length > 0 && ` ${m.why_matched({ what: list(matched) })}`}
        {because.ownerFirst && ` ${m.why_owner_first()}`}
      </p>
    </section>
  );
}

const list = (words: readonly string[]): string => words.join(', ');
