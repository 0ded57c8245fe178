/**
 * From the event that somebody's phone rings to the card on their screen: the post, the `call` event of their own
 * stream, the list of live calls that it makes the screen ask for.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventKey } from '../src/intake/read-delivery.ts';
import { type CallBed, type Manager, SECRET } from './call-bed.ts';
import { paced, quantile } from './paced.ts';
import { type Bed, serveSubject } from './throughput.ts';

const PER_SECOND = 5;
const WARM_UP_SECONDS = 4;
/** A call rings for so long, and then it was missed. */
const RINGS_MS = 3000;
const HEARD_WITHIN_MS = 5000;

interface Waiting {
  readonly postedMs: number;
  eventMs: number | undefined;
  shownMs: number | undefined;
}

export async function callLive(bed: Bed, calls: CallBed, contacts: number, seconds: number): Promise<string> {
  const served = await serveSubject({ ...bed, path: calls.megafon.path }, 'complete');
  const base = new URL(served.url).origin;
  const stop = new AbortController();
  const waiting = new Map<string, Waiting>();
  const screens = await Promise.all(calls.managers.map((manager) => openScreen(base, manager, waiting, stop.signal)));
  try {
    const events: Promise<unknown>[] = [];
    await paced(PER_SECOND, WARM_UP_SECONDS + seconds, (n) => {
      const id = `live${process.pid}x${contacts}x${n}`;
      const body = bodyOf(calls, id, n, false);
      waiting.set(eventKey(calls.vault, calls.megafon.id, id), {
        postedMs: performance.now(),
        eventMs: undefined,
        shownMs: undefined,
      });
      events.push(
        sleep(RINGS_MS).then(() => paced(1, 1, () => ({ url: served.url, body: bodyOf(calls, id, n, true) }))),
      );
      return { url: served.url, body };
    });
    await Promise.all(events);
    const counted = [...waiting.values()].slice(PER_SECOND * WARM_UP_SECONDS);
    for (let ms = 0; ms < HEARD_WITHIN_MS && counted.some(({ shownMs }) => shownMs === undefined); ms += 50)
      await sleep(50);
    return report(counted, contacts);
  } finally {
    stop.abort();
    await Promise.all(screens.map(({ ended }) => ended));
    await served.stop();
  }
}

function report(counted: readonly Waiting[], contacts: number): string {
  const from = (name: 'eventMs' | 'shownMs'): number[] =>
    counted.flatMap((one) => (one[name] === undefined ? [] : [one[name] - one.postedMs]));
  const [heard, shown] = [from('eventMs'), from('shownMs')];
  const told = (list: readonly number[]): string =>
    `p50 ${quantile(list, 0.5).toFixed(1)} ms, p99 ${quantile(list, 0.99).toFixed(1)} ms, ` +
    `max ${Math.max(...list).toFixed(1)} ms`;
  return (
    `ring to screen, ${contacts} contacts, ${PER_SECOND}/s: heard ${heard.length} and shown ${shown.length} of ` +
    `${counted.length}; event ${told(heard)}; card ${told(shown)}`
  );
}

/** The phone of one manager rings; every other caller is somebody's client. */
function bodyOf({ managers, clients }: CallBed, id: string, n: number, over: boolean): string {
  const client = n % 2 === 0 ? clients[(n >> 1) % clients.length] : undefined;
  return new URLSearchParams({
    ...(over
      ? { cmd: 'history', type: 'in', status: 'Missed', start: compact(Date.now() - RINGS_MS), duration: '3' }
      : { cmd: 'event', type: 'INCOMING', direction: 'in' }),
    callid: id,
    phone: client?.phone ?? `7495${String(3_000_000 + n)}`,
    user: managers[n % managers.length]!.extension,
    diversion: '74950000000',
    crm_token: SECRET,
  }).toString();
}

const compact = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');

async function openScreen(
  base: string,
  manager: Manager,
  waiting: ReadonlyMap<string, Waiting>,
  signal: AbortSignal,
): Promise<{ readonly ended: Promise<void> }> {
  const headers = { Authorization: `Bearer ${manager.secret}` };
  const stream = await fetch(`${base}/api/v1/events`, { headers, signal });
  if (!stream.ok || stream.body === null) throw new Error(`the event stream answered ${stream.status}`);
  const look = async (): Promise<void> => {
    const answer = await fetch(`${base}/api/v1/calls/live`, { headers, signal });
    if (!answer.ok) throw new Error(`the live calls answered ${answer.status}`);
    const { calls } = (await answer.json()) as { calls: { id: string }[] };
    for (const { id } of calls) {
      const one = waiting.get(id);
      if (one !== undefined) one.shownMs ??= performance.now();
    }
  };
  return { ended: listen(stream.body, waiting, look).catch(() => undefined) };
}

async function listen(
  body: ReadableStream<Uint8Array>,
  waiting: ReadonlyMap<string, Waiting>,
  look: () => Promise<void>,
): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const call = /"call":"([0-9a-f-]+)"/.exec(event)?.[1];
      const one = call === undefined ? undefined : waiting.get(call);
      if (one === undefined) continue;
      one.eventMs ??= performance.now();
      void look().catch(() => undefined); // a call that was not shown is counted
    }
  }
}
