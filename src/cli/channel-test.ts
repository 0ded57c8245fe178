import type { TrialRequests } from '../channel.ts';
import type { Sql } from '../db/open.ts';
import { Rejected } from '../errors.ts';
import type { OpenEndpoint } from '../intake/endpoint-book.ts';
import { makeTest, outcomeOf, TEST_NAME, type TestOutcome, tryEndpoint } from '../intake/try-endpoint.ts';
import { type Done, defineCommand, PROGRAM } from './command.ts';
import { findEndpoint } from './find.ts';
import { processDepsOf, withHouse } from './open.ts';

const ANSWER_WITHIN_MS = 10_000;
const CLOCKS_APART_MS = 2000;

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
      const test = makeTest(endpoint, new Date(deps.clock.now()));
      const overNetwork = values.http === true;
      const told = overNetwork
        ? await postAll(deps.sql, endpoint, test)
        : await tryEndpoint(processing, endpoint, test);
      const verified = overNetwork || test.unverifiable === undefined;
      return report(told, { verified, overNetwork, why: test.unverifiable });
    }),
});

/** Through whatever stands before the server, and by the network as the provider comes. */
async function postAll(sql: Sql, endpoint: OpenEndpoint, test: TrialRequests): Promise<TestOutcome> {
  const deliveries: string[] = [];
  for (const request of test.requests) {
    const since = new Date(Date.now() - CLOCKS_APART_MS);
    deliveries.push((await post(endpoint, request)) ?? (await newestOf(sql, endpoint, since)));
  }
  return outcomeOf(sql, deliveries);
}

/** The delivery, where the answer says which one it became: providers get answers that do not. */
async function post(endpoint: OpenEndpoint, request: TrialRequests['requests'][number]): Promise<string | undefined> {
  const { address } = endpoint.context;
  const answer = await fetch(new URL(request.url, address), {
    method: request.method,
    headers: request.headers,
    ...(request.method === 'GET' ? {} : { body: Buffer.from(request.body) }),
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  }).catch((cause: unknown) => {
    throw new Error(`${address} does not answer: is the server running, and INLET_PUBLIC_URL right?`, { cause });
  });
  const said = (await answer.json().catch(() => ({}))) as { delivery?: unknown; detail?: unknown };
  if (!answer.ok)
    throw new Error(
      `${address} answered ${answer.status}${typeof said.detail === 'string' ? `: ${said.detail}` : ''}`,
    );
  return typeof said.delivery === 'string' ? said.delivery : undefined;
}

async function newestOf(sql: Sql, endpoint: OpenEndpoint, since: Date): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    select id from deliveries where endpoint_id = ${endpoint.id} and received_at >= ${since} order by id desc limit 1`;
  if (row !== undefined) return row.id;
  throw new Error(`${endpoint.context.address} answered as if it took the test, and no delivery is stored here.`);
}

interface Way {
  readonly verified: boolean;
  readonly overNetwork: boolean;
  readonly why: string | undefined;
}

function report({ delivery, outcome, reason, leadId: lead }: TestOutcome, { verified, overNetwork, why }: Way): Done {
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
