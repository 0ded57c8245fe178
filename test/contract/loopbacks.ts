import type { OpenLoopback } from './loopback.ts';

/** By channel id. A channel with a `send`, a `fetch` or a `listen` and without an entry fails the suite. */
export const loopbacks: Readonly<Record<string, OpenLoopback>> = {};
