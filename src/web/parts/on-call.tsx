import type { Lead } from '../api/types.ts';
import { m } from '../paraglide/messages.js';
import classes from './calls.module.css';

/** A call of this client goes on right now. */
export function OnCall({ state }: { state: Lead['onCall'] }) {
  if (state === null) return null;
  return (
    <span className={classes.onCall} data-state={state} data-testid="on-call">
      <span className={classes.liveDot} aria-hidden="true" />
      {state === 'ringing' ? m.on_call_ringing() : m.on_call_talking()}
    </span>
  );
}
