import { Button, Select, TextInput } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ledgerQuery } from '../../api/queries.ts';
import type { Ledger } from '../../api/types.ts';
import { isLeading, useMe } from '../../app/access.ts';
import { m } from '../../paraglide/messages.js';
import { Dialog } from '../../parts/dialog.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { Equation } from './equation.tsx';
import classes from './ledger.module.css';
import { LedgerTable } from './ledger-table.tsx';
import { ReplayForm } from './replay-form.tsx';

/** The proof that nothing was lost: what came in is what became of it. */
export function LedgerPage() {
  const me = useMe();
  const filter = useSearch({ from: '/inside/ledger' });
  const days = { since: firstDay(filter.since), until: endOfDay(filter.until) };
  const found = useQuery(ledgerQuery({ ...days, endpoint: filter.endpoint }));
  // With one endpoint chosen, the names of the others come from the same days without that choice.
  const all = useQuery({ ...ledgerQuery(days), enabled: filter.endpoint !== undefined });
  const [replaying, setReplaying] = useState(false);
  const endpoints = endpointsOf(filter.endpoint === undefined ? found.data : all.data);
  return (
    <Page
      title={m.ledger_title()}
      intro={m.ledger_intro()}
      actions={
        isLeading(me.role) && (
          <Button
            variant="default"
            leftSection={<IconHistory size={17} aria-hidden="true" />}
            onClick={() => setReplaying(true)}
          >
            {m.replay()}
          </Button>
        )
      }
    >
      <Filters endpoints={endpoints} />
      {found.isPending && <Loading />}
      {found.isError && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {found.data !== undefined && (
        <>
          <Equation counts={found.data} />
          <LedgerTable rows={found.data.rows} />
        </>
      )}
      <Dialog opened={replaying} onClose={() => setReplaying(false)} title={m.replay_title()}>
        <ReplayForm endpoints={endpoints} onDone={() => setReplaying(false)} />
      </Dialog>
    </Page>
  );
}

export interface EndpointChoice {
  readonly value: string;
  readonly label: string;
}

function endpointsOf(ledger: Ledger | undefined): EndpointChoice[] {
  const names = new Map(ledger?.rows.map((row) => [row.endpoint.id, row.endpoint.name]));
  return [...names]
    .map(([value, label]) => ({ value, label }))
    .toSorted((one, other) => one.label.localeCompare(other.label));
}

const DAY_MS = 86_400_000;
const DAYS_SHOWN = 30;
/** Counting years of deliveries takes a while: nobody waits for that unasked. */
const ALL = 'all';
const monthAgo = (): string => new Date(Date.now() - DAYS_SHOWN * DAY_MS).toISOString().slice(0, 10);
const firstDay = (since: string | undefined): string | undefined =>
  since === ALL ? undefined : (since ?? monthAgo());

/** Both days are meant as whole days, in UTC like the ledger's own. */
const endOfDay = (day: string | undefined): string | undefined =>
  day === undefined ? undefined : new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString();

function Filters({ endpoints }: { endpoints: readonly EndpointChoice[] }) {
  const filter = useSearch({ from: '/inside/ledger' });
  const navigate = useNavigate();
  const change = (part: Partial<typeof filter>): void => {
    const next = Object.entries({ ...filter, ...part }).filter(([, value]) => value !== undefined && value !== '');
    void navigate({ to: '/ledger', search: Object.fromEntries(next), replace: true });
  };
  const chosen = filter.endpoint !== undefined || filter.since !== undefined || filter.until !== undefined;
  return (
    <search className={classes.filters} aria-label={m.filters()}>
      <Select
        label={m.endpoint()}
        placeholder={m.all_endpoints()}
        data={[...endpoints]}
        value={filter.endpoint ?? null}
        onChange={(value) => change({ endpoint: value ?? undefined })}
        clearable
        clearButtonProps={{ 'aria-label': m.clear() }}
        searchable
        nothingFoundMessage={m.nothing_found()}
      />
      <TextInput
        type="date"
        label={m.since()}
        value={firstDay(filter.since) ?? ''}
        onChange={(event) => change({ since: event.currentTarget.value || ALL })}
      />
      <TextInput
        type="date"
        label={m.until()}
        value={filter.until ?? ''}
        onChange={(event) => change({ until: event.currentTarget.value })}
      />
      {chosen && (
        <Button variant="subtle" onClick={() => change({ endpoint: undefined, since: undefined, until: undefined })}>
          {m.clear()}
        </Button>
      )}
    </search>
  );
}
