/** Server-sent events: what a screen should look at again, as it happens. */
import { Hono } from 'hono';
import type { Deps } from '../deps.ts';
import type { Live, LiveEvent } from '../leads/live.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { describe } from './describe.ts';
import { problem } from './problem.ts';
import * as shapes from './shapes.ts';

/** Proxies close what is silent for a minute. */
const HEARTBEAT_MS = 15_000;
/** A client that has not taken so much is cut: it comes back and looks at everything anew. */
const MOST_BUFFERED_BYTES = 64 * 1024;
/** Sessions and keys may have ended: whoever listens shows again who they are, at the latest after so long. */
const LONGEST_MS = 3_600_000;

export interface EventsOptions {
  readonly heartbeatMs?: number;
  readonly mostBufferedBytes?: number;
}

/** @param live `undefined` where nothing can hold a connection: in a Worker */
export function eventRoutes({ log }: Pick<Deps, 'log'>, live: Live | undefined, options: EventsOptions = {}) {
  return new Hono<AppEnv>().get(
    '/events',
    describe({
      summary: 'Server-sent events',
      description: '`event:` is the type, `data:` the object below; ids only. After a break, look at everything anew.',
      tag: 'Events',
      answer: shapes.liveEvent,
      problems: { 501: 'This entry cannot hold connections: ask for the lists from time to time' },
    }),
    allow(),
    (c) => {
      if (live === undefined) return problem(501, { detail: 'No events here: ask for the lists from time to time.' });
      const stream = openStream(live, c.get('actor'), options, () =>
        log.info('events.cut', { actor: c.get('actor').name }),
      );
      if (stream === undefined)
        return problem(503, { detail: 'Too many listeners.', headers: { 'Retry-After': '15' } });
      return new Response(stream, {
        headers: {
          'Content-Type': 'text/event-stream; charset=utf-8',
          'Cache-Control': 'no-store, no-transform',
          // nginx would collect events until its buffer is full.
          'X-Accel-Buffering': 'no',
        },
      });
    },
  );
}

function openStream(
  live: Live,
  actor: AppEnv['Variables']['actor'],
  options: EventsOptions,
  onCut: () => void,
): ReadableStream<Uint8Array> | undefined {
  const { heartbeatMs = HEARTBEAT_MS, mostBufferedBytes = MOST_BUFFERED_BYTES } = options;
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let timers: NodeJS.Timeout[] = [];
  let leave: (() => void) | undefined;

  const end = (reason?: Error): void => {
    for (const timer of timers) clearTimeout(timer);
    timers = [];
    leave?.();
    const open = controller;
    controller = undefined;
    try {
      // An error drops what is buffered and the connection with it; a slow client would never drain it.
      if (reason === undefined) open?.close();
      else open?.error(reason);
    } catch {
      // The client has closed it already.
    }
  };
  const write = (text: string): void => {
    if (controller === undefined) return;
    controller.enqueue(encoder.encode(text));
    if ((controller.desiredSize ?? 0) > 0) return;
    onCut();
    end(new Error('the client does not keep up'));
  };
  const send = (event: LiveEvent): void => write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);

  leave = live.subscribe({ actor, send, end: () => end() });
  if (leave === undefined) return undefined;
  return new ReadableStream<Uint8Array>(
    {
      start: (opened) => {
        controller = opened;
        timers = [setInterval(() => write(':\n\n'), heartbeatMs), setTimeout(() => end(), LONGEST_MS)];
        // Something at once: the browser's `open` event waits for the first bytes.
        write('retry: 2000\n\n');
      },
      cancel: () => end(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: mostBufferedBytes }),
  );
}
