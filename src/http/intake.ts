/**
 * `/in/<channel>/<endpoint key>`: the only door for the outside world. Finds the endpoint, limits the body and the
 * rate, lets the channel verify, accepts, answers. Nothing here knows whose request it is, so nothing can tell.
 */
import { type Context, Hono } from 'hono';
import type { Answer, InboundRequest } from '../channel.ts';
import type { Deps } from '../deps.ts';
import { Rejected } from '../errors.ts';
import type { Acceptor } from '../intake/accept.ts';
import type { EndpointBook, OpenEndpoint } from '../intake/endpoint-book.ts';
import type { Limit, Meter } from '../intake/meter.ts';
import { toolsFor } from '../intake/tools.ts';
import { clientAddress, socketAddress } from './client-address.ts';
import { errorPage } from './error-page.ts';
import { answerError } from './problem.ts';
import { readBody } from './read-body.ts';

export interface Intake {
  readonly endpoints: EndpointBook;
  readonly acceptor: Acceptor;
  readonly meter: Meter;
  /** Outbound HTTP of channels' checks. */
  readonly fetch: typeof fetch;
  /** How the entry learns the socket's address; `socketAddress` under Node. */
  readonly peer?: (c: Context) => string;
  /** Called with each accepted delivery, before the answer leaves. The Worker processes it there. */
  readonly onAccepted?: (c: Context, delivery: string) => void;
}

const MINUTE_LIMIT_FALLBACK = { perAddressPerMinute: 60, perEndpointPerMinute: 0 };

export function intakeRoutes(deps: Deps, intake: Intake): Hono {
  const app = new Hono();
  const addressOf = clientAddress(deps.config.trustedProxies);
  const peer = intake.peer ?? socketAddress;

  const read = (c: Context, body: Uint8Array): InboundRequest => ({
    method: c.req.method,
    url: c.req.url.slice(c.req.url.indexOf('/', 8)),
    headers: c.req.header(),
    body,
    address: addressOf(peer(c), c.req.header('x-forwarded-for')),
    receivedAt: new Date(deps.clock.now()),
  });

  /** Runs `work` on the endpoint; whatever goes wrong is told with the CORS headers that let the page read it. */
  const onEndpoint = async (c: Context, work: (endpoint: OpenEndpoint) => Promise<Response>): Promise<Response> => {
    let cors: Record<string, string> = {};
    try {
      const { channel = '', key = '' } = c.req.param() as { channel?: string; key?: string };
      const endpoint = await intake.endpoints.byKey(deps.sql, channel, key);
      if (endpoint === undefined) throw new Rejected(404, 'There is no such endpoint.');
      cors = corsHeaders(endpoint, c.req.header('origin'), deps.config.publicUrl);
      return withHeaders(await work(endpoint), cors);
    } catch (error) {
      const problem = answerError(error, deps.log);
      return withHeaders(wantsPage(c) ? await errorPage(problem, c.req.header('accept-language')) : problem, cors);
    }
  };

  app.post('/in/:channel/:key', (c) =>
    onEndpoint(c, async (endpoint) => {
      if (endpoint.paused) throw new Rejected(403, 'This endpoint is paused.');
      const { channel } = endpoint;
      if (channel.verify === undefined) throw new Rejected(405, 'This endpoint does not take requests.');
      checkOrigin(endpoint, c.req.header('origin'), deps.config.publicUrl);
      checkMediaType(endpoint, c.req.header('content-type'));
      const body = await readBody(c.req.raw, channel.capabilities.maxBodyBytes);
      const request = read(c, body);
      await intake.meter.admit(limitsOf(endpoint, request.address));
      const genuine = await channel.verify(
        request,
        endpoint.context,
        toolsFor({ ...deps, fetch: intake.fetch }, endpoint),
      );
      const accepted = await intake.acceptor.accept(endpoint, request, genuine.repeatKey);
      intake.onAccepted?.(c, accepted.delivery);
      return genuine.answer === undefined ? c.json(accepted, 202) : respond(genuine.answer);
    }),
  );

  app.get('/in/:channel/:key', (c) =>
    onEndpoint(c, async (endpoint) => {
      const tools = toolsFor({ ...deps, fetch: intake.fetch }, endpoint);
      const request = read(c, new Uint8Array());
      // Challenges cost work: as many looks as a visitor may need for his requests, and no more.
      await intake.meter.admit(lookLimits(endpoint, request.address));
      const answer = await endpoint.channel.handshake?.(request, endpoint.context, tools);
      if (answer === undefined) throw new Rejected(404, 'There is nothing to see here.');
      return respond(answer);
    }),
  );

  app.options('/in/:channel/:key', (c) => onEndpoint(c, async () => new Response(null, { status: 204 })));
  app.all('/in/:channel/:key', (c) =>
    onEndpoint(c, () => Promise.reject(new Rejected(405, 'POST is what works here.'))),
  );
  return app;
}

