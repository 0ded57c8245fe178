import type { Actor } from '../access/actor.ts';
import type { InboundRequest } from '../channel.ts';
import type { Clock } from '../clock.ts';
import { Conflict } from '../conflict.ts';
import type { Deps } from '../deps.ts';
import { type Acceptor, createAcceptor } from '../intake/accept.ts';
import type { OpenEndpoint } from '../intake/endpoint-book.ts';
import type { Endpoint } from '../intake/endpoints.ts';
import type { ProcessDeps } from '../intake/process.ts';
import { processThese } from '../intake/processor.ts';
import { toolsFor } from '../intake/tools.ts';
import { outcomeOf, type TestOutcome } from '../intake/try-endpoint.ts';
import { addNote, setStage } from '../leads/stage.ts';
import { claim } from '../routing/claim.ts';
import { type Done, defineCommand, PROGRAM } from './command.ts';
import { type Call, calls, makeCall, openLine } from './demo/calls.ts';
import { type DemoPerson, furnish, hire, openEndpoints, type People } from './demo/company.ts';
import { makePing, makePost } from './demo/post.ts';
import { requests, type Script, type Step } from './demo/requests.ts';
import { makeTalk, openTalks, type Said, talks } from './demo/talks.ts';
import { spread } from './demo/times.ts';
import { processDepsOf, withHouse } from './open.ts';

import { table } from './table.ts';

const DAYS = 3;

export const demoCommand = defineCommand({
  words: 'demo',
  summary: 'Fill an empty installation with a made-up company, to look around in',
  usage: '[--force]',
  options: {
    force: { type: 'boolean', help: 'Although there are leads already: the made-up ones are added to them' },
  },
  more:
    'Three forms, a mailbox, a WhatsApp number, a phone line, two queues, rules, a head and three managers with\n' +
    'random passwords, and about 50 requests of the last three days. All go the way of real requests: verified,\n' +
    'stored, processed, claimed. Nobody in it exists.\n' +
    'It cannot be taken out again: use a data folder of its own (INLET_DATA_DIR=./data/demo), and delete that.',
  run: (call, values) =>
    withHouse(call, async ({ deps }) => {
      const [lead] = await deps.sql`select from leads limit 1`;
      if (lead !== undefined && values.force !== true)
        throw new Conflict(
          'There are leads here already, and made-up ones cannot be told from them or taken out again. ' +
            'Use a data folder of its own (INLET_DATA_DIR=./data/demo), or --force.',
        );
      return play(deps);
    }),
});

interface Play {
  readonly to: Script['to'] | Said['to'] | 'line';
  readonly next: Step | undefined;
  readonly make: (endpoint: OpenEndpoint, index: number, at: Date) => InboundRequest;
}

const posted = (script: Script): Play => ({
  to: script.to,
  next: script.next,
  make: (endpoint, index, at) => makePost(script, endpoint, index, at),
});
const said = (one: Said): Play => ({
  to: one.to,
  next: one.next,
  make: (endpoint, index, at) => makeTalk(one, endpoint, index, at),
});

const called = (call: Call): Play => ({
  to: 'line',
  next: undefined,
  make: (endpoint, index, at) => makeCall(call, endpoint, index, at),
});

/** The last form comes last: somebody who was a client before is offered to their manager, and that runs out soon. */
const plays = [
  ...requests.slice(0, -1).map(posted),
  ...talks.map(said),
  ...calls.map(called),
  ...requests.slice(-1).map(posted),
];

/** The house with a clock that the demo moves: receipts lie in the past, and in order. */
interface Stage {
  readonly deps: Deps;
  readonly processing: ProcessDeps;
  readonly acceptor: Acceptor;
  readonly moveTo: (ms: number) => void;
}

function build(house: Deps, startMs: number): Stage {
  let at = startMs;
  const clock: Clock = { now: () => at };
  const deps = { ...house, clock };
  const acceptor = createAcceptor({ ...deps, onCommitted: () => undefined, onError: () => undefined });
  const moveTo = (ms: number): void => {
    at = ms;
  };
  return { deps, processing: processDepsOf(deps), acceptor, moveTo };
}

