import { randomUUID } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { Rejected } from '../errors.ts';
import { createAcceptor } from '../intake/accept.ts';
import type { OpenEndpoint } from '../intake/endpoint-book.ts';
import { processThese } from '../intake/processor.ts';
import { toolsFor } from '../intake/tools.ts';
import { type Done, defineCommand, PROGRAM } from './command.ts';
import { findEndpoint } from './find.ts';
import { processDepsOf, withHouse } from './open.ts';
import { awaitOutcome, type Outcome } from './outcome.ts';
import { makeTestRequest, TEST_NAME, type TestRequest } from './test-request.ts';

const ANSWER_WITHIN_MS = 10_000;

export const channelTest = defineCommand({
  words: 'channel test',
  summary: 'Send a marked test request to an endpoint and say what became of it',
  usage: '<endpoint id, key or name> [--http]',
  positionals: [1, 1],
  options: {
    http: {
      type: 'boolean',
      help: "Post to the endpoint's address, through whatever stands before it",
    },
  },
  more:
    'Without --http this command verifies, stores and processes the request by itself, with the code and the\n' +
    'database of the server. A captcha is left out then, because no command can pass one, and the answer says so.\n' +
    `The request becomes a lead of a contact called "${TEST_NAME}"; while that is open, more tests are added to it.`,
  run: (call, values, [named = '']) =>
    withHouse(call, async ({ deps }) => {
      const found = await findEndpoint(deps.sql, named);
      if (found.deleted) throw new Rejected(404, 'This endpoint was deleted.');
      const processing = processDepsOf(deps);
      const endpoint = await processing.endpoints.byId(deps.sql, found.id);
      if (endpoint === undefined) throw new Rejected(404, `This installation has no channel "${found.channel}".`);
      if (endpoint.paused) throw new Rejected(403, 'This endpoint is paused: it takes nothing until it is resumed.');
      const test = makeTestRequest(endpoint, `inlet-test-${randomUUID()}`, new Date(deps.clock.now()));
      if (test === undefined)
        throw new Rejected(405, `There is no test request for ${found.channel}: send it a real message instead.`);
      const overNetwork = values.http === true;
      const delivery = overNetwork ? await post(endpoint, test) : await hand(deps, endpoint, test);
      if (!overNetwork) await processThese(processing, [delivery]);
      const verified = overNetwork || test.unverifiable === undefined;
      return report(await awaitOutcome(deps.sql, delivery), {
        delivery,
        verified,
        overNetwork,
        why: test.unverifiable,
      });
    }),
});

/** The way of every request, without the socket. */
async function hand(deps: Deps, endpoint: OpenEndpoint, { request, unverifiable }: TestRequest): Promise<string> {
  const tools = toolsFor({ ...deps, fetch }, endpoint);
  const repeatKey =
    unverifiable === undefined
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

async function post(endpoint: OpenEndpoint, { request }: TestRequest): Promise<string> {
  const { address } = endpoint.context;
  const answer = await fetch(address, {
    method: 'POST',
    headers: request.headers,
    body: Buffer.from(request.body),
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  }).catch((cause: unknown) => {
    throw new Error(`${address} does not answer: is the server running, and INLET_PUBLIC_URL right?`, { cause });
  });
  const said = (await answer.json().catch(() => ({}))) as { delivery?: unknown; detail?: unknown };
  if (answer.status !== 202 || typeof said.delivery !== 'string')
    throw new Error(
      `${address} answered ${answer.status}${typeof said.detail === 'string' ? `: ${said.detail}` : ''}`,
    );
  return said.delivery;
}

interface Way {
  readonly delivery: string;
  readonly verified: boolean;
  readonly overNetwork: boolean;
  readonly why: string | undefined;
}

function report({ outcome, reason, leadId: lead }: Outcome, { delivery, verified, overNetwork, why }: Way): Done {
  const worked = outcome === 'opened' || outcome === 'attached';
  const lines = [`The test was received (delivery ${delivery}).`];
  if (outcome === 'opened') lines.push(`It opened lead ${lead}.`);
  else if (outcome === 'attached') lines.push(`It was attached to lead ${lead}, which an earlier test opened.`);
  else if (outcome === 'pending') lines.push(`It is stored and still not processed. To see why: ${PROGRAM} doctor`);
  else lines.push(`It was ${outcome}: ${reason}.`);
  if (!verified) lines.push(`Not checked: ${why}. Everything after that check is what was tested.`);
  const via = overNetwork ? 'http' : 'in-process';
  return { json: { delivery, outcome, reason, lead, verified, via }, text: lines.join('\n'), failed: !worked };
}
