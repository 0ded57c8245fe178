import { useNavigate } from '@tanstack/react-router';
import { ApiError, send } from '../api/send.ts';
import { serverNow } from '../api/server-clock.ts';
import type { HeldBy, Lead } from '../api/types.ts';
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
      const lost = heldBy(error);
      if (lost === undefined) return false;
      tellNotice(m.claim_lost({ name: lost.heldBy.name, ago: ago(lost.since, serverNow()) }), m.claim_lost_title());
      return true;
    },
  });
}

function heldBy(error: unknown): HeldBy | undefined {
  if (!(error instanceof ApiError) || error.status !== 409 || !('heldBy' in error.problem)) return undefined;
  return error.problem as unknown as HeldBy;
}
