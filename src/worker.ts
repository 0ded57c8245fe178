/**
 * The Worker entry: accept and process at the edge, over Hyperdrive to the same PostgreSQL. The same app as on Node,
 * no
 * listeners and no jobs. How to set it up, and what it does not do: docs/worker.md
 *
 * A socket belongs to the request that opened it, so each request and each cron run has a client of its own. What an
 * isolate keeps between them (`Kept`) holds no socket and no promise.
 */
import type { ExecutionContext } from 'hono';
import { channels } from '../channels/index.ts';
import manifest from '../package.json' with { type: 'json' };
import { createApp, type Parts } from './app.ts';
import { systemClock } from './clock.ts';
import { NEWEST_MIGRATION } from './db/newest-migration.ts';
import { openDatabase, redact, type Sql } from './db/open.ts';
import type { Deps } from './deps.ts';
import { causeChain } from './errors.ts';
import { errorPage } from './http/error-page.ts';
import type { Intake } from './http/intake.ts';
import { answerError, problem } from './http/problem.ts';
import { createAcceptor } from './intake/accept.ts';
import { acceptMail } from './intake/accept-mail.ts';
import { createAnswerRinging } from './intake/answer-ringing.ts';
import { closeCalls } from './intake/close-calls.ts';
import { createEndpointBook, type EndpointMemory } from './intake/endpoint-book.ts';
import { createMeter } from './intake/meter.ts';
import type { ProcessDeps } from './intake/process.ts';
import { drainPending, processNext, processThese, recoverClaims } from './intake/processor.ts';
import { expireRecordings } from './jobs/expire-recordings.ts';
import { sweep } from './jobs/timers.ts';
import type { Log } from './log.ts';
import { createDeskBook, type DeskBook } from './routing/desk-book.ts';
import { tick } from './routing/offers.ts';
import { openVault } from './vault/open-vault.ts';
import { readMasterKeys } from './vault/read-master-keys.ts';
import { UnknownMasterKey, type Vault } from './vault/vault.ts';
import { createLog } from './worker-log.ts';

interface Env {
  readonly HYPERDRIVE: { readonly connectionString: string };
  readonly INLET_MASTER_KEY?: string;
  readonly INLET_PUBLIC_URL?: string;
  readonly INLET_LOG?: string;
}

type Waits = Pick<ExecutionContext, 'waitUntil'>;

/** A Worker may have six connections open at a time, and channels' checks need one. */
const CONNECTIONS = 5;
/** With what it does after its answer; the runtime allows about 30 s for that. */
const REQUEST_MS = 25_000;
const CRON_MS = 50_000;
const DRAIN_MS = 20_000;
const RETRY_SECONDS = '30';
/** Cloudflare's own limit of an incoming mail. */
const MAX_MAIL_BYTES = 25 << 20;

interface Kept {
  readonly vault: Vault;
  readonly desk: DeskBook;
  readonly endpoints: EndpointMemory;
}

let kept: Kept | undefined;

/** The Worker is not set up, or its database is not. Says what a person has to do. */
class NotReady extends Error {
  override readonly name = 'NotReady';
}

interface Room {
  readonly deps: Deps;
  readonly work: ProcessDeps;
}

