import { useEffect, useRef } from 'react';
import type { LiveCall } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { chime, notifyDesktop } from '../chime.ts';

/** Each call is heard once, when its card comes up ringing. */
export function useRing(calls: readonly LiveCall[]): void {
  const heard = useRef(new Set<string>());
  useEffect(() => {
    for (const { id, state, direction, mine, lead } of calls) {
      if (heard.current.has(id)) continue;
      heard.current.add(id);
      if (state !== 'ringing' || direction !== 'inbound') continue;
      chime();
      if (mine) notifyDesktop(m.card_incoming(), m.notice_in_queue({ queue: lead.queue.name }));
    }
  }, [calls]);
}
