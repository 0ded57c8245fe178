import { useNavigate } from '@tanstack/react-router';
import { ApiError, send } from '../api/send.ts';
import { serverNow } from '../api/server-clock.ts';
import type { HeldBy, Lead, Person } from '../api/types.ts';
import { ago } from '../i18n/when.ts';
import { m } from '../paraglide/messages.js';
import { tellNotice } from './tell.ts';
import { useAction } from './use-action.ts';

/** Takes a lead and goes to its page. Whoever comes second hears who was first. */
export function useClaim() {
  const navigate = useNavigate();
  return useAction((id: string) => send<Lead>('POST', `/leads/${id}/claim`), {
    refresh: [['leads'], ['lead'], ['queues']],
    onDone: (_, id) => navigate({ to: '/leads/$id', params: { id } }),
    onProblem: (error) => {
      if (!(error instanceof ApiError) || error.status !== 409) return false;
      tellNotice(whyNot(error.problem as Partial<HeldBy & Offered>), m.claim_lost_title());
      return true;
    },
  });
}

/** Somebody else is being asked first. */
interface Offered {
  readonly offeredTo: Person;
}

function whyNot({ heldBy, since, offeredTo }: Partial<HeldBy & Offered>): string {
  if (heldBy !== undefined && since !== undefined)
    return m.claim_lost({ name: heldBy.name, ago: ago(since, serverNow()) });
  return offeredTo === undefined ? m.claim_closed() : m.claim_offered({ name: offeredTo.name });
}
