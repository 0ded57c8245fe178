import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { Fragment } from 'react';
import type { Ledger } from '../../api/types.ts';
import { count } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import classes from './ledger.module.css';

type Counts = Omit<Ledger, 'rows'>;

/** received = opened + attached + ignored + quarantined + pending, with the numbers in it. */
export function Equation({ counts }: { counts: Counts }) {
  const parts = [
    { name: m.ledger_opened(), value: counts.opened, kind: 'opened' },
    { name: m.ledger_attached(), value: counts.attached, kind: 'attached' },
    { name: m.ledger_ignored(), value: counts.ignored, kind: 'ignored' },
    { name: m.ledger_quarantined(), value: counts.quarantined, kind: 'quarantined' },
    { name: m.ledger_pending(), value: counts.pending, kind: 'pending' },
  ];
  return (
    <section className={`card ${classes.equation}`} aria-label={m.ledger_equation()} data-testid="equation">
      <div className={classes.sum}>
        <Term name={m.ledger_received()} value={counts.received} kind="received" />
        {parts.map((part, index) => (
          <Fragment key={part.kind}>
            <span className={classes.sign} aria-hidden="true">
              {index === 0 ? '=' : '+'}
            </span>
            <Term {...part} />
          </Fragment>
        ))}
      </div>
      <Share parts={parts} total={counts.received} />
      <Balanced balanced={counts.balanced} />
    </section>
  );
}

function Term({ name, value, kind }: { name: string; value: number; kind: string }) {
  return (
    <div className={classes.term} data-kind={kind} data-testid={`count-${kind}`}>
      <span className={`${classes.value} num`}>{count(value)}</span>
      <span className={classes.termName}>{name}</span>
    </div>
  );
}

function Share({ parts, total }: { parts: readonly { value: number; kind: string }[]; total: number }) {
  if (total === 0) return null;
  return (
    <div className={classes.share} aria-hidden="true">
      {parts
        .filter((part) => part.value > 0)
        .map((part) => (
          <span key={part.kind} data-kind={part.kind} style={{ flexGrow: part.value }} />
        ))}
    </div>
  );
}

export function Balanced({ balanced }: { balanced: boolean }) {
  return (
    <div className={classes.balanced} data-balanced={balanced} data-testid="balanced">
      {balanced ? <IconCheck size={17} aria-hidden="true" /> : <IconAlertTriangle size={17} aria-hidden="true" />}
      {balanced ? m.ledger_balanced() : m.ledger_unbalanced()}
    </div>
  );
}
