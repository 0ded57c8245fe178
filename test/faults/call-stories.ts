/** Calls as they happen, in nobody's wire format, and what must stand in the base after each. */
export const PROVIDERS = ['webhook', 'zadarma', 'megafon', 'sipuni'] as const;
export type Provider = (typeof PROVIDERS)[number];

export interface Step {
  readonly what: 'ringing' | 'answered' | 'held' | 'transferred' | 'ended' | 'recorded';
  /** Seconds after the start. */
  readonly at: number;
  readonly extension?: string;
  readonly to?: string;
}

type Outcome = 'answered' | 'missed' | 'busy' | 'cancelled';

/** `hidden`: withheld; `untold`: no event says; else E.164, or a colleague's extension. */
export interface Story {
  readonly n: number;
  readonly provider: Provider;
  readonly id: string;
  readonly kind: Kind;
  readonly direction: 'inbound' | 'outbound' | 'internal';
  readonly client: string;
  readonly startedMs: number;
  readonly steps: readonly Step[];
  readonly outcome: Outcome;
  /** Who of ours talked last, or made the call. */
  readonly by: string | undefined;
  readonly talkSeconds: number | undefined;
  readonly recorded: boolean;
}

const KINDS = {
  answered: ['webhook', 'zadarma', 'megafon', 'sipuni'],
  missed: ['webhook', 'zadarma', 'megafon', 'sipuni'],
  busy: ['webhook', 'zadarma', 'megafon', 'sipuni'],
  cancelled: ['webhook', 'zadarma', 'megafon', 'sipuni'],
  outAnswered: ['webhook', 'zadarma', 'megafon', 'sipuni'],
  outMissed: ['webhook', 'zadarma', 'megafon', 'sipuni'],
  hidden: ['webhook', 'zadarma', 'megafon', 'sipuni'],
  internal: ['webhook', 'zadarma', 'megafon', 'sipuni'],
  recorded: ['webhook', 'zadarma', 'megafon', 'sipuni'],
  lateStart: ['webhook', 'zadarma', 'megafon', 'sipuni'],
  // The others tell no time of it, so that the order in which events come is all that there is.
  transferred: ['webhook'],
  untold: ['webhook'],
} as const satisfies Record<string, readonly Provider[]>;
export type Kind = keyof typeof KINDS;

/** Extensions of people; this one is nobody's. */
export const MANAGERS = Array.from({ length: 20 }, (_, n) => String(101 + n));
const NOBODYS = '199';
const COLLEAGUE = '150';
/** A client with several calls; they are hours old, so that their order is told by the provider's clock alone. */
const CALLS_OF_ONE = 4;
const APART_MS = 20 * 60_000;

const RING_SECONDS = 10;

/** @param now ms; every call has begun before that */
export function makeStories(count: number, run: string, now: number): Story[] {
  // Some providers tell whole seconds.
  const nowMs = now - (now % 1000);
  const pairs = (Object.keys(KINDS) as Kind[]).flatMap((kind) => KINDS[kind].map((provider) => ({ kind, provider })));
  const together = Math.floor(count / 8 / CALLS_OF_ONE) * CALLS_OF_ONE;
  return Array.from({ length: count }, (_, n) => {
    if (n < together) return oneOfSeveral(n, run, nowMs);
    const { kind, provider } = pairs[n % pairs.length]!;
    const client = kind === 'hidden' || kind === 'untold' ? kind : kind === 'internal' ? COLLEAGUE : phoneOf(n);
    return story({ n, kind, provider, client, run, startedMs: nowMs - 120_000 - (n % 60) * 1000 });
  });
}

const phoneOf = (n: number): string => `+7999${String(5_000_000 + n).padStart(7, '0')}`;

/** Calls of one client at two providers that tell the time of everything. */
function oneOfSeveral(n: number, run: string, nowMs: number): Story {
  const place = n % CALLS_OF_ONE;
  const kinds = ['answered', 'missed', 'outAnswered', 'outMissed', 'missed', 'busy'] as const;
  // A different sequence for each client.
  const kind = kinds[(n * 7 + place * Math.floor(n / CALLS_OF_ONE)) % kinds.length]!;
  return story({
    n,
    kind,
    provider: (n + (n >> 3)) % 2 === 0 ? 'webhook' : 'sipuni',
    client: phoneOf(n - place),
    run,
    startedMs: nowMs - 3 * 3_600_000 + place * APART_MS,
  });
}

interface Frame extends Pick<Story, 'n' | 'provider' | 'kind' | 'client' | 'startedMs'> {
  readonly run: string;
}

function story({ run, ...frame }: Frame): Story {
  const { n, kind, provider } = frame;
  const direction = kind === 'internal' ? 'internal' : kind.startsWith('out') ? 'outbound' : 'inbound';
  const outcome = outcomeOf(kind, n);
  const first = kind === 'answered' && n % 11 === 0 ? NOBODYS : MANAGERS[n % MANAGERS.length]!;
  const second = MANAGERS[(n + 7) % MANAGERS.length]!;
  const talked = 20 + (n % 40);
  const over = outcome === 'answered' ? RING_SECONDS + talked : RING_SECONDS * 2;
  const steps: Step[] = [];
  if (direction !== 'inbound') steps.push({ what: 'ringing', at: 0, extension: first });
  else if (kind !== 'lateStart') steps.push({ what: 'ringing', at: 0 }, { what: 'ringing', at: 2, extension: first });
  if (outcome === 'answered' && !(kind === 'internal' && provider === 'zadarma'))
    steps.push({ what: 'answered', at: RING_SECONDS, extension: first });
  if (kind === 'transferred')
    steps.push(
      { what: 'held', at: RING_SECONDS + 2, extension: first },
      { what: 'transferred', at: RING_SECONDS + 4, extension: first, to: second },
      { what: 'answered', at: RING_SECONDS + 6, extension: second },
    );
  const last = kind === 'transferred' ? second : first;
  steps.push({
    what: 'ended',
    at: over,
    ...(outcome === 'answered' || direction !== 'inbound' ? { extension: last } : {}),
  });
  if (kind === 'recorded' && (provider === 'webhook' || provider === 'zadarma'))
    steps.push({ what: 'recorded', at: over + 5 });
  return {
    ...frame,
    id: `${direction === 'inbound' ? 'in' : 'out'}_${run}${n}`,
    direction,
    steps,
    outcome,
    by: outcome === 'answered' || direction === 'outbound' ? last : undefined,
    // MegaFon tells only the whole length, with the waiting in it.
    talkSeconds: outcome === 'answered' && provider !== 'megafon' ? talked : undefined,
    recorded: kind === 'recorded',
  };
}

function outcomeOf(kind: Kind, n: number): Outcome {
  if (kind === 'missed' || kind === 'busy' || kind === 'cancelled') return kind;
  if (kind === 'outMissed') return 'missed';
  return (kind === 'hidden' || kind === 'untold') && n % 4 < 2 ? 'missed' : 'answered';
}
