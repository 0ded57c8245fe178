import { Later } from '../../src/errors.ts';
import type { Socket } from './connect.ts';
import type { SentStore } from './sent-store.ts';

/** An open connection, for `send` and `fetch` of the same process. */
export interface Live {
  readonly socket: Socket;
  readonly sent: SentStore;
  /** The content of a message that came in lately, for quoting it. */
  readonly recent: (id: string) => object | undefined;
  /** Runs the work in its turn: one message a second, as a person might write. */
  readonly paced: <T>(work: () => Promise<T>) => Promise<T>;
}

/** By endpoint. Written by the listener alone. */
export const liveSessions = new Map<string, Live>();

const PACE_MS = 1000;
/** A longer line is better kept by the house, which survives a restart. */
const MAX_LINE = 30;

export function makePaced(): Live['paced'] {
  let line: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let nextAt = 0;
  return (work) => {
    if (waiting >= MAX_LINE) return Promise.reject(new Later(MAX_LINE, 'Many messages are waiting to be sent.'));
    waiting += 1;
    const turn = line.then(async () => {
      const waitMs = nextAt - Date.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      nextAt = Date.now() + PACE_MS;
      return work();
    });
    line = turn
      .catch(() => undefined)
      .finally(() => {
        waiting -= 1;
      });
    return turn;
  };
}

/** The last so many contents by message id. */
export function makeRecent(max = 500) {
  const contents = new Map<string, object>();
  return {
    add: (id: string, content: object): void => {
      contents.delete(id);
      contents.set(id, content);
      if (contents.size > max) contents.delete(contents.keys().next().value!);
    },
    find: (id: string): object | undefined => contents.get(id),
  };
}
