/**
 * The door for the outside world: `/in/<channel>/<endpoint key>`. Finds the endpoint, limits the body and the rate,
 * lets
 * the channel verify, accepts, answers. Nothing here knows whose request it is, so nothing can tell.
 *
 * It knows no framework: Hono hands visits in for the Worker and for everything that is not hot, and the Node server
 * hands in posts directly, without a Request and a Response for each.
 */
import type { Answer, InboundRequest, RoutingQuestion } from '../channel.ts';
import { redact } from '../db/open.ts';
import type { Deps } from '../deps.ts';
import { causeChain, Rejected } from '../errors.ts';
import { inTime } from '../in-time.ts';
import type { Acceptor } from '../intake/accept.ts';
import type { AnswerRinging } from '../intake/answer-ringing.ts';
import type { EndpointBook, OpenEndpoint } from '../intake/endpoint-book.ts';
import type { Meter } from '../intake/meter.ts';
import { toolsFor } from '../intake/tools.ts';
import { clientAddress } from './client-address.ts';
import {
  checkAddress,
  checkMediaType,
  checkOrigin,
  checkPath,
  corsHeaders,
  limitsOf,
  lookLimits,
} from './door-rules.ts';
import { errorPage } from './error-page.ts';
import { answerError } from './problem.ts';
import { alwaysHeaders } from './secure-headers.ts';

export interface DoorParts {
  readonly endpoints: EndpointBook;
  readonly acceptor: Acceptor;
  readonly meter: Meter;
  /** Outbound HTTP of channels' checks. */
  readonly fetch: typeof fetch;
  /** Whom to ring. Absent: every question gets the safe default. */
  readonly ring?: AnswerRinging;
}

/** One request at the door. */
export interface Visit {
  readonly method: string;
  readonly channel: string;
  readonly key: string;
  /** Path and query. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The address at the other end of the connection. */
  readonly peer: string;
  /** Reads the body, never more than so many bytes of it. @throws Rejected 413, 400 */
  readonly body: (maxBytes: number) => Promise<Uint8Array>;
  /** Called with the accepted delivery before the answer leaves. The Worker processes it there. */
  readonly onAccepted?: (delivery: string) => void;
  /** Where the process may end with the answer: what still has to be waited for. */
  readonly later?: (work: Promise<unknown>) => void;
}

/** Never throws: whatever goes wrong is an answer, with the CORS headers that let the page read it. */
export type Door = (visit: Visit) => Promise<Answer>;

/** So long a caller may wait for our commit; what becomes of it later is a repeat, or counts when it is asked again. */
const RINGING_ACCEPT_MS = 1500;

