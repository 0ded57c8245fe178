import { Badge, VisuallyHidden } from '@mantine/core';
import { m } from '../paraglide/messages.js';

export function WaitingBadge({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <Badge size="sm" variant="filled" className="num" data-testid="waiting-count">
      {count > 999 ? '999+' : count}
      <VisuallyHidden> {m.waiting_suffix()}</VisuallyHidden>
    </Badge>
  );
}
