import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { leadsQuery } from '../api/queries.ts';
import type { Role } from '../api/types.ts';
import { mayOpen } from './access.ts';
import { titleWaiting } from './tab-title.ts';

/** How many leads wait. It is the queue page's own list, so the badge costs no request of its own there. */
export function useWaitingCount(role: Role): number {
  const { data } = useInfiniteQuery({ ...leadsQuery({ status: 'waiting' }), enabled: mayOpen(role, 'queue') });
  const count = data?.pages[0]?.total ?? 0;
  useEffect(() => {
    titleWaiting(count);
    return () => titleWaiting(0);
  }, [count]);
  return count;
}
