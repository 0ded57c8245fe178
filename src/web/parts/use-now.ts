import { useSyncExternalStore } from 'react';
import { serverNow } from '../api/server-clock.ts';

let now = serverNow();
let timer: ReturnType<typeof setInterval> | undefined;
const watchers = new Set<() => void>();

function watch(tell: () => void): () => void {
  watchers.add(tell);
  now = serverNow();
  timer ??= setInterval(() => {
    now = serverNow();
    for (const each of watchers) each();
  }, 1000);
  return () => {
    watchers.delete(tell);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The server's time, once a second, from one timer for the whole page. */
export const useNow = (): number => useSyncExternalStore(watch, () => now);

/** What follows from the time, and no new render until that changes: a long list of moments stays still. */
export const useFromNow = <Value extends string | number | boolean>(of: (nowMs: number) => Value): Value =>
  useSyncExternalStore(watch, () => of(now));
