import { cleanLine, type Nothing, type Receipt } from '../../src/channel.ts';
import { explainError } from './explain-error.ts';
import { id, type Loose, list, present, record, string, time } from './loose.ts';

/** A voice message that was played was read. */
const STATES: ReadonlyMap<string, Receipt['state']> = new Map([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['played', 'read'],
  ['failed', 'failed'],
]);

/** As it comes: `delivered` may arrive after `read`, and the house never moves a receipt backwards. */
export function readStatus(status: Loose): Receipt | Nothing {
  const of = id(status.id);
  const state = STATES.get(string(status.status));
  if (string(status.recipient_type) === 'group') return { ignored: 'status of a group message' };
  if (state === undefined) return { ignored: `status ${cleanLine(string(status.status), 50)}`.trim() };
  if (of === undefined) return { ignored: 'status without a message' };
  const reason = state === 'failed' ? failure(status) : undefined;
  const idempotencyKey = string(status.biz_opaque_callback_data).slice(0, 64) || undefined;
  return present({ kind: 'receipt', of, state, at: time(status.timestamp), reason, idempotencyKey }) as Receipt;
}

/** Of the table alone: Meta's own `details` have been seen with the client's number in them. */
function failure(status: Loose): string {
  const code = Number(string(record(list(status.errors)[0]).code) || Number.NaN);
  if (!Number.isInteger(code)) return 'WhatsApp did not deliver the message and gave no reason.';
  return explainError(code)?.words ?? `WhatsApp did not deliver the message (error ${code}).`;
}
