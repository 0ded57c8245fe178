import { Button } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { quarantineQuery } from '../../api/queries.ts';
import { m } from '../../paraglide/messages.js';
import { Empty } from '../../parts/empty.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import classes from './quarantine.module.css';
import { QuarantineRow } from './quarantine-row.tsx';

/** What came in and could not become a lead by itself. Nothing here is lost: it waits for a person. */
export function QuarantinePage() {
  const found = useInfiniteQuery(quarantineQuery);
  const deliveries = found.data?.pages.flatMap((page) => page.deliveries) ?? [];
  return (
    <Page title={m.quarantine_title()} intro={m.quarantine_intro()}>
      {found.isPending && <Loading />}
      {found.isError && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && deliveries.length === 0 && (
        <div className="card">
          <Empty icon={IconShieldCheck} title={m.quarantine_empty_title()}>
            {m.quarantine_empty()}
          </Empty>
        </div>
      )}
      {deliveries.length > 0 && (
        <ul className={classes.list} data-testid="quarantine-list" aria-label={m.quarantine_title()}>
          {deliveries.map((delivery) => (
            <QuarantineRow key={delivery.id} delivery={delivery} />
          ))}
        </ul>
      )}
      {found.hasNextPage && (
        <Button
          variant="default"
          fullWidth
          mt="sm"
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          {m.show_more()}
        </Button>
      )}
    </Page>
  );
}
