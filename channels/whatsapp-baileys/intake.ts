import type { ListenTools } from '../../src/channel.ts';
import type { Item, Pair } from './heard.ts';

/**
 * Between the library and the house. WhatsApp has been told *delivered* before the event reaches us, so it never comes
 * again: what the house cannot take now is held in memory and offered until it can.
 */
export interface Intake {
  /** Calls `accept` in this very tick, so that a crash finds the message with the database. Never rejects. */
  readonly take: (item: Item) => Promise<void>;
  /** Takes many, some at a time. */
  readonly takeAll: (items: readonly Item[]) => Promise<void>;
  /** What a listener before this one could not hand over. */
  readonly restore: () => Promise<void>;
  /** Resolves when nothing is held, or the listener ends. */
  readonly drained: () => Promise<void>;
  /** Waits for what is on its way and writes the rest into the endpoint's state. */
  readonly close: () => Promise<void>;
}

export interface IntakeDeps {
  readonly tools: Pick<ListenTools, 'accept' | 'state' | 'log'>;
  readonly signal: AbortSignal;
  readonly lookUp: (address: string) => Promise<Pair | undefined>;
  readonly maxBytes: number;
  /** So many held events: drop the connection, and WhatsApp queues what comes next. */
  readonly maxHeld: number;
  readonly onFull: () => void;
  readonly onHolding: (held: number) => void;
  readonly onDrained: () => void;
  /** The house has it. */
  readonly onAccepted?: (item: Item) => void;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
const AT_ONCE = 20;
const CLOSE_MS = 3000;
const HELD_INDEX = 'held-index';
const heldName = (index: number): string => `held:${index}`;

export function openIntake(deps: IntakeDeps): Intake {
  const { tools, signal } = deps;
  const flying = new Map<Item, Promise<void>>();
  const offer = async (item: Item): Promise<void> => {
    const known = item.lookUp === undefined ? undefined : await deps.lookUp(item.lookUp).catch(() => undefined);
    const envelope = known === undefined ? item.envelope : { ...item.envelope, known };
    await tools.accept({ body: encode(envelope, deps.maxBytes) }, item.repeatKey);
    deps.onAccepted?.(item);
  };
  const hold = makeHold(deps, offer);
  const send = (item: Item): Promise<void> => {
    const done = offer(item)
      .catch(() => hold.add(item))
      .finally(() => flying.delete(item));
    flying.set(item, done);
    return done;
  };
  const take = (item: Item): Promise<void> => {
    const done = hold.items.length > 0 ? Promise.resolve(hold.add(item)) : send(item);
    if (hold.items.length + flying.size > deps.maxHeld) deps.onFull();
    return done;
  };
  const takeAll = async (items: readonly Item[]): Promise<void> => {
    for (let from = 0; from < items.length; from += AT_ONCE)
      await Promise.all(items.slice(from, from + AT_ONCE).map(take));
  };
  return {
    take,
    takeAll,
    restore: async () => {
      await takeAll(await readHeld(tools.state));
      if (hold.items.length === 0) await forgetHeld(tools.state);
    },
    drained: () => (hold.items.length === 0 || signal.aborted ? Promise.resolve() : hold.emptied()),
    close: async () => {
      await Promise.race([Promise.all(flying.values()), new Promise((resolve) => setTimeout(resolve, CLOSE_MS))]);
      const left = [...hold.items, ...flying.keys()];
      if (left.length > 0) await keepHeld(tools, left);
    },
  };
}

/** What the house did not take, offered again and again. */
function makeHold({ signal, onHolding, onDrained }: IntakeDeps, offer: (item: Item) => Promise<void>) {
  const items: Item[] = [];
  const waiters: (() => void)[] = [];
  let retrying = false;

  /** The oldest alone first; once it is through, the others in bundles. */
  const offerAll = async (): Promise<boolean> => {
    for (let size = 1; items.length > 0; size = AT_ONCE) {
      const some = items.slice(0, size);
      const results = await Promise.allSettled(some.map(offer));
      const failed = some.filter((_, index) => results[index]?.status === 'rejected');
      items.splice(0, some.length, ...failed);
      if (failed.length > 0 || signal.aborted) return failed.length < some.length;
    }
    return true;
  };
  const retry = async (): Promise<void> => {
    retrying = true;
    for (let waitMs = FIRST_RETRY_MS; items.length > 0; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
      await sleep(waitMs, signal);
      if (signal.aborted) break;
      onHolding(items.length);
      if (await offerAll()) waitMs = FIRST_RETRY_MS / 2;
    }
    retrying = false;
    if (items.length === 0) onDrained();
    for (const resolve of waiters.splice(0)) resolve();
  };
  return {
    items: items as readonly Item[],
    add: (item: Item): void => {
      items.push(item);
      if (items.length === 1) onHolding(items.length);
      if (!retrying && !signal.aborted) void retry();
    },
    emptied: (): Promise<void> => new Promise((resolve) => void waiters.push(resolve)),
  };
}

/** Thumbnails go first when an event is too large; then everything but who and when. */
function encode(envelope: Readonly<Record<string, unknown>>, maxBytes: number): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(envelope));
  if (bytes.length <= maxBytes) return bytes;
  const slim = JSON.stringify(envelope, (name, value: unknown) => (/thumbnail/i.test(name) ? undefined : value));
  const slimBytes = new TextEncoder().encode(slim);
  if (slimBytes.length <= maxBytes) return slimBytes;
  const { message, ...rest } = envelope as { message?: { key?: unknown; messageTimestamp?: unknown } };
  const { key, messageTimestamp } = message ?? {};
  return new TextEncoder().encode(
    JSON.stringify({ ...rest, update: undefined, tooLarge: true, message: { key, messageTimestamp } }),
  );
}

async function keepHeld(tools: IntakeDeps['tools'], left: readonly Item[]): Promise<void> {
  const before = (await readHeld(tools.state).catch(() => [])).length;
  const values = left.map((item, index) => [heldName(before + index), JSON.stringify(item)] as const);
  await tools.state.set({ ...Object.fromEntries(values), [HELD_INDEX]: String(before + left.length) }).then(
    () => tools.log('held', { events: left.length }),
    () => tools.log('lost', { events: left.length }),
  );
}

async function readHeld(state: ListenTools['state']): Promise<Item[]> {
  const count = Number((await state.get([HELD_INDEX]))[HELD_INDEX] ?? 0);
  if (count === 0) return [];
  const names = Array.from({ length: count }, (_, index) => heldName(index));
  const values = await state.get(names);
  return names.flatMap((name) => (values[name] === undefined ? [] : [JSON.parse(values[name]) as Item]));
}

async function forgetHeld(state: ListenTools['state']): Promise<void> {
  const count = Number((await state.get([HELD_INDEX]))[HELD_INDEX] ?? 0);
  if (count === 0) return;
  const names = Array.from({ length: count }, (_, index) => heldName(index));
  await state.set({ ...Object.fromEntries(names.map((name) => [name, null])), [HELD_INDEX]: null });
}

/** Ends early when the signal aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
