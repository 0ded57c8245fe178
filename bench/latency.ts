/**
 * From the webhook to the screen at 300 requests a second: an open screen's event stream against the time of
 * sending.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf } from './load.ts';
import { makeAdmin } from './people.ts';
import { type Bed, serveSubject } from './throughput.ts';

const PER_SECOND = 300;
const SECONDS = 20;
/** Not counted: a server that has just started compiles its code. */
const WARM_UP_SECONDS = 5;

export async function latency(bed: Bed, contacts: number): Promise<string> {
  const served = await serveSubject(bed, 'complete');
  const base = new URL(served.url).origin;
  try {
    const cookieOrKey = await makeAdmin(bed);
    const heard: number[] = [];
    const stop = new AbortController();
    const screen = await fetch(`${base}/api/v1/events`, {
      headers: { Authorization: `Bearer ${cookieOrKey}` },
      signal: stop.signal,
    });
    if (!screen.ok || screen.body === null) throw new Error(`the event stream answered ${screen.status}`);
    const listening = listen(screen.body, heard).catch(() => undefined);
    const seed = Math.floor(Math.random() * 900_000);
    const sent: number[] = [];
    const startedMs = performance.now();
    const posts: Promise<unknown>[] = [];
    for (let n = 0; n < PER_SECOND * (WARM_UP_SECONDS + SECONDS); n += 1) {
      const dueMs = startedMs + (n * 1000) / PER_SECOND;
      if (dueMs > performance.now()) await sleep(dueMs - performance.now());
      sent.push(performance.now());
      posts.push(
        fetch(served.url, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: bodyOf(seed, n),
        }).then((answer) => answer.text()),
      );
    }
    await Promise.all(posts);
    for (let waited = 0; heard.length < sent.length && waited < 5000; waited += 50) await sleep(50);
    stop.abort();
    await listening;
    // The n-th lead heard of belongs to the n-th sent or a neighbour: order within a batch is the order of arrival.
    const delays = heard
      .map((at, i) => at - sent[i]!)
      .slice(PER_SECOND * WARM_UP_SECONDS)
      .sort((a, b) => a - b);
    const at = (share: number): string => (delays[Math.floor(delays.length * share)] ?? Number.NaN).toFixed(1);
    return (
      `webhook to screen, ${contacts} contacts, ${PER_SECOND}/s for ${SECONDS} s: ` +
      `heard ${heard.length} of ${sent.length}, ` +
      `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(0.99999)} ms`
    );
  } finally {
    await served.stop();
  }
}

async function listen(body: ReadableStream<Uint8Array>, heard: number[]): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    const now = performance.now();
    for (const event of events) if (event.includes('lead.opened')) heard.push(now);
  }
}
