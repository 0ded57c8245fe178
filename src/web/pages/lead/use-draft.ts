import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { leadQuery } from '../../api/queries.ts';
import { send } from '../../api/send.ts';
import type { Draft } from '../../api/types.ts';

const PAUSE_MS = 800;

export type DraftState = 'idle' | 'saving' | 'saved' | 'failed';

const NOTHING: Draft = { text: '', endpointId: null, quotes: null, subject: null };

interface DraftKeeper {
  readonly state: DraftState;
  /** Before sending: nothing is written any more that would outlive the reply. */
  readonly settle: () => Promise<void>;
}

/** Keeps what is being typed, a moment after the last key; also when the page is left before that moment. */
export function useDraft(leadId: string, typed: Draft): DraftKeeper {
  const client = useQueryClient();
  const [state, setState] = useState<DraftState>('idle');
  const draft = typed.text.trim() === '' ? NOTHING : typed;
  const now = JSON.stringify(draft);
  const kept = useRef(now);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const writing = useRef<Promise<void>>(Promise.resolve());
  const save = (wanted: string): void => {
    clearTimeout(timer.current);
    if (wanted === kept.current) return;
    kept.current = wanted;
    const body = JSON.parse(wanted) as Draft;
    client.setQueryData(leadQuery(leadId).queryKey, (lead) => lead && { ...lead, draft: body });
    // One after the other: a slow early one must not win over the last.
    writing.current = writing.current
      .then(() => send<void>('PUT', `/leads/${leadId}/draft`, body))
      .then(
        () => setState(body.text === '' ? 'idle' : 'saved'),
        () => setState('failed'),
      );
  };
  const latest = useRef({ now, save });
  latest.current = { now, save };

  useEffect(() => {
    if (now === kept.current) return undefined;
    setState('saving');
    timer.current = setTimeout(() => latest.current.save(now), PAUSE_MS);
    return () => clearTimeout(timer.current);
  }, [now]);
  useEffect(() => {
    const flush = (): void => latest.current.save(latest.current.now);
    window.addEventListener('pagehide', flush);
    return () => {
      window.removeEventListener('pagehide', flush);
      flush();
    };
  }, []);

  const settle = async (): Promise<void> => {
    clearTimeout(timer.current);
    kept.current = JSON.stringify(NOTHING);
    setState('idle');
    await writing.current;
  };
  return { state, settle };
}
