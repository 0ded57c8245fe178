import {
  IconAlertTriangle,
  IconInbox,
  IconKey,
  IconMessages,
  IconPlugConnected,
  IconReceipt,
  IconRoute,
  IconUserCheck,
  IconUsers,
  type TablerIcon,
} from '@tabler/icons-react';
import { Link, type LinkProps } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { Role } from '../api/types.ts';
import { m } from '../paraglide/messages.js';
import { isLeading, mayOpen, type Section } from './access.ts';
import classes from './shell.module.css';
import { WaitingBadge } from './waiting-badge.tsx';

export interface NavItem {
  readonly section: Section;
  readonly to: LinkProps['to'];
  readonly icon: TablerIcon;
  readonly label: string;
}

const items = (role: Role): NavItem[] => {
  const all: NavItem[] = [
    { section: 'queue', to: '/queue', icon: IconInbox, label: m.nav_queue() },
    {
      section: 'leads',
      to: '/leads',
      icon: IconUserCheck,
      label: isLeading(role) || role === 'auditor' ? m.nav_leads() : m.nav_my_leads(),
    },
    { section: 'quarantine', to: '/quarantine', icon: IconAlertTriangle, label: m.nav_quarantine() },
    { section: 'ledger', to: '/ledger', icon: IconReceipt, label: m.nav_ledger() },
    { section: 'templates', to: '/templates', icon: IconMessages, label: m.nav_templates() },
    { section: 'desk', to: '/desk', icon: IconRoute, label: m.nav_desk() },
    { section: 'endpoints', to: '/endpoints', icon: IconPlugConnected, label: m.nav_endpoints() },
    { section: 'users', to: '/users', icon: IconUsers, label: m.nav_users() },
    { section: 'api-keys', to: '/api-keys', icon: IconKey, label: m.nav_api_keys() },
  ];
  return all.filter((item) => mayOpen(role, item.section));
};

const NavMore = lazy(async () => ({ default: (await import('./nav-more.tsx')).NavMore }));

interface Props {
  readonly role: Role;
  readonly waiting: number;
}

export function SideNav({ role, waiting }: Props) {
  return (
    <nav aria-label={m.nav_label()} className={classes.nav}>
      {items(role).map((item) => (
        <Link
          key={item.section}
          to={item.to}
          className={classes.navLink}
          title={item.label}
          data-divided={item.section === 'ledger' || item.section === 'endpoints' || undefined}
        >
          <item.icon size={19} stroke={1.7} aria-hidden="true" />
          <span className={classes.sideText}>{item.label}</span>
          {item.section === 'queue' && <WaitingBadge count={waiting} />}
        </Link>
      ))}
    </nav>
  );
}

const SHOWN = 3;

/** On a phone: the three pages of the day under the thumb, the rest behind "More". */
export function BottomBar({ role, waiting }: Props) {
  const all = items(role);
  return (
    <nav aria-label={m.nav_label()} className={classes.bottomBar}>
      {all.slice(0, SHOWN).map((item) => (
        <Link key={item.section} to={item.to} className={classes.bottomLink}>
          <span className={classes.bottomIcon}>
            <item.icon size={21} stroke={1.7} aria-hidden="true" />
            {item.section === 'queue' && <WaitingBadge count={waiting} />}
          </span>
          <span>{item.label}</span>
        </Link>
      ))}
      {all.length > SHOWN && (
        <Suspense>
          <NavMore items={all.slice(SHOWN)} />
        </Suspense>
      )}
    </nav>
  );
}
