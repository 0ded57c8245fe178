/**
 * A call is the set of everything that was told about it. Pure: the same facts give the same call, in whatever order
 * and however often they came, and a further fact never takes the call's state or its outcome back.
 */
import type { CallFact, CallOutcome, RemoteFile, Source } from '../channel.ts';

/** A fact with the moment when it first reached us, for providers that tell no time. */
export interface HeardFact {
  readonly fact: CallFact;
  readonly heardAtMs: number;
  readonly files?: readonly RemoteFile[];
  /** What the dialled number stands for. */
  readonly source?: Source;
  /** Set by the house when nothing more was heard: anything that a provider says about the end is better. */
  readonly closing?: true;
}

export interface Transfer {
  readonly from: string | null;
  readonly to: string | null;
}

export interface Call {
  readonly direction: 'inbound' | 'outbound' | 'internal';
  readonly state: 'ringing' | 'talking' | 'ended';
  /** `answered` as soon as somebody talks; anything else only when it is over. */
  readonly outcome: CallOutcome | undefined;
  readonly startedAtMs: number;
  readonly answeredAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  readonly waitSeconds: number | undefined;
  readonly talkSeconds: number | undefined;
  /** Our number, and what it is called. */
  readonly line: string | undefined;
  readonly lineTitle: string | undefined;
  /** Whose phones rang, in that order. */
  readonly rang: readonly string[];
  /** Who of ours talked first, and last: they differ after a transfer. */
  readonly answeredBy: string | undefined;
  readonly spokeLast: string | undefined;
  readonly transfers: readonly Transfer[];
  readonly hiddenNumber: boolean;
  readonly cause: string | undefined;
  /** Nobody told us of the end: we gave up waiting for it. */
  readonly endUnknown: boolean;
}

/** More than any provider tells about one call; what matters most is kept. */
const MAX_FACTS = 200;

const OUTCOMES: readonly CallOutcome[] = [
  'answered',
  'voicemail',
  'blocked',
  'declined',
  'busy',
  'missed',
  'cancelled',
  'failed',
];

const WEIGHT: Readonly<Record<CallFact['happened'], number>> = {
  ended: 7,
  answered: 6,
  transferred: 5,
  recorded: 4,
  ringing: 3,
  held: 2,
  'leg-ended': 1,
  noted: 0,
};

/** The union, each fact once with its earliest hearing. Keeps at most 200: which ones does not depend on the order. */
export function addFacts(known: readonly HeardFact[], more: readonly HeardFact[]): readonly HeardFact[] {
  const all = new Map<string, HeardFact>();
  for (const heard of [...known, ...more]) {
    const name = nameOf(heard);
    const before = all.get(name);
    if (before === undefined || heard.heardAtMs < before.heardAtMs) all.set(name, heard);
  }
  const entries = [...all.entries()];
  if (entries.length > MAX_FACTS)
    entries.sort(([a, x], [b, y]) => WEIGHT[y.fact.happened] - WEIGHT[x.fact.happened] || (a < b ? -1 : 1));
  return entries
    .slice(0, MAX_FACTS)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, heard]) => heard);
}

/** Equal facts have equal names, whatever the order of their members. */
export function nameOf({ fact, files, closing }: HeardFact): string {
  return JSON.stringify([sorted(fact), (files ?? []).map(fileName).sort(), closing ?? false]);
}

/** What makes two mentions of a recording the same recording. */
export function fileName(file: RemoteFile): string {
  return JSON.stringify(sorted(file.ref));
}

