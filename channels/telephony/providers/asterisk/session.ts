/** From one log-in to the end of that connection. */
import type { ListenTools } from '../../../../src/channel.ts';
import type { Endpoint } from '../../adapter.ts';
import { type Loose, part, string } from '../../loose.ts';
import { type Ask, eventsAddress } from './ari.ts';
import type { Book, Noted } from './book.ts';
import { NOTED_TYPES, note } from './note.ts';
import { pause } from './pause.ts';
import { idOf } from './read-channel.ts';
import { askWhatGoesOn, catchUp } from './snapshot.ts';
import { checkStatus, NeedsHuman, Trouble, troubleOf } from './trouble.ts';

export interface Timing {
  readonly retryMs: readonly number[];
  /** A connection that held this long was a good one: the next break starts from the shortest wait again. */
  readonly steadyMs: number;
  /** Silence after which the connection is tested. */
  readonly idleMs: number;
  /** How long the test may take. */
  readonly answerMs: number;
  readonly connectMs: number;
}

export interface Session {
  readonly endpoint: Endpoint;
  readonly tools: ListenTools;
  readonly signal: AbortSignal;
  readonly timing: Timing;
  readonly book: Book;
  readonly ask: Ask;
  readonly onReady: () => void;
}

/** No event of one call is as long; what is longer is not ours to keep. */
const MAX_EVENT_CHARS = 200_000;
/** So many deliveries that are not committed yet: the database is in trouble, and memory is next. */
const MOST_UNDER_WAY = 5000;
const PING = 'inlet-ping';

/** Resolves only after the signal. @throws Trouble, NeedsHuman; what `accept` throws */
export async function runSession(session: Session): Promise<void> {
  const { endpoint, ask, signal } = session;
  // A WebSocket does not tell why it was refused; a request does.
  const first = await ask('GET', '/asterisk/info?only=status').catch((error: unknown) => {
    throw troubleOf(error);
  });
  await first.body?.cancel();
  checkStatus(first.status);
  const socket = new WebSocket(eventsAddress(endpoint));
  const inbox = openInbox(session);
  const over = new AbortController();
  // Until the snapshot is in, what arrives waits: it is newer than that.
  socket.addEventListener('message', ({ data }) => inbox.receive(data));
  try {
    await opened(socket, session);
    const ended = new Promise<never>((_resolve, reject) => {
      socket.addEventListener('close', () => reject(new Trouble('Asterisk closed the connection; it is made again.')));
      inbox.failed.catch(reject);
    });
    await Promise.race([follow(session, inbox, AbortSignal.any([signal, over.signal])), ended]);
  } finally {
    over.abort();
    // Asterisk keeps a session that was not closed, and after some of them takes no new ones.
    socket.close(1000);
    await inbox.settled();
  }
}

function opened(socket: WebSocket, { signal, timing }: Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', fail);
    };
    const fail = (): void => {
      done();
      reject(new Trouble('Asterisk refuses the WebSocket of its events; it is tried again.'));
    };
    const timer = setTimeout(fail, timing.connectMs);
    signal.addEventListener('abort', fail, { once: true });
    socket.addEventListener('error', fail);
    socket.addEventListener('close', fail);
    socket.addEventListener('open', () => {
      done();
      resolve();
    });
  });
}

/** Asks for less, looks at what goes on, and tests the connection whenever it is silent. */
async function follow(session: Session, inbox: Inbox, signal: AbortSignal): Promise<void> {
  const { ask, book, endpoint, timing } = session;
  const app = endpoint.settings.asteriskApp;
  // Asterisk 16.3 and later; without it we get every variable of every channel, and throw it away.
  const allowed = [...NOTED_TYPES, 'StasisStart', 'ChannelUserevent', 'ApplicationReplaced'].map((type) => ({ type }));
  await quietly(ask('PUT', `/applications/${app}/eventFilter`, { allowed }));
  const going = await askWhatGoesOn(ask, book).catch(() => {
    throw new Trouble('Asterisk does not list its calls; it is tried again.');
  });
  for (const { event, noted } of catchUp(book, going)) inbox.accept(event, noted);
  inbox.begin();
  session.onReady();
  while (!signal.aborted) {
    await pause(timing.idleMs, signal);
    if (signal.aborted) return;
    if (Date.now() - inbox.heardAt() < timing.idleMs) continue;
    const asked = Date.now();
    const answer = await ask('POST', `/events/user/${PING}?application=${app}`).catch((error: unknown) => {
      throw troubleOf(error);
    });
    await answer.body?.cancel();
    if (answer.status === 401) checkStatus(401);
    // 403: a user that may only read; that Asterisk answers at all has to do.
    if (answer.status === 403) continue;
    await pause(timing.answerMs, signal);
    if (!signal.aborted && inbox.heardAt() < asked)
      throw new Trouble('Asterisk has stopped sending events; the connection is made again.');
  }
}

