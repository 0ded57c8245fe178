import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { meQuery } from '../api/queries.ts';
import type { Role } from '../api/types.ts';
import { Failed } from '../parts/failed.tsx';
import { NotFound } from '../parts/not-found.tsx';
import { mayOpen, type Section } from './access.ts';
import { queryClient } from './query-client.ts';
import { Shell } from './shell.tsx';

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

function goTo(to: '/login' | '/queue' | '/ledger', search: { to?: string } = {}): never {
  redirect({ to, search, throw: true });
  throw new Error('a redirect came back');
}

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search: Record<string, unknown>): { to?: string } =>
    // Only a path of this site: never somewhere else after signing in.
    typeof search.to === 'string' && /^\/(?!\/)/.test(search.to) ? { to: search.to } : {},
  component: lazyRouteComponent(() => import('../pages/login-page.tsx'), 'LoginPage'),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup/$token',
  component: lazyRouteComponent(() => import('../pages/setup-page.tsx'), 'SetupPage'),
});

const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: async ({ location }) => {
    const me = await queryClient.ensureQueryData(meQuery);
    const back = location.pathname === '/' ? {} : { to: location.href };
    const person = me ?? goTo('/login', back);
    return { role: person.role };
  },
  component: Shell,
  errorComponent: ({ error }) => <Failed order={1} error={error} />,
});

const homeOf = (role: Role) => (role === 'auditor' ? '/ledger' : '/queue');

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  beforeLoad: ({ context }) => {
    goTo(homeOf(context.role));
  },
});

const only = (section: Section) => ({
  beforeLoad: ({ context }: { context: { role: Role } }) => {
    if (!mayOpen(context.role, section)) goTo(homeOf(context.role));
  },
});

const queue = createRoute({
  getParentRoute: () => inside,
  path: '/queue',
  validateSearch: (search: Record<string, unknown>): { queue?: string } =>
    typeof search.queue === 'string' ? { queue: search.queue } : {},
  component: lazyRouteComponent(() => import('../pages/queue/queue-page.tsx'), 'QueuePage'),
  ...only('queue'),
});

const leads = createRoute({
  getParentRoute: () => inside,
  path: '/leads',
  validateSearch: (search: Record<string, unknown>): { show?: 'mine' | 'open' | 'closed' } =>
    search.show === 'mine' || search.show === 'open' || search.show === 'closed' ? { show: search.show } : {},
  component: lazyRouteComponent(() => import('../pages/leads/leads-page.tsx'), 'LeadsPage'),
});

const lead = createRoute({
  getParentRoute: () => inside,
  path: '/leads/$id',
  component: lazyRouteComponent(() => import('../pages/lead/lead-page.tsx'), 'LeadPage'),
});

const quarantine = createRoute({
  getParentRoute: () => inside,
  path: '/quarantine',
  component: lazyRouteComponent(() => import('../pages/quarantine/quarantine-page.tsx'), 'QuarantinePage'),
});

const templates = createRoute({
  getParentRoute: () => inside,
  path: '/templates',
  component: lazyRouteComponent(() => import('../pages/templates/templates-page.tsx'), 'TemplatesPage'),
  ...only('templates'),
});

const ledger = createRoute({
  getParentRoute: () => inside,
  path: '/ledger',
  validateSearch: (search: Record<string, unknown>): { endpoint?: string; since?: string; until?: string } => {
    const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
    const chosen = { endpoint: text(search.endpoint), since: text(search.since), until: text(search.until) };
    return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
  },
  component: lazyRouteComponent(() => import('../pages/ledger/ledger-page.tsx'), 'LedgerPage'),
  ...only('ledger'),
});

const endpoints = createRoute({
  getParentRoute: () => inside,
  path: '/endpoints',
  component: lazyRouteComponent(() => import('../pages/endpoints/endpoints-page.tsx'), 'EndpointsPage'),
  ...only('endpoints'),
});

const endpoint = createRoute({
  getParentRoute: () => inside,
  path: '/endpoints/$id',
  component: lazyRouteComponent(() => import('../pages/endpoints/endpoint-page.tsx'), 'EndpointPage'),
  ...only('endpoints'),
});

const desk = createRoute({
  getParentRoute: () => inside,
  path: '/desk',
  validateSearch: (search: Record<string, unknown>): { tab?: 'rules' } =>
    search.tab === 'rules' ? { tab: 'rules' } : {},
  component: lazyRouteComponent(() => import('../pages/desk/desk-page.tsx'), 'DeskPage'),
  ...only('desk'),
});

const users = createRoute({
  getParentRoute: () => inside,
  path: '/users',
  component: lazyRouteComponent(() => import('../pages/users/users-page.tsx'), 'UsersPage'),
  ...only('users'),
});

const keys = createRoute({
  getParentRoute: () => inside,
  path: '/api-keys',
  component: lazyRouteComponent(() => import('../pages/api-keys/api-keys-page.tsx'), 'ApiKeysPage'),
  ...only('api-keys'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    login,
    setup,
    inside.addChildren([
      home,
      queue,
      leads,
      lead,
      quarantine,
      templates,
      ledger,
      endpoints,
      endpoint,
      desk,
      users,
      keys,
    ]),
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