function withHeaders(response: Response, headers: Readonly<Record<string, string>>): Response {
  for (const [name, value] of Object.entries(headers))
    if (name === 'Vary') response.headers.append(name, value);
    else response.headers.set(name, value);
  return response;
}

/** A browser that posted a plain form shows whatever comes back. */
function wantsPage(c: Context): boolean {
  return c.req.method === 'POST' && (c.req.header('accept') ?? '').includes('text/html');
}

function respond(answer: Answer): Response {
  const body =
    typeof answer.body === 'string' ? answer.body : answer.body === undefined ? null : new Uint8Array(answer.body);
  return new Response(body, {
    status: answer.status,
    ...(answer.headers === undefined ? {} : { headers: answer.headers }),
  });
}

/** The origins that a browser may post from; `undefined`: any. */
function allowedOrigins(endpoint: OpenEndpoint, publicUrl: string): readonly string[] | undefined {
  const name = endpoint.channel.capabilities.originsSetting;
  const listed = name === undefined ? [] : (endpoint.context.settings[name] as readonly string[]);
  return listed.length === 0 ? undefined : [...listed, new URL(publicUrl).origin];
}

function checkOrigin(endpoint: OpenEndpoint, origin: string | undefined, publicUrl: string): void {
  if (origin === undefined || endpoint.channel.capabilities.originsSetting === undefined) return;
  const allowed = allowedOrigins(endpoint, publicUrl);
  if (allowed !== undefined && !allowed.includes(origin))
    throw new Rejected(
      403,
      "Requests from this site are not allowed: add its origin to the endpoint's allowed origins.",
    );
}

/** Never with credentials: what a visitor's cookies say is nobody's business here. */
function corsHeaders(endpoint: OpenEndpoint, origin: string | undefined, publicUrl: string): Record<string, string> {
  if (endpoint.channel.capabilities.originsSetting === undefined) return {};
  const allowed = allowedOrigins(endpoint, publicUrl);
  const vary = { Vary: 'Origin' };
  if (origin === undefined || (allowed !== undefined && !allowed.includes(origin))) return vary;
  return {
    ...vary,
    'Access-Control-Allow-Origin': allowed === undefined ? '*' : origin,
    'Access-Control-Allow-Methods': 'GET, POST',
    'Access-Control-Allow-Headers': 'Content-Type, Idempotency-Key, X-Requested-With',
    'Access-Control-Expose-Headers': 'Retry-After',
    'Access-Control-Max-Age': '600',
  };
}

function checkMediaType(endpoint: OpenEndpoint, header: string | undefined): void {
  const accepted = endpoint.channel.capabilities.mediaTypes;
  if (accepted === undefined) return;
  const mediaType = (header ?? '').split(';')[0]!.trim().toLowerCase();
  if (!accepted.includes(mediaType)) throw new Rejected(415, `Send one of: ${accepted.join(', ')}.`);
}

const LOOKS_PER_REQUEST = 10;

function lookLimits(endpoint: OpenEndpoint, address: string): Limit[] {
  return limitsOf(endpoint, address)
    .slice(0, 1)
    .map(({ key, perMinute }) => ({ key: `look|${key}`, perMinute: perMinute * LOOKS_PER_REQUEST }));
}

/** Processes on this machine are not visitors: the default limit is for the outside, a limit set by hand for everybody. */
function limitsOf(endpoint: OpenEndpoint, address: string): Limit[] {
  const defaults = endpoint.channel.capabilities.rate ?? MINUTE_LIMIT_FALLBACK;
  const local = address === '' || address === '::1' || address.startsWith('127.');
  const perAddress = endpoint.ratePerAddress ?? (local ? 0 : defaults.perAddressPerMinute);
  const perEndpoint = endpoint.ratePerEndpoint ?? defaults.perEndpointPerMinute;
  const limits: Limit[] = [];
  if (perAddress > 0) limits.push({ key: `${endpoint.id}|${network(address)}`, perMinute: perAddress });
  if (perEndpoint > 0) limits.push({ key: endpoint.id, perMinute: perEndpoint });
  return limits;
}

/** One customer of a provider holds a whole IPv6 /64: counting single addresses would count nobody. */
function network(address: string): string {
  return address.includes(':') ? expandPrefix(address) : address;
}

function expandPrefix(address: string): string {
  const [head = '', tail = ''] = address.split('::');
  const front = head.split(':').filter((group) => group !== '');
  const back = tail.split(':').filter((group) => group !== '');
  const missing = address.includes('::') ? 8 - front.length - back.length : 0;
  const groups = [...front, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
