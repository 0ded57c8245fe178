import { Button } from '@mantine/core';
import { IconHandGrab } from '@tabler/icons-react';
import type { Lead } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { useClaim } from '../../parts/use-claim.ts';

interface Props {
  readonly lead: Lead;
  /** Offered to somebody else at the moment: still there to take, but not what the eye should go to. */
  readonly quiet?: boolean;
  /** Offered to somebody else, and this person may not go before. */
  readonly reserved?: boolean;
}

export function ClaimButton({ lead, quiet = false, reserved = false }: Props) {
  const claim = useClaim();
  return (
    <Button
      size="md"
      variant={quiet ? 'default' : 'filled'}
      loading={claim.isPending}
      disabled={reserved}
      leftSection={<IconHandGrab size={19} aria-hidden="true" />}
      data-claim
      data-testid="claim"
      onClick={() => claim.mutate(lead.id)}
    >
      {m.claim()}
    </Button>
  );
}