/** @throws NotReady, or what the database throws when it is away */
async function open(env: Env, sql: Sql, log: Log): Promise<Room> {
  if (!/^https?:\/\/[^/?#]+$/.test(env.INLET_PUBLIC_URL ?? ''))
    throw new NotReady(
      'Set the variable INLET_PUBLIC_URL in wrangler.toml: https://inlet.example.com, without a path.',
    );
  const config = { publicUrl: env.INLET_PUBLIC_URL ?? '', trustedProxies: [], version: manifest.version };
  kept ??= await prepare(env, sql);
  const clock = systemClock;
  const { vault, desk } = kept;
  const endpoints = createEndpointBook(vault, channels, config, clock, kept.endpoints);
  return {
    deps: { sql, vault, channels, config, clock, log },
    work: { sql, vault, endpoints, desk, clock, log },
  };
}

/** Once an isolate: is this the right database, and the right key? */
async function prepare(env: Env, sql: Sql): Promise<Kept> {
  const masters = readMasters(env);
  await checkSchema(sql);
  try {
    return { vault: await openVault(sql, masters), desk: createDeskBook(), endpoints: new Map() };
  } catch (error) {
    if (!(error instanceof UnknownMasterKey)) throw error;
    throw new NotReady('INLET_MASTER_KEY of this Worker is not the master key of its database.', { cause: error });
  }
}

function readMasters(env: Env): Uint8Array[] {
  try {
    return readMasterKeys(env.INLET_MASTER_KEY ?? '', 'INLET_MASTER_KEY');
  } catch (cause) {
    throw new NotReady('The secret INLET_MASTER_KEY of this Worker is missing or malformed.', { cause });
  }
}

/** 42P01: no such table. 42501: not for this login. 28xxx: no such login. */
async function checkSchema(sql: Sql): Promise<void> {
  let newest: string | undefined;
  try {
    const rows = await sql<{ name: string | null }[]>`select max(name) as name from inlet_migrations`;
    newest = rows[0]?.name ?? undefined;
  } catch (cause) {
    const code = String((cause as { code?: unknown }).code);
    if (code === '42501' || code.startsWith('28'))
      throw new NotReady("The database login of this Worker is not set up: see 'The login' in docs/worker.md.", {
        cause,
      });
    if (code !== '42P01') throw cause;
  }
  if (newest === undefined || newest < NEWEST_MIGRATION)
    throw new NotReady('The database is older than this Worker: run "npm run inlet -- migrate" against it.');
}

interface Client {
  readonly sql: Sql;
  readonly end: () => Promise<void>;
}

/**
 * A client for one request. After so long whoever still waits is told that the connection is gone: 503, or the cron.
 */
function connect(env: Env, withinMs: number): Client {
  const url = env.HYPERDRIVE.connectionString;
  const sql = openDatabase(url, { max: CONNECTIONS, applicationName: 'inlet worker', pooled: true });
  const timer = setTimeout(() => void sql.end({ timeout: 0 }), withinMs);
  const end = (): Promise<void> => sql.end({ timeout: 5 }).finally(() => clearTimeout(timer));
  return { sql, end };
}

/** Cloudflare writes this header itself; what a client sent under its name does not get here. */
const peer: NonNullable<Parts['peer']> = (c) => c.req.header('cf-connecting-ip') ?? '';

async function answer(request: Request, env: Env, ctx: Waits): Promise<Response> {
  const path = new URL(request.url).pathname;
  if (path === '/healthz') return Response.json({ ok: true });
  if (!/^\/(?:in|api)\/|^\/readyz$/.test(path)) return problem(404);
  if (request.method === 'POST' && /^\/api\/v1\/(?:session|setup)$/.test(path))
    return problem(501, { detail: 'Logging in works on the Node server. Here API keys work.' });
  const log = createLog(env.INLET_LOG);
  const { sql, end } = connect(env, REQUEST_MS);
  const after: Promise<unknown>[] = [];
  try {
    const room = await open(env, sql, log);
    const app = createApp(
      room.deps,
      partsOf(room, path, (promise) => after.push(promise)),
    );
    return await app.fetch(request, env, ctx as ExecutionContext);
  } catch (error) {
    return await answerFailure(request, error, log);
  } finally {
    ctx.waitUntil(Promise.allSettled(after).then(end));
  }
}

function partsOf(
  { deps, work }: Room,
  path: string,
  later: (promise: Promise<unknown>) => void,
): Parts & { readonly intake: Intake } {
  const { sql, vault, clock, log } = deps;
  const inBackground = (run: () => Promise<number>): void =>
    later(
      run().catch((error: unknown) => {
        log.warn('processing.left_to_cron', { causes: causeChain(redact(error)) });
      }),
    );
  const acceptor = createAcceptor({
    sql,
    vault,
    clock,
    onCommitted: () => undefined,
    onError: (error) => log.error('accept.failed', { causes: causeChain(redact(error)) }),
  });
  return {
    peer,
    intake: {
      endpoints: work.endpoints,
      acceptor,
      meter: createMeter(sql, vault, clock),
      // Called as a method of something else, the runtime's own fetch refuses to work.
      fetch: (input, init) => fetch(input, init),
      peer,
      ring: createAnswerRinging({ ...work, log }),
      later,
      onAccepted: (_c, delivery) => inBackground(() => processThese(work, [delivery])),
    },
    quarantine: {
      sql,
      vault,
      clock: systemClock,
      endpoints: work.endpoints,
      wake: () => inBackground(() => drainPending(work, 4)),
    },
    ...(path.startsWith('/api/') ? {} : { api: false }),
  };
}

/** What went wrong before there was an app. Whoever sent it has to send it again. */
async function answerFailure(request: Request, error: unknown, log: Log): Promise<Response> {
  if (error instanceof NotReady) log.error('worker.not_ready', { causes: causeChain(redact(error)) });
  const told =
    error instanceof NotReady
      ? problem(503, { detail: error.message, headers: { 'Retry-After': RETRY_SECONDS } })
      : answerError(error, log);
  const wantsPage = request.method === 'POST' && (request.headers.get('accept') ?? '').includes('text/html');
  return wantsPage ? errorPage(told, { url: request.url, headers: Object.fromEntries(request.headers) }) : told;
}

/** Whatever one step does, the next one has its turn; a run that failed shows as failed in the dashboard. */
async function onCron(env: Env): Promise<void> {
  const log = createLog(env.INLET_LOG);
  const { sql, end } = connect(env, CRON_MS);
  try {
    const { work } = await open(env, sql, log);
    const steps = {
      'claims.recover': () => recoverClaims(work),
      'pending.drain': () => drainFor(work, DRAIN_MS),
      'offers.tick': () => tick(sql, work.clock.now()),
      'calls.close': () => closeCalls(work),
      'recordings.expire': () => expireRecordings(work),
      sweep: () => sweep(sql, work.clock.now()),
    };
    const failed: string[] = [];
    for (const [name, step] of Object.entries(steps))
      try {
        await step();
      } catch (error) {
        failed.push(name);
        log.error('cron.failed', { step: name, causes: causeChain(redact(error)) });
      }
    if (failed.length > 0) throw new Error(`failed: ${failed.join(', ')}`);
  } finally {
    await end();
  }
}

/** Until nothing is pending or the time is over; the next run goes on. */
async function drainFor(work: ProcessDeps, ms: number): Promise<number> {
  const until = work.clock.now() + ms;
  let total = 0;
  for (let turn = 0; work.clock.now() < until; turn += 1) {
    const done = await processNext(work, turn % 2 === 1);
    if (done === 0) break;
    total += done;
  }
  if (total > 0) work.log.info('pending.drained', { deliveries: total });
  return total;
}

/** https://developers.cloudflare.com/email-routing/email-workers/runtime-api/ */
interface IncomingMail {
  readonly from: string;
  readonly to: string;
  readonly raw: ReadableStream<Uint8Array>;
  readonly rawSize: number;
  readonly setReject: (reason: string) => void;
}

/** Whatever is thrown here makes Cloudflare answer with a temporary failure: the sending server comes again. */
async function onMail(mail: IncomingMail, env: Env, ctx: Waits): Promise<void> {
  const log = createLog(env.INLET_LOG);
  if (mail.rawSize > MAX_MAIL_BYTES) return mail.setReject('This mail is too large for this mailbox.');
  const { sql, end } = connect(env, REQUEST_MS);
  const after: Promise<unknown>[] = [];
  try {
    const room = await open(env, sql, log);
    const { acceptor, endpoints } = partsOf(room, '/in/', (promise) => after.push(promise)).intake;
    const raw = new Uint8Array(await new Response(mail.raw).arrayBuffer());
    const accepted = await acceptMail({ ...room.deps, acceptor, endpoints }, { from: mail.from, to: mail.to, raw });
    if (accepted === undefined) return mail.setReject('There is no such mailbox here.');
    if (!accepted.duplicate) after.push(processThese(room.work, [accepted.delivery]));
  } catch (error) {
    log.error('mail.not_accepted', { causes: causeChain(redact(error)) });
    throw error;
  } finally {
    ctx.waitUntil(Promise.allSettled(after).then(end));
  }
}

export default {
  fetch: answer,
  email: onMail,
  scheduled: (_event: unknown, env: Env): Promise<void> => onCron(env),
};