function sorted(value: object): unknown {
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** @param facts at least one */
export function foldCall(facts: readonly HeardFact[]): Call {
  const ordered = [...facts].sort(byTime);
  const told = ordered.filter(({ closing }) => closing !== true);
  const ends = told.filter(({ fact }) => fact.happened === 'ended');
  const endUnknown = ends.length === 0 && told.length < ordered.length;
  const ended = ends.length > 0 || endUnknown;
  const direction = directionOf(told);
  const answered = told.some(talks);
  const outcome = ended ? outcomeOf(told, answered) : answered ? 'answered' : undefined;
  const clock = clockOf(
    told,
    ended ? (ends.length > 0 ? ends : ordered.filter(({ closing }) => closing === true)) : [],
  );
  const people = peopleOf(told, direction, outcome === 'answered');
  return {
    direction,
    state: ended ? 'ended' : answered ? 'talking' : 'ringing',
    outcome,
    ...clock,
    waitSeconds: most(told, 'waitSeconds') ?? clock.waitSeconds,
    talkSeconds: outcome === 'answered' ? most(told, 'talkSeconds') || clock.talkSeconds : undefined,
    line: told.find(({ fact }) => fact.line !== undefined)?.fact.line,
    lineTitle: told.find(({ fact }) => fact.lineTitle !== undefined)?.fact.lineTitle,
    ...people,
    hiddenNumber: told.some(({ fact }) => fact.hiddenNumber === true),
    cause: ends.findLast(({ fact }) => fact.cause !== undefined)?.fact.cause,
    endUnknown,
  };
}

function byTime(a: HeardFact, b: HeardFact): number {
  return (
    timeOf(a) - timeOf(b) ||
    (a.fact.order ?? 0) - (b.fact.order ?? 0) ||
    WEIGHT[a.fact.happened] - WEIGHT[b.fact.happened] ||
    (nameOf(a) < nameOf(b) ? -1 : 1)
  );
}

const timeOf = ({ fact, heardAtMs }: HeardFact): number => fact.at?.getTime() ?? heardAtMs;

/** A call with the world outside is that, whatever its legs between our own people say. */
function directionOf(facts: readonly HeardFact[]): Call['direction'] {
  for (const direction of ['inbound', 'outbound', 'internal'] as const)
    if (facts.some(({ fact }) => fact.direction === direction)) return direction;
  return 'inbound';
}

const talks = ({ fact }: HeardFact): boolean =>
  fact.happened === 'answered' || fact.outcome === 'answered' || (fact.talkSeconds ?? 0) > 0;

function outcomeOf(facts: readonly HeardFact[], answered: boolean): CallOutcome {
  if (answered) return 'answered';
  return OUTCOMES.find((one) => facts.some(({ fact }) => fact.outcome === one)) ?? 'missed';
}

function most(facts: readonly HeardFact[], name: 'waitSeconds' | 'talkSeconds'): number | undefined {
  const found = facts.flatMap(({ fact }) => fact[name] ?? []);
  return found.length === 0 ? undefined : Math.max(...found);
}

const MAX_SECONDS = 86_400;

/**
 * Moments of the provider's clock are compared only with each other, and so are ours: the two may differ by a time
 * zone.
 */
function clockOf(facts: readonly HeardFact[], ends: readonly HeardFact[]) {
  const answers = facts.filter(({ fact }) => fact.happened === 'answered');
  const theirs = {
    started: earliest(facts.flatMap(({ fact }) => [fact.startedAt, fact.at])),
    answered: earliest([...facts.map(({ fact }) => fact.answeredAt), ...answers.map(({ fact }) => fact.at)]),
    ended: latest(ends.flatMap(({ fact }) => [fact.endedAt ?? fact.at])),
  };
  const ours = {
    started: Math.min(...facts.map(({ heardAtMs }) => heardAtMs), ...ends.map(({ heardAtMs }) => heardAtMs)),
    answered: answers.length === 0 ? undefined : Math.min(...answers.map(({ heardAtMs }) => heardAtMs)),
    ended: ends.length === 0 ? undefined : Math.min(...ends.map(({ heardAtMs }) => heardAtMs)),
  };
  const span = (from: 'started' | 'answered', to: 'answered' | 'ended'): number | undefined =>
    seconds(theirs[from], theirs[to]) ?? seconds(ours[from], ours[to]);
  const talked = theirs.answered !== undefined || ours.answered !== undefined;
  return {
    startedAtMs: theirs.started ?? ours.started,
    answeredAtMs: theirs.answered ?? ours.answered,
    endedAtMs: theirs.ended ?? ours.ended,
    waitSeconds: talked ? span('started', 'answered') : ends.length > 0 ? span('started', 'ended') : undefined,
    talkSeconds: talked && ends.length > 0 ? span('answered', 'ended') : undefined,
  };
}

function seconds(fromMs: number | undefined, toMs: number | undefined): number | undefined {
  if (fromMs === undefined || toMs === undefined) return undefined;
  return Math.min(Math.max(Math.round((toMs - fromMs) / 1000), 0), MAX_SECONDS);
}

const times = (dates: readonly (Date | undefined)[]): number[] => dates.flatMap((one) => one?.getTime() ?? []);
const earliest = (dates: readonly (Date | undefined)[]): number | undefined =>
  times(dates).length === 0 ? undefined : Math.min(...times(dates));
const latest = (dates: readonly (Date | undefined)[]): number | undefined =>
  times(dates).length === 0 ? undefined : Math.max(...times(dates));

/** Who of ours had to do with it. */
function peopleOf(facts: readonly HeardFact[], direction: Call['direction'], answered: boolean) {
  const named = (some: readonly HeardFact[]): string[] => some.flatMap(({ fact }) => fact.extension ?? []);
  const talking = named(facts.filter(({ fact }) => fact.happened === 'answered'));
  const transfers = facts
    .filter(({ fact }) => fact.happened === 'transferred')
    .map(({ fact }) => ({ from: fact.extension ?? null, to: fact.toExtension ?? null }));
  // Some providers name the person only when it is over; who made an outbound call is in every event of it.
  const summed = named(facts.filter(({ fact }) => fact.happened === 'ended' || direction === 'outbound'));
  const someone = talking.length > 0 ? talking : summed;
  return {
    rang: [...new Set(named(facts.filter(({ fact }) => fact.happened === 'ringing')))],
    answeredBy: answered || direction === 'outbound' ? someone[0] : undefined,
    spokeLast: answered ? someone.at(-1) : undefined,
    transfers,
  };
}
