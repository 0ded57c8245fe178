/**
 * Runs `work` at once when idle, and at most once per `gapMs` under load; the last call is never dropped. This is what
 * keeps a burst of events from becoming a burst of requests while a single new lead still shows immediately.
 */
export function coalesce(work: () => void, gapMs: number): () => void {
  let last = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = (): void => {
    timer = undefined;
    last = performance.now();
    work();
  };
  return () => {
    if (timer !== undefined) return;
    const waitMs = last + gapMs - performance.now();
    if (waitMs <= 0) run();
    else timer = setTimeout(run, waitMs);
  };
}