async function play(house: Deps): Promise<Done> {
  const times = spread(plays.length, house.clock.now(), DAYS);
  const stage = build(house, times[0]! - 3_600_000);
  const { people, admin } = await hire(house);
  await furnish(house, people);
  const made = {
    ...(await openEndpoints(stage.deps)),
    ...(await openTalks(stage.deps)),
    ...(await openLine(stage.deps, people)),
  };
  const counts = { opened: 0, attached: 0, ignored: 0, quarantined: 0, pending: 0 };
  const endpointOf = async (to: keyof typeof made): Promise<OpenEndpoint> => {
    const open = await stage.processing.endpoints.byId(house.sql, made[to].id);
    if (open === undefined) throw new Error(`the endpoint "${made[to].name}" does not open`);
    return open;
  };
  const tilda = await endpointOf('tilda');
  const ping = await receive(stage, tilda, makePing(tilda, new Date(stage.deps.clock.now())));
  counts[ping.outcome] += 1;
  for (const [index, { to, next, make }] of plays.entries()) {
    const at = times[index]!;
    stage.moveTo(at);
    const endpoint = await endpointOf(to);
    const { outcome, leadId } = await receive(stage, endpoint, make(endpoint, index, new Date(at)));
    counts[outcome] += 1;
    if (next !== undefined && leadId !== null) await act(house, people, leadId, next);
  }
  return report(
    made,
    [...(admin === undefined ? [] : [admin]), ...Object.values(people)],
    counts,
    house.config.publicUrl,
  );
}

async function receive(stage: Stage, endpoint: OpenEndpoint, request: InboundRequest): Promise<TestOutcome> {
  const tools = toolsFor({ ...stage.deps, fetch }, endpoint);
  const genuine = await endpoint.channel.verify?.(request, endpoint.context, tools);
  const { delivery } = await stage.acceptor.accept(endpoint, request, genuine?.repeatKey);
  await processThese(stage.processing, [delivery]);
  return outcomeOf(stage.deps.sql, [delivery]);
}

/** As the manager, with the manager's rights: what row-level security hides from them fails here too. */
async function act(deps: Deps, people: People, leadId: string, step: Step): Promise<void> {
  const { id } = people[step.by];
  const actor: Actor = { userId: id, role: 'manager', name: `user:${id}`, language: 'ru' };
  const claimed = await claim(deps.sql, actor, leadId);
  // In a second demo (--force) the same client may still be with a manager of the first.
  if (claimed.kind !== 'claimed' && claimed.kind !== 'mine') return;
  if (step.note !== undefined) await addNote(deps, actor, leadId, step.note);
  if (step.stage !== undefined) await setStage(deps.sql, actor, leadId, step.stage, step.reason);
}

function report(
  made: Readonly<Record<string, Endpoint>>,
  people: readonly DemoPerson[],
  { pending, ...outcomes }: Record<TestOutcome['outcome'], number>,
  publicUrl: string,
): Done {
  const endpoints = Object.values(made).map(({ id, name, address }) => ({ id, name, address }));
  const received = Object.values(outcomes).reduce((sum, count) => sum + count, pending);
  const text = [
    `${received} requests of ${DAYS} days: ${Object.entries(outcomes)
      .map(([name, n]) => `${n} ${name}`)
      .join(', ')}.`,
    '',
    table(
      ['log in as', 'password', 'name', 'role'],
      people.map((person) => [person.email, person.password, person.name, person.role]),
    ),
    '',
    `The passwords are shown only now. Open ${publicUrl} (npm start, if no server is running),`,
    `try a form at ${endpoints[0]!.address}, and see that all is accounted for: ${PROGRAM} ledger`,
  ];
  return { json: { endpoints, people, received, outcomes }, text: text.join('\n') };
}
