import { Button, Text, Title } from '@mantine/core';
import { IconMoodSmile } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { leadsQuery, queuesQuery } from '../../api/queries.ts';
import type { Lead } from '../../api/types.ts';
import { useMe } from '../../app/access.ts';
import { m } from '../../paraglide/messages.js';
import { Empty } from '../../parts/empty.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { useNow } from '../../parts/use-now.ts';
import { InWork } from './in-work.tsx';
import classes from './queue.module.css';
import { QueueFilter } from './queue-filter.tsx';
import { QueueList } from './queue-list.tsx';
import { useArrivals } from './use-arrivals.ts';

/** Leads that wait for somebody, the longest waiting first; they come and go by themselves. */
export function QueuePage() {
  const { queue } = useSearch({ from: '/inside/queue' });
  const navigate = useNavigate();
  const waiting = useInfiniteQuery(leadsQuery({ status: 'waiting', queue }));
  const leads = useMemo(() => waiting.data?.pages.flatMap((page) => page.leads) ?? [], [waiting.data]);
  const total = waiting.data?.pages[0]?.total ?? 0;
  const arrived = useArrivals(waiting.isPlaceholderData ? undefined : waiting.data && leads, queue ?? '');
  return (
    <Page
      title={m.queue_title()}
      heading={
        <Title order={1} data-testid="queue-title">
          {m.queue_title()}
          {waiting.isSuccess && <span className={`${classes.total} num`}>{total >= 1000 ? '1000+' : total}</span>}
        </Title>
      }
      actions={
        <QueueFilter
          value={queue}
          onChange={(next) => void navigate({ to: '/queue', search: next === undefined ? {} : { queue: next } })}
        />
      }
    >
      <div className={classes.columns}>
        <div>
          {waiting.isPending && <Loading />}
          {waiting.isError && <Failed error={waiting.error} onRetry={() => void waiting.refetch()} />}
          {waiting.isSuccess && <Waiting leads={leads} arrived={arrived} oneQueue={queue !== undefined} />}
          {waiting.hasNextPage && (
            <Button
              variant="default"
              fullWidth
              mt="sm"
              loading={waiting.isFetchingNextPage}
              onClick={() => void waiting.fetchNextPage()}
            >
              {m.show_more()}
            </Button>
          )}
        </div>
        <InWork queue={queue} />
      </div>
    </Page>
  );
}

interface WaitingProps {
  readonly leads: readonly Lead[];
  readonly arrived: ReadonlySet<string>;
  readonly oneQueue: boolean;
}

function Waiting({ leads, arrived, oneQueue }: WaitingProps) {
  const me = useMe();
  const now = useNow();
  const { data: queues } = useQuery(queuesQuery);
  const namesQueue = !oneQueue && (queues === undefined || queues.length > 1);
  const isMine = (lead: Lead): boolean =>
    lead.offeredTo?.id === me.id && lead.offerUntil !== null && Date.parse(lead.offerUntil) > now;
  const offers = leads.filter(isMine);
  const others = leads.filter((lead) => !isMine(lead));
  if (leads.length === 0)
    return (
      <div className="card">
        <Empty icon={IconMoodSmile} title={m.queue_empty_title()}>
          {me.onShift ? m.queue_empty() : m.queue_empty_off_shift()}
        </Empty>
      </div>
    );
  return (
    <>
      {offers.length > 0 && (
        <section aria-label={m.offered_to_you()} className={classes.offers}>
          <Text component="h2" className={classes.sectionTitle}>
            {m.offered_to_you()}
          </Text>
          <QueueList leads={offers} arrived={arrived} namesQueue={namesQueue} />
        </section>
      )}
      {others.length > 0 && <QueueList leads={others} arrived={arrived} namesQueue={namesQueue} />}
    </>
  );
}