interface Inbox {
  readonly receive: (data: unknown) => void;
  readonly begin: () => void;
  readonly accept: (event: Loose, noted: Noted) => void;
  readonly heardAt: () => number;
  /** Only ever rejects. */
  readonly failed: Promise<never>;
  readonly settled: () => Promise<void>;
}

function openInbox({ endpoint, tools, book, ask }: Session): Inbox {
  const underWay = new Set<Promise<unknown>>();
  let waiting: Loose[] | undefined = [];
  let heardAt = Date.now();
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);

  const accept = (event: Loose, noted: Noted): void => {
    // Not a `Trouble`: the house then starts us with an empty book, and the snapshot finds what was dropped.
    if (underWay.size >= MOST_UNDER_WAY) {
      fail(new Error('too many deliveries are under way: the database is too slow'));
      return;
    }
    const body = new TextEncoder().encode(JSON.stringify({ ...event, inlet: noted }));
    const work = tools
      .accept({ body }, keyOf(event))
      .catch(fail)
      .finally(() => underWay.delete(work));
    underWay.add(work);
  };
  const take = (event: Loose): void => {
    if (event.type === 'ApplicationReplaced') {
      const name = endpoint.settings.asteriskApp;
      fail(new NeedsHuman(`Another program listens as the ARI application "${name}". Choose a name of our own.`));
      return;
    }
    // Nobody is to be steered here: a call that strays into our application goes on in the dialplan at once.
    if (event.type === 'StasisStart' && event.application === endpoint.settings.asteriskApp)
      void quietly(ask('POST', `/channels/${encodeURIComponent(idOf(part(event, 'channel')))}/continue`));
    const noted = note(book, event);
    if (noted !== undefined) accept(event, noted);
  };
  return {
    receive: (data) => {
      heardAt = Date.now();
      const event = readEvent(data);
      if (event === undefined) return;
      if (waiting === undefined) take(event);
      else if (waiting.push(event) > MOST_UNDER_WAY) fail(new Trouble('Asterisk does not list its calls.'));
    },
    begin: () => {
      const early = waiting ?? [];
      waiting = undefined;
      for (const event of early) take(event);
    },
    accept,
    heardAt: () => heardAt,
    failed,
    settled: async () => {
      await Promise.allSettled(underWay);
    },
  };
}

function readEvent(data: unknown): Loose | undefined {
  if (typeof data !== 'string' || data.length > MAX_EVENT_CHARS) return undefined;
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : undefined;
  } catch {
    return undefined;
  }
}

/** Two looks at the same call in the same state are one delivery, whether an event showed it or a snapshot. */
function keyOf(event: Loose): string {
  const type = string(event.type);
  const id = idOf(part(event, 'channel')) || idOf(part(event, 'peer'));
  if (/^(?:ChannelCreated|ChannelStateChange|InletSeen)$/.test(type)) return `ari:ring:${id}`;
  if (type.startsWith('Inlet')) return `ari:${type}:${id}`;
  const what = string(event.dialstatus) || string(part(event, 'recording').name);
  return `ari:${string(event.asterisk_id)}:${type}:${id}:${what}:${string(event.timestamp)}`.slice(0, 500);
}

/** What we can do without. */
async function quietly(asked: Promise<Response>): Promise<void> {
  await asked.then((answer) => answer.body?.cancel()).catch(() => undefined);
}
