import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useRef, useState } from 'react';
import { coalesce } from '../api/coalesce.ts';
import { type LiveState, listen } from '../api/live.ts';
import { liveCallsQuery } from '../api/queries.ts';
import type { LiveEvent } from '../api/types.ts';

const GAP_MS = 250;
/** A ringing telephone does not wait. */
const CALL_GAP_MS = 40;
const SLOW_GAP_MS = 1000;
const POLL_MS = 4000;

/** Which lists an event makes old. The queue comes first and alone at once; counts may lag a second. */
const TOUCHES: Readonly<Record<LiveEvent['type'], readonly string[]>> = {
  'lead.opened': ['leads', 'queues'],
  'lead.changed': ['leads'],
  'lead.claimed': ['leads', 'queues'],
  'lead.released': ['leads', 'queues'],
  'lead.message': ['leads'],
  quarantine: ['quarantine', 'ledger'],
  endpoint: ['health', 'alarms', 'endpoints'],
  call: ['liveCalls', 'leads'],
  // Who is in which queue decides who sees which lead.
  desk: ['leads', 'queues', 'rules', 'people', 'endpoints', 'users', 'me', 'stages', 'liveCalls', 'extensions'],
};

const GAPS: Readonly<Record<string, number>> = { leads: GAP_MS, lead: GAP_MS, liveCalls: CALL_GAP_MS };

export const LiveContext = createContext<LiveState>('connecting');
export const useLiveState = (): LiveState => useContext(LiveContext);

const hasCalls = (client: QueryClient): boolean => (client.getQueryData(liveCallsQuery.queryKey) ?? []).length > 0;

/** Keeps what is on screen true while signed in. `onOpened` hears of each new lead. */
export function useLive(onOpened: (event: LiveEvent) => void): LiveState {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  const heard = useRef(onOpened);
  heard.current = onOpened;

  useEffect(() => {
    const refreshers = new Map<string, () => void>();
    const refresh = (...key: string[]): void => {
      const name = key.join(' ');
      const gapMs = GAPS[key[0] ?? ''] ?? SLOW_GAP_MS;
      const known = refreshers.get(name) ?? coalesce(() => void client.invalidateQueries({ queryKey: key }), gapMs);
      refreshers.set(name, known);
      known();
    };
    const lookAtCalls = coalesce(
      () => void client.invalidateQueries({ queryKey: liveCallsQuery.queryKey }),
      SLOW_GAP_MS,
    );
    return listen(
      (event) => {
        for (const list of TOUCHES[event.type]) refresh(list);
        // Somebody may just have taken the lead of a call that is on the screen.
        if (event.lead !== undefined && hasCalls(client)) lookAtCalls();
        if (event.lead !== undefined && event.type !== 'lead.opened') refresh('lead', event.lead);
        if (event.type === 'lead.opened') heard.current(event);
      },
      (next, again) => {
        setState(next);
        // What happened between the first reading of a list and the first hearing was not heard either.
        if (next === 'live' && !again) for (const list of ['liveCalls', 'leads', 'queues', 'lead']) refresh(list);
        // Whatever happened while the line was down was not heard: read everything on screen again.
        if (next === 'live' && again)
          void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'content' });
      },
    );
  }, [client]);
  useEffect(() => {
    if (state !== 'polling') return undefined;
    const timer = setInterval(() => {
      for (const list of ['liveCalls', 'leads', 'lead', 'queues']) void client.invalidateQueries({ queryKey: [list] });
    }, POLL_MS);
    return () => clearInterval(timer);
  }, [client, state]);
  return state;
}
