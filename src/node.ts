/** The Node entry: wiring, and nothing else. */
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { channels } from '../channels/node.ts';
import { ensureFirstAdminLink, setupUrl } from './access/setup.ts';
import { createApp } from './app.ts';
import { cleanHtml } from './clean-html.ts';
import { readSettings, type Settings } from './config.ts';
import { redact } from './db/open.ts';
import type { Config, Deps } from './deps.ts';
import { causeChain } from './errors.ts';
import { closeServer } from './http/close-server.ts';
import { docsFile } from './http/docs-file.ts';
import { createDoor } from './http/door.ts';
import { nodeDoor } from './http/node-door.ts';
import { type Installation, openInstallation } from './installation.ts';
import { createAcceptor } from './intake/accept.ts';
import { createAnswerRinging } from './intake/answer-ringing.ts';
import { createEndpointBook } from './intake/endpoint-book.ts';
import { createMeter } from './intake/meter.ts';
import { startJobs } from './jobs/runner.ts';
import { startTimers } from './jobs/timers.ts';
import { startLive } from './leads/live.ts';
import { startListeners } from './listeners/supervise.ts';
import type { Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createLog } from './node-log.ts';
import { createDeskBook } from './routing/desk-book.ts';
import { runProcessorThread } from './run-processor-thread.ts';
import { serveWeb } from './serve-web.ts';

const WEB_ROOT = path.join(import.meta.dirname, '../dist/web');
/** Slow senders (faults F17): headers within 10 s, the whole request within 30 s, looked at every 2 s. */
const TIMEOUTS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2000 };
const KEEP_ALIVE_MS = 65_000;
/** What a stop waits for at the most; then the database's own recovery has to do. */
const STOP_WITHIN_MS = 20_000;

interface Running {
  readonly server: Server;
  readonly stop: () => Promise<void>;
}

/** `publicUrl` follows the port that was really given, which is known only after listening. */
function configOf(settings: Settings): Config & { publicUrl: string } {
  const host = settings.host === '0.0.0.0' || settings.host === '::' ? '127.0.0.1' : settings.host;
  const publicUrl = settings.publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${settings.port}`;
  return { publicUrl, trustedProxies: settings.trustedProxies, version: settings.version };
}

function start(settings: Settings, config: Config, installation: Installation, log: Log): Running {
  const { sql, vault, clock } = installation;
  const deps: Deps = { sql, vault, channels, config, clock, log };
  const metrics = createMetrics(sql);
  const endpoints = createEndpointBook(vault, channels, config, clock);
  const processor = runProcessorThread({
    begin: () => ({
      url: installation.urlNow(),
      masterKeys: installation.masterKey.keys,
      publicUrl: config.publicUrl,
      logLevel: settings.logLevel,
    }),
    onProcessed: (count) => {
      metrics.processed(count);
      jobs.wake(); // files to fetch, a question to ask
    },
    log,
  });
  installation.moved.add(processor.follow);
  const acceptor = createAcceptor({
    sql,
    vault,
    clock,
    onCommitted: (count) => {
      metrics.accepted(count);
      processor.wake();
    },
    onError: (error) => {
      metrics.acceptFailed();
      log.error('accept.failed', { causes: causeChain(redact(error)) });
    },
  });
  const live = startLive(sql, log);
  const outside = { sql, vault, clock, log, endpoints, fetch };
  const listeners = startListeners({
    ...outside,
    channels: channels.filter((one) => one.listen !== undefined).map((one) => one.id),
    onAccepted: () => {
      metrics.accepted(1);
      processor.wake();
    },
  });
  const jobs = startJobs({
    ...outside,
    heldHere: listeners.held,
    boundChannels: channels.filter((one) => one.capabilities.sends?.byListener === true).map((one) => one.id),
    onRan: metrics.ran,
  });
  const desk = createDeskBook();
  const timers = startTimers({ sql, clock, log, vault, endpoints, desk });
  const ring = createAnswerRinging({ sql, vault, clock, log, desk });
  const doorParts = { endpoints, acceptor, meter: createMeter(sql, vault, clock), fetch, ring };
  const door = createDoor(deps, doorParts);
  const app = createApp(deps, {
    intake: { ...doorParts, door },
    live,
    replies: { wakeJobs: jobs.wake, cleanHtml },
    quarantine: { sql, vault, endpoints, clock, wake: processor.wake },
    web: serveWeb(WEB_ROOT),
    metrics: () => metrics.render(),
    docsFile,
  });
  const listener = getRequestListener(app.fetch);
  const enter = nodeDoor(door);
  const server = createServer(TIMEOUTS, (req, res) => {
    if (!enter(req, res)) void listener(req, res);
  });
  server.listen(settings.port, settings.host);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const stop = async (): Promise<void> => {
    const closed = closeServer(server);
    await live.stop(); // screens hold their connections for ever otherwise
    await closed;
    await acceptor.drain();
    // Listeners give their leases back first: the next replica goes on at once.
    await listeners.stop();
    await Promise.all([timers.stop(), jobs.stop(), processor.stop()]);
    await installation.close();
  };
  return { server, stop };
}

function listening(server: Server): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken =
        error.code === 'EADDRINUSE'
          ? new Error('the port is taken: set PORT to another one', { cause: error })
          : error;
      reject(taken);
    });
    if (server.listening) resolve(server.address() as AddressInfo);
    else server.once('listening', () => resolve(server.address() as AddressInfo));
  });
}

/** Builds the web app when its sources changed since the last build; the intake works meanwhile. */
function buildWeb(log: Log): void {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, '../scripts/build-web.ts')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  child.on('exit', (code) => (code === 0 ? undefined : log.error('web.build_failed', { code })));
  child.unref();
}

async function greet(settings: Settings, config: Config, installation: Installation): Promise<void> {
  const { masterKey, embedded, sql, clock, migrated } = installation;
  const lines = [`Inlet ${settings.version} is ready: ${config.publicUrl}`];
  if (masterKey.made)
    lines.push(
      `A master key was made: ${masterKey.from}`,
      'Keep a copy of it somewhere else. Without it nobody can read the client base, not even from a backup.',
    );
  if (embedded !== undefined && migrated.length > 0)
    lines.push(`The database is in ${embedded.dir}. Set DATABASE_URL to use a PostgreSQL of your own.`);
  const token = await ensureFirstAdminLink(sql, clock);
  if (token !== undefined)
    lines.push(
      '',
      'Nobody can log in yet. Open this link once to become the administrator:',
      setupUrl(config.publicUrl, token),
      '',
    );
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const log = createLog(settings.logLevel);
  const installation = await openInstallation(settings, { max: 10, applicationName: 'inlet server', log });
  const config = configOf(settings);
  const running = start(settings, config, installation, log);
  const { port } = await listening(running.server).catch(async (error: unknown) => {
    await running.stop();
    throw error;
  });
  if (settings.publicUrl === undefined) config.publicUrl = config.publicUrl.replace(/:\d+$/, `:${port}`);
  stopOnSignals(running, log);
  await greet(settings, config, installation);
  buildWeb(log);
}

function stopOnSignals(running: Running, log: Log): void {
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info('server.stopping', { signal });
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error('server.stop_failed', { causes: causeChain(redact(error)) });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`Inlet could not start.\n${causeChain(error).join('\n  because of ')}\n`);
  process.exit(1);
});
