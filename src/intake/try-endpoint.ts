/** "Does it work?": a marked request goes the way of every request, and we look what became of it. */
import { randomUUID } from 'node:crypto';
import type { InboundRequest, TrialRequests } from '../channel.ts';
import type { Sql } from '../db/open.ts';
import { Refused, Rejected } from '../errors.ts';
import { createAcceptor } from './accept.ts';
import type { OpenEndpoint } from './endpoint-book.ts';
import type { ProcessDeps } from './process.ts';
import { processThese } from './processor.ts';
import { toolsFor } from './tools.ts';

export const TEST_NAME = 'Inlet test';
/** Numbers from 555-0100 to 555-0199 belong to nobody (NANPA). */
const TEST_PHONE = '+12025550100';

export interface TestOutcome {
  readonly delivery: string;
  readonly outcome: 'opened' | 'attached' | 'ignored' | 'quarantined' | 'pending';
  readonly reason: string | null;
  readonly leadId: string | null;
}

/** @throws Rejected 405 when the channel has no test, 403 when the endpoint is paused */
export function makeTest({ channel, context, paused }: OpenEndpoint, at: Date): TrialRequests {
  if (paused) throw new Rejected(403, 'This endpoint is paused: it takes nothing until it is resumed.');
  if (channel.test === undefined)
    throw new Rejected(405, `There is no test request for ${channel.id}: send it a real message instead.`);
  try {
    const id = `inlet-test-${randomUUID()}`;
    return channel.test(context, { id, name: TEST_NAME, phone: TEST_PHONE, email: 'inlet-test@example.com', at });
  } catch (error) {
    if (error instanceof Refused) throw new Rejected(405, error.message);
    throw error;
  }
}

/** Verifies, stores and processes by itself, without the socket. */
export async function tryEndpoint(
  deps: ProcessDeps,
  endpoint: OpenEndpoint,
  test: TrialRequests,
): Promise<TestOutcome> {
  const deliveries: string[] = [];
  for (const request of test.requests)
    deliveries.push(await hand(deps, endpoint, request, test.unverifiable === undefined));
  await processThese(deps, deliveries);
  return outcomeOf(deps.sql, deliveries);
}

async function hand(
  deps: ProcessDeps,
  endpoint: OpenEndpoint,
  request: InboundRequest,
  verified: boolean,
): Promise<string> {
  const tools = toolsFor({ ...deps, fetch }, endpoint);
  const repeatKey = verified
    ? (await endpoint.channel.verify?.(request, endpoint.context, tools))?.repeatKey
    : `idem:${request.headers['idempotency-key']}`;
  let cause: unknown;
  const acceptor = createAcceptor({ ...deps, onCommitted: () => undefined, onError: (error) => (cause = error) });
  try {
    return (await acceptor.accept(endpoint, request, repeatKey)).delivery;
  } catch (error) {
    throw cause ?? error;
  }
}

const WAIT_MS = 20_000;
const POLL_MS = 100;

/**
 * A server beside us may have been faster, and be in the middle of it: `pending` when it takes longer than 20 s. Of
 * several deliveries the one that says most.
 */
export async function outcomeOf(sql: Sql, deliveries: readonly string[]): Promise<TestOutcome> {
  const began = Date.now();
  for (;;) {
    const rows = await sql<TestOutcome[]>`
      select delivery_id as delivery, outcome, reason, lead_id as "leadId" from outcomes
      where delivery_id in ${sql(deliveries as string[])}
      order by array_position(array['opened', 'attached', 'quarantined', 'ignored'], outcome), delivery_id`;
    if (rows.length === deliveries.length) return rows[0]!;
    if (Date.now() - began > WAIT_MS)
      return { delivery: deliveries[0]!, outcome: 'pending', reason: null, leadId: null };
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
