/** The one Hono app of both entries. */
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { asSystem } from './access/actor.ts';
import type { Deps } from './deps.ts';
import { apiKeyRoutes } from './http/api-keys.ts';
import { type AppEnv, authenticate } from './http/authenticate.ts';
import { callRoutes } from './http/calls.ts';
import { channelRoutes } from './http/channels.ts';
import { clientAddress, socketAddress } from './http/client-address.ts';
import { contactRoutes } from './http/contacts.ts';
import { endpointRoutes } from './http/endpoints.ts';
import { eventRoutes } from './http/events.ts';
import { type Intake, intakeRoutes } from './http/intake.ts';
import { leadRoutes } from './http/leads.ts';
import { ledgerRoutes } from './http/ledger.ts';
import { listenerRoutes } from './http/listeners.ts';
import { type DocsFile, mountOpenApi } from './http/openapi.ts';
import { onError, problem } from './http/problem.ts';
import { quarantineRoutes } from './http/quarantine.ts';
import { queueRoutes } from './http/queues.ts';
import { type ReplyParts, replyRoutes } from './http/replies.ts';
import { ruleRoutes } from './http/rules.ts';
import { jsonOnly, sameOrigin } from './http/same-origin.ts';
import { secureHeaders } from './http/secure-headers.ts';
import { sessionRoutes } from './http/session.ts';
import { stageRoutes } from './http/stages.ts';
import { templateRoutes } from './http/templates.ts';
import { userRoutes } from './http/users.ts';
import type { QuarantineDeps } from './intake/quarantine.ts';
import type { Live } from './leads/live.ts';

/** What an entry adds: only Node has files and sockets, only the Worker has its own way to learn an address. */
export interface Parts {
  /** `/in/...`; absent in tests of the API alone. */
  readonly intake?: Intake;
  /** `false`: no /api. The Worker builds an app for each request, and the routes of the API are 9/10 of that. */
  readonly api?: false;
  /** Where quarantined deliveries are read and tried again; absent: no such routes. */
  readonly quarantine?: QuarantineDeps;
  /** What only Node can do for answers. */
  readonly replies?: ReplyParts;
  /** Fans changes out to screens; absent: they have to ask from time to time. */
  readonly live?: Live;
  /** Serves the web app for every GET that nothing else answers. */
  readonly web?: MiddlewareHandler;
  /** `/metrics`. */
  readonly metrics?: (c: Context) => Response | Promise<Response>;
  /** Files of the API's page; absent: no page. */
  readonly docsFile?: DocsFile;
  /** The address at the other end of the connection; `socketAddress` under Node. */
  readonly peer?: (c: Context) => string;
}

/** An edited delivery of two million characters, escaped as JSON, still fits. */
const MAX_BODY_BYTES = 8 << 20;
/** Before anybody has said who they are. */
const MAX_OPEN_BODY_BYTES = 16 << 10;
const READY_WITHIN_MS = 2000;

/** The resources under /api/v1: one line each. Their order does not matter. */
function apiRoutes(deps: Deps, parts: Parts): Hono<AppEnv> {
  const { quarantine, live } = parts;
  const api = new Hono<AppEnv>()
    .route('/', sessionRoutes(deps))
    .route('/', userRoutes(deps))
    .route('/', apiKeyRoutes(deps))
    .route('/', queueRoutes(deps))
    .route('/', ruleRoutes(deps))
    .route('/', stageRoutes(deps))
    .route('/', channelRoutes(deps))
    .route('/', endpointRoutes(deps))
    .route('/', leadRoutes(deps))
    .route('/', replyRoutes(deps, parts.replies ?? {}))
    .route('/', templateRoutes(deps))
    .route('/', listenerRoutes(deps))
    .route('/', callRoutes(deps))
    .route('/', contactRoutes(deps))
    .route('/', ledgerRoutes(deps))
    .route('/', eventRoutes(deps, live));
  return quarantine === undefined ? api : api.route('/', quarantineRoutes({ ...deps, ...quarantine }));
}

export function createApp(deps: Deps, parts: Parts = {}): Hono<AppEnv> {
  const { config, log } = deps;
  const app = new Hono<AppEnv>();
  app.onError(onError(log));
  app.notFound(() => problem(404));
  app.use(secureHeaders(config));
  mountHealth(app, deps, parts);
  if (parts.intake !== undefined) app.route('/', intakeRoutes(deps, parts.intake));
  if (parts.api !== false) mountApi(app, deps, parts);
  if (parts.web !== undefined) app.get('*', parts.web);
  return app;
}

function mountApi(app: Hono<AppEnv>, deps: Deps, parts: Parts): void {
  app.use('/api/*', addressOf(deps, parts));
  app.use('/api/v1/*', jsonOnly(), authenticate(deps), sameOrigin(deps.config), limitBody());
  app.route('/api/v1', apiRoutes(deps, parts));
  mountOpenApi(app, deps.config, parts.docsFile);
  app.all('/api/*', () => problem(404));
}

function addressOf({ config }: Deps, parts: Parts): MiddlewareHandler<AppEnv> {
  const resolve = clientAddress(config.trustedProxies);
  const peer = parts.peer ?? socketAddress;
  return async (c, next) => {
    c.set('address', resolve(peer(c), c.req.header('x-forwarded-for')));
    await next();
  };
}

function limitBody(): MiddlewareHandler<AppEnv> {
  const tooLarge = () => problem(413);
  const known = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge });
  const open = bodyLimit({ maxSize: MAX_OPEN_BODY_BYTES, onError: tooLarge });
  return (c, next) => {
    if (c.get('via') === 'nobody') return open(c, next);
    // Files have a limit of their own (src/http/replies.ts).
    return c.req.path.endsWith('/files') ? next() : known(c, next);
  };
}

/** /healthz: this process answers. /readyz: it can also reach a database that lets it work, within two seconds. */
function mountHealth(app: Hono<AppEnv>, { sql }: Deps, { metrics }: Parts): void {
  app.get('/healthz', (c) => c.json({ ok: true }));
  app.get('/readyz', async (c) => {
    const asked = asSystem(sql, (tx) => tx`select 1`).then(
      () => true,
      () => false,
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), READY_WITHIN_MS);
    });
    const ready = await Promise.race([asked, late]);
    clearTimeout(timer);
    return ready
      ? c.json({ ready })
      : problem(503, { detail: 'The database does not answer.', headers: { 'Retry-After': '2' } });
  });
  if (metrics !== undefined) app.get('/metrics', metrics);
}
