import { Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Navigate, Outlet, useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useEffect } from 'react';
import { meQuery, queuesQuery } from '../api/queries.ts';
import { send } from '../api/send.ts';
import type { LiveEvent, Me } from '../api/types.ts';
import { speak } from '../i18n/language.ts';
import { m } from '../paraglide/messages.js';
import { Loading } from '../parts/loading.tsx';
import { useAction } from '../parts/use-action.ts';
import { isLeading, useMe } from './access.ts';
import { chime, notifyDesktop } from './chime.ts';
import { Mark } from './mark.tsx';
import { BottomBar, SideNav } from './nav.tsx';
import { OfflineStrip } from './offline-strip.tsx';
import { queryClient } from './query-client.ts';
import classes from './shell.module.css';
import { LiveContext, useLive, useLiveState } from './use-live.ts';
import { useWaitingCount } from './use-waiting-count.ts';

// The panel brings floating elements and focus traps with it: the queue is on screen before they are.
const UserPanel = lazy(async () => ({ default: (await import('./user-panel.tsx')).UserPanel }));

const AlarmBell = lazy(async () => ({ default: (await import('./alarm-bell.tsx')).AlarmBell }));

const CallCards = lazy(async () => ({ default: (await import('./calls/call-cards.tsx')).CallCards }));

/** Everything around a page for somebody who is signed in. */
export function Shell() {
  const { data: me } = useQuery(meQuery);
  const location = useLocation();
  if (me === undefined) return <Loading />;
  if (me === null) return <Navigate to="/login" search={{ to: location.href }} replace />;
  return <SignedIn me={me} />;
}

function announce(event: LiveEvent): void {
  chime();
  const queue = queryClient.getQueryData(queuesQuery.queryKey)?.find((one) => one.id === event.queue);
  notifyDesktop(m.notice_new_lead(), queue === undefined ? '' : m.notice_in_queue({ queue: queue.name }));
}

function SignedIn({ me }: { me: Me }) {
  const live = useLive(announce);
  const waiting = useWaitingCount(me.role);
  useEffect(() => speak(me.language), [me.language]);
  return (
    <LiveContext value={live}>
      <a className="skip-link" href="#main">
        {m.skip_to_content()}
      </a>
      <div className={classes.shell}>
        <aside className={classes.side}>
          <div className={classes.brand}>
            <Mark size={26} />
            <span className={classes.wordmark}>Inlet</span>
            {isLeading(me.role) && (
              <span className={classes.bell}>
                <Suspense>
                  <AlarmBell position="right-end" />
                </Suspense>
              </span>
            )}
          </div>
          <SideNav role={me.role} waiting={waiting} />
          <div className={classes.sideFoot}>
            <LiveDot />
            <ShiftSwitch />
            <Suspense fallback={<div className={classes.userGap} />}>
              <UserPanel position="right-end" wide />
            </Suspense>
          </div>
        </aside>
        <section className={classes.topBar} aria-label={m.top_bar()}>
          <Mark size={24} />
          <span className={classes.topSpacer} />
          <ShiftSwitch />
          {isLeading(me.role) && (
            <Suspense>
              <AlarmBell position="bottom-end" />
            </Suspense>
          )}
          <Suspense>
            <UserPanel position="bottom-end" />
          </Suspense>
        </section>
        <main id="main" className={classes.main} tabIndex={-1}>
          <OfflineStrip />
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
          {me.role !== 'auditor' && (
            <Suspense>
              <CallCards />
            </Suspense>
          )}
          <div id="floating" />
        </main>
        <BottomBar role={me.role} waiting={waiting} />
      </div>
    </LiveContext>
  );
}

function LiveDot() {
  const state = useLiveState();
  const words = {
    live: m.live_on(),
    connecting: m.live_connecting(),
    offline: m.live_off(),
    polling: m.live_polling(),
  }[state];
  return (
    <div className={classes.live} data-state={state} title={words} data-testid="live-state">
      <span className={classes.dot} aria-hidden="true" />
      <span className={classes.sideText}>{words}</span>
    </div>
  );
}

function ShiftSwitch() {
  const me = useMe();
  const change = useAction((onShift: boolean) => send<Me>('PATCH', '/me', { onShift }), {
    onDone: (fresh) => void queryClient.setQueryData(meQuery.queryKey, fresh),
  });
  if (me.role === 'auditor') return null;
  const on = change.isPending ? change.variables : me.onShift;
  return (
    <div className={classes.shift} title={on ? m.shift_on_hint() : m.shift_off_hint()}>
      <Switch
        size="sm"
        checked={on}
        onChange={(event) => change.mutate(event.currentTarget.checked)}
        aria-label={m.shift_on()}
      />
      <span className={classes.sideText} aria-hidden="true">
        {on ? m.shift_on() : m.shift_off()}
      </span>
    </div>
  );
}