export function createDoor(deps: Deps, parts: DoorParts): Door {
  const addressOf = clientAddress(deps.config.trustedProxies);
  const always = alwaysHeaders(deps.config);
  const toolDeps = { sql: deps.sql, vault: deps.vault, clock: deps.clock, fetch: parts.fetch };

  const requestOf = (visit: Visit, body: Uint8Array): InboundRequest => ({
    method: visit.method,
    url: visit.url,
    headers: visit.headers,
    body,
    address: addressOf(visit.peer, visit.headers['x-forwarded-for']),
    receivedAt: new Date(deps.clock.now()),
  });

  const take = async (visit: Visit, endpoint: OpenEndpoint): Promise<Answer> => {
    const { channel, context } = endpoint;
    const sinceMs = performance.now();
    if (endpoint.paused) throw new Rejected(403, 'This endpoint is paused.');
    if (channel.verify === undefined) throw new Rejected(405, 'This endpoint does not take requests.');
    checkOrigin(endpoint, visit.headers.origin, deps.config.publicUrl);
    checkMediaType(endpoint, visit.headers['content-type']);
    const request = requestOf(visit, await visit.body(channel.capabilities.maxBodyBytes));
    const limits = limitsOf(endpoint, request.address);
    checkAddress(endpoint, request.address);
    if (limits.length > 0) await parts.meter.admit(limits);
    const genuine = await channel.verify(request, context, toolsFor(toolDeps, endpoint));
    const accepting = parts.acceptor.accept(endpoint, request, genuine.repeatKey);
    // While a caller waits, a late 503 is worse than an early one: the provider's own fallback takes the call.
    const accepted = await (genuine.asks === undefined ? accepting : inTime(accepting, RINGING_ACCEPT_MS));
    visit.onAccepted?.(accepted.delivery);
    if (genuine.asks !== undefined) return answerCall(visit, endpoint, genuine.asks, sinceMs);
    return genuine.answer ?? { status: 202, headers: JSON_TYPE, body: JSON.stringify(accepted) };
  };

  /** Who gets a call that rings. The delivery is committed; from here on nothing may fail. */
  const answerCall = async (visit: Visit, endpoint: OpenEndpoint, question: RoutingQuestion, sinceMs: number) => {
    const later = (work: Promise<unknown>): void => {
      const logged = work.catch((error: unknown) =>
        deps.log.warn('call.not_commanded', { endpoint: endpoint.id, causes: causeChain(redact(error)) }),
      );
      visit.later?.(logged);
    };
    const route = await parts.ring?.({ endpoint, question, sinceMs, later });
    const answer = question.reply(route);
    if (question.command !== undefined) later(question.command(route));
    return answer;
  };

  const look = async (visit: Visit, endpoint: OpenEndpoint): Promise<Answer> => {
    const request = requestOf(visit, new Uint8Array());
    // Challenges cost work: as many looks as a visitor may need for his requests, and no more.
    await parts.meter.admit(lookLimits(endpoint, request.address));
    const answer = await endpoint.channel.handshake?.(request, endpoint.context, toolsFor(toolDeps, endpoint));
    if (answer === undefined && visit.method === 'GET' && endpoint.channel.capabilities.takesGets === true)
      return take(visit, endpoint);
    if (answer === undefined) throw new Rejected(404, 'There is nothing to see here.');
    return answer;
  };

  return async (visit) => {
    let ours: Readonly<Record<string, string>> = always;
    let endpoint: OpenEndpoint | undefined;
    try {
      endpoint = await parts.endpoints.byKey(deps.sql, visit.channel, visit.key);
      if (endpoint === undefined) throw new Rejected(404, 'There is no such endpoint.');
      checkPath(endpoint, visit.url);
      ours = { ...always, ...corsHeaders(endpoint, visit.headers.origin, deps.config.publicUrl) };
      if (visit.method === 'POST') return withHeaders(await take(visit, endpoint), ours);
      if (visit.method === 'GET' || visit.method === 'HEAD') return withHeaders(await look(visit, endpoint), ours);
      if (visit.method === 'OPTIONS') return { status: 204, headers: ours };
      throw new Rejected(405, 'POST is what works here.');
    } catch (error) {
      const shown = await showProblem(answerError(error, deps.log), visit, endpoint);
      const headers = Object.fromEntries([...shown.headers].map(([name, value]) => [NAMES[name] ?? name, value]));
      return withHeaders({ status: shown.status, headers, body: await shown.text() }, ours);
    }
  };
}

/** A browser that posted a plain form shows whatever comes back. */
async function showProblem(problem: Response, visit: Visit, endpoint: OpenEndpoint | undefined): Promise<Response> {
  if (visit.method !== 'POST' || !(visit.headers.accept ?? '').includes('text/html')) return problem;
  const { url, headers } = visit;
  if (endpoint === undefined) return errorPage(problem, { url, headers });
  const { language, address } = endpoint.context;
  const page = endpoint.channel.handshake === undefined ? undefined : address;
  return errorPage(problem, { url, headers, endpoint: { language, page } });
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const NAMES: Readonly<Record<string, string>> = { vary: 'Vary', 'content-type': 'Content-Type' };

/** The channel's own `Vary` and ours are both true. */
function withHeaders(answer: Answer, more: Readonly<Record<string, string>>): Answer {
  const vary = [answer.headers?.Vary, more.Vary].filter((one) => one !== undefined).join(', ');
  return { ...answer, headers: { ...answer.headers, ...more, ...(vary === '' ? {} : { Vary: vary }) } };
}
