import { useRef } from 'react';
import type { Lead } from '../../api/types.ts';

/**
 * Which rows came in while the list was on screen. What was there when it opened, or when the view changed, is not
 * new.
 */
export function useArrivals(leads: readonly Lead[] | undefined, view: string): ReadonlySet<string> {
  const seen = useRef<{ view: string; leads: readonly Lead[] | undefined; known: Set<string>; arrived: Set<string> }>({
    view: '',
    leads: undefined,
    known: new Set(),
    arrived: new Set(),
  });
  const state = seen.current;
  if (leads === undefined || leads === state.leads) return state.arrived;
  const ids = new Set(leads.map((lead) => lead.id));
  if (state.leads === undefined || state.view !== view) state.arrived = new Set();
  else {
    const fresh = [...ids].filter((id) => !state.known.has(id));
    state.arrived = new Set([...[...state.arrived].filter((id) => ids.has(id)), ...fresh]);
  }
  state.known = ids;
  state.leads = leads;
  state.view = view;
  return state.arrived;
}
