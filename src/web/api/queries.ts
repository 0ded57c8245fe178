import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ApiError, send } from './send.ts';
import type {
  Alarm,
  ApiKey,
  Channel,
  Contact,
  DeliveryContent,
  Endpoint,
  Extension,
  Health,
  LeadDetail,
  LeadPage,
  LeadStatus,
  Ledger,
  LiveCall,
  Me,
  Person,
  QuarantinePage,
  Queue,
  RecentClaim,
  ReplyTemplate,
  Rule,
  Stage,
  User,
} from './types.ts';

/** `null` when nobody is signed in. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }) => {
    try {
      return await send<Me>('GET', '/me', undefined, signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

export interface LeadFilter {
  readonly status: LeadStatus;
  readonly queue?: string | undefined;
  readonly stage?: string | undefined;
  readonly limit?: number;
}

export const leadsQuery = (filter: LeadFilter) =>
  infiniteQueryOptions({
    queryKey: ['leads', filter],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const search = new URLSearchParams({ status: filter.status, limit: String(filter.limit ?? 50) });
      if (filter.queue !== undefined) search.set('queue', filter.queue);
      if (filter.stage !== undefined) search.set('stage', filter.stage);
      if (pageParam !== '') search.set('cursor', pageParam);
      return send<LeadPage>('GET', `/leads?${search}`, undefined, signal);
    },
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });

export const leadQuery = (id: string) =>
  queryOptions({
    queryKey: ['lead', id],
    queryFn: ({ signal }) => send<LeadDetail>('GET', `/leads/${id}`, undefined, signal),
  });

/** Under "leads", so that whatever makes the lists old makes this old. */
export const claimsQuery = (queue: string | undefined) =>
  queryOptions({
    queryKey: ['leads', 'claims', queue ?? ''],
    queryFn: async ({ signal }) => {
      const path = queue === undefined ? '/claims' : `/claims?queue=${queue}`;
      return (await send<{ claims: RecentClaim[] }>('GET', path, undefined, signal)).claims;
    },
  });

export const contactQuery = (id: string) =>
  queryOptions({
    queryKey: ['contact', id],
    queryFn: ({ signal }) => send<Contact>('GET', `/contacts/${id}`, undefined, signal),
  });

/** A list that comes whole: an object with one array in it. */
const list = <Item>(name: string, path: string, staleTime: number) =>
  queryOptions({
    queryKey: [name],
    queryFn: async ({ signal }) => {
      const answer = await send<Record<string, Item[]>>('GET', path, undefined, signal);
      return Object.values(answer).find(Array.isArray) ?? [];
    },
    staleTime,
  });

export const stagesQuery = list<Stage>('stages', '/stages', 600_000);
export const queuesQuery = list<Queue>('queues', '/queues', 0);
export const rulesQuery = list<Rule>('rules', '/rules', 0);
export const peopleQuery = list<Person>('people', '/people', 3000);
export const channelsQuery = list<Channel>('channels', '/channels', 600_000);
export const endpointsQuery = list<Endpoint>('endpoints', '/endpoints', 0);
export const usersQuery = list<User>('users', '/users', 0);
export const templatesQuery = list<ReplyTemplate>('templates', '/templates', 60_000);
export const alarmsQuery = list<Alarm>('alarms', '/alarms', 0);
export const healthQuery = list<Health>('health', '/health', 0);
export const liveCallsQuery = list<LiveCall>('liveCalls', '/calls/live', 0);
export const apiKeysQuery = list<ApiKey>('apiKeys', '/api-keys', 0);

export const endpointQuery = (id: string) =>
  queryOptions({
    queryKey: ['endpoints', id],
    queryFn: ({ signal }) => send<Endpoint>('GET', `/endpoints/${id}`, undefined, signal),
  });

export const extensionsQuery = (endpointId: string) =>
  queryOptions({
    queryKey: ['extensions', endpointId],
    queryFn: async ({ signal }) =>
      (await send<{ extensions: Extension[] }>('GET', `/endpoints/${endpointId}/extensions`, undefined, signal))
        .extensions,
  });

export const quarantineQuery = infiniteQueryOptions({
  queryKey: ['quarantine'],
  initialPageParam: '',
  queryFn: ({ pageParam, signal }) =>
    send<QuarantinePage>(
      'GET',
      pageParam === '' ? '/quarantine' : `/quarantine?cursor=${encodeURIComponent(pageParam)}`,
      undefined,
      signal,
    ),
  getNextPageParam: (page) => page.nextCursor,
});

/** Reading the content is on record, so it is asked for once and not again by itself. */
export const contentQuery = (id: string) =>
  queryOptions({
    queryKey: ['content', id],
    queryFn: ({ signal }) => send<DeliveryContent>('GET', `/deliveries/${id}/content`, undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

export interface LedgerFilter {
  readonly endpoint?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

export const ledgerQuery = (filter: LedgerFilter) =>
  queryOptions({
    queryKey: ['ledger', filter],
    queryFn: ({ signal }) => {
      const search = new URLSearchParams();
      for (const [name, value] of Object.entries(filter))
        if (value !== undefined && value !== '') search.set(name, value);
      return send<Ledger>('GET', `/ledger?${search}`, undefined, signal);
    },
    placeholderData: keepPreviousData,
  });
