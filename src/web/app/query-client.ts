import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { meQuery } from '../api/queries.ts';
import { ApiError } from '../api/send.ts';

/** A session that ended elsewhere shows as 401 on whatever is asked next: from then on nobody is signed in. */
function onError(error: unknown): void {
  if (error instanceof ApiError && error.status === 401) queryClient.setQueryData(meQuery.queryKey, null);
}

const RETRIED = new Set([0, 502, 503, 504]);

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < 2 && (!(error instanceof ApiError) || RETRIED.has(error.status)),
      retryDelay: (failures) => 400 * 2 ** failures,
      staleTime: 5000,
      // The event stream says when something changed; a returning window only re-reads what is stale.
      refetchOnWindowFocus: true,
    },
    mutations: { networkMode: 'always' },
  },
});
