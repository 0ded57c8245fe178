import { CloseButton } from '@mantine/core';
import type { TimelineMessage } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import classes from './composer.module.css';

/** Which message is being answered. */
export function QuoteStrip({ message, onCancel }: { message: TimelineMessage; onCancel: () => void }) {
  const words = message.text ?? message.subject ?? message.fields.map(({ value }) => value).join(', ');
  return (
    <div className={classes.quote} data-testid="quoting">
      <div>
        <strong>{m.reply_quoting()}</strong>
        <span>{words.slice(0, 200)}</span>
      </div>
      <CloseButton size="sm" aria-label={m.reply_quote_cancel()} onClick={onCancel} />
    </div>
  );
}
