/**
 * One WebSocket to ARI until the signal aborts. ARI has no acknowledgement and repeats nothing: every connection begins
 * with a look at what goes on (`snapshot.ts`), and what began and ended in a gap is not known.
 */
import type { ListenTools } from '../../../../src/channel.ts';
import type { Endpoint } from '../../adapter.ts';
import { asker, rootOf } from './ari.ts';
import { openBook } from './book.ts';
import { pause } from './pause.ts';
import { runSession, type Timing } from './session.ts';
import { NeedsHuman, Trouble } from './trouble.ts';

const TIMING: Timing = {
  retryMs: [1000, 2000, 5000, 10_000, 30_000],
  steadyMs: 60_000,
  idleMs: 30_000,
  answerMs: 15_000,
  connectMs: 15_000,
};

export async function listen(
  endpoint: Endpoint,
  tools: ListenTools,
  signal: AbortSignal,
  timing: Timing = TIMING,
): Promise<void> {
  const as = `${endpoint.settings.asteriskApp} @ ${new URL(rootOf(endpoint)).host}`;
  // Outlives a connection: a call that goes on over a short gap stays one call.
  const book = openBook(endpoint.settings.internalDigits);
  const ask = asker(endpoint, tools.fetch, signal);
  const onReady = (): void => tools.report({ state: 'connected', as });
  let failures = 0;
  while (!signal.aborted) {
    const began = Date.now();
    try {
      tools.report({ state: 'connecting', as });
      await runSession({ endpoint, tools, signal, timing, book, ask, onReady });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof NeedsHuman) return tools.report({ state: 'needs-human', as, detail: error.message });
      // Not Asterisk's doing: a delivery was not committed, or this is a bug. The house starts us again.
      if (!(error instanceof Trouble)) throw error;
      if (Date.now() - began > timing.steadyMs) failures = 0;
      const longest = timing.retryMs[Math.min(failures, timing.retryMs.length - 1)] ?? 1000;
      failures += 1;
      // Half to whole of it, so that a restarted Asterisk is not met by everybody at once.
      const waitMs = Math.round(longest * (0.5 + Math.random() / 2));
      tools.log('asterisk.disconnected', { retryMs: waitMs });
      const retryAt = new Date(Date.now() + waitMs);
      tools.report({ state: 'waiting', as, detail: error.message, retryAt });
      await pause(waitMs, signal);
    }
  }
}
