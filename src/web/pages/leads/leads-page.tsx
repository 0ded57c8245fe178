import '../../app/form-styles.ts';
import { Button, SegmentedControl, VisuallyHidden } from '@mantine/core';
import { IconCoffee, IconLayoutColumns, IconLayoutList } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { leadsQuery, stagesQuery } from '../../api/queries.ts';
import type { Lead, Role } from '../../api/types.ts';
import { isLeading, useMe } from '../../app/access.ts';
import { usePreference } from '../../app/preferences.ts';
import { m } from '../../paraglide/messages.js';
import { Empty } from '../../parts/empty.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { Board } from './board.tsx';
import { StageList } from './stage-list.tsx';

type Show = 'mine' | 'open' | 'closed';

const LIMIT = 200;
const firstShow = (role: Role): Show => (role === 'manager' ? 'mine' : 'open');

/** Whoever waits for an answer comes first, the longest waiting before the others. */
const waitingFirst = (one: Lead, other: Lead): number =>
  (one.unansweredSince ?? '9').localeCompare(other.unansweredSince ?? '9');

/** Leads in work by stage: one's own, and for those who lead or check everybody's. */
export function LeadsPage() {
  const me = useMe();
  const search = useSearch({ from: '/inside/leads' });
  const show = search.show ?? firstShow(me.role);
  const [view, setView] = usePreference('leadsView');
  const { data: stages } = useQuery(stagesQuery);
  const found = useInfiniteQuery(leadsQuery({ status: show === 'open' ? 'claimed' : show, limit: LIMIT }));
  const all = found.data?.pages.flatMap((page) => page.leads) ?? [];
  // "Mine" may hold finished ones; they have a list of their own.
  const leads = show === 'mine' ? all.filter((lead) => lead.closedAt === null).toSorted(waitingFirst) : all;
  const title = me.role === 'manager' ? m.my_leads_title() : m.leads_title();
  const asBoard = view === 'board' && show !== 'closed';
  return (
    <Page
      title={title}
      actions={
        <>
          <ShowSwitch role={me.role} value={show} />
          {show !== 'closed' && <ViewSwitch value={view} onChange={setView} />}
        </>
      }
    >
      {(found.isPending || stages === undefined) && !found.isError && <Loading />}
      {found.isError && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && stages !== undefined && leads.length === 0 && <Nothing show={show} />}
      {stages !== undefined &&
        leads.length > 0 &&
        (asBoard ? (
          <Board leads={leads} stages={stages} />
        ) : (
          <StageList leads={leads} stages={stages} namesOwner={show !== 'mine'} />
        ))}
      {found.hasNextPage && (
        <Button
          variant="default"
          mt="md"
          fullWidth
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          {m.show_more()}
        </Button>
      )}
    </Page>
  );
}

function ShowSwitch({ role, value }: { role: Role; value: Show }) {
  const navigate = useNavigate();
  const choices = [
    ...(role === 'auditor' ? [] : [{ value: 'mine', label: m.leads_mine() }]),
    ...(isLeading(role) || role === 'auditor' ? [{ value: 'open', label: m.leads_in_work() }] : []),
    { value: 'closed', label: m.leads_closed() },
  ];
  return (
    <SegmentedControl
      aria-label={m.leads_which()}
      value={value}
      onChange={(show) => void navigate({ to: '/leads', search: { show: show as Show } })}
      data={choices}
    />
  );
}

function ViewSwitch({ value, onChange }: { value: string; onChange: (view: string) => void }) {
  const face = (icon: React.ReactNode, words: string) => (
    <span style={{ display: 'inline-flex', verticalAlign: 'middle' }}>
      {icon}
      <VisuallyHidden>{words}</VisuallyHidden>
    </span>
  );
  return (
    <SegmentedControl
      aria-label={m.leads_view()}
      value={value}
      onChange={onChange}
      data={[
        { value: 'list', label: face(<IconLayoutList size={18} aria-hidden="true" />, m.leads_as_list()) },
        { value: 'board', label: face(<IconLayoutColumns size={18} aria-hidden="true" />, m.leads_as_board()) },
      ]}
    />
  );
}

function Nothing({ show }: { show: Show }) {
  const me = useMe();
  return (
    <div className="card">
      <Empty
        icon={IconCoffee}
        title={show === 'closed' ? m.leads_none_closed() : m.leads_none()}
        action={
          show === 'mine' && me.role !== 'auditor' ? (
            <Button component={Link} to="/queue" mt="sm">
              {m.go_to_queue()}
            </Button>
          ) : undefined
        }
      >
        {show === 'mine' ? m.leads_none_mine() : undefined}
      </Empty>
    </div>
  );
}
