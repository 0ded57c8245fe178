/**
 * The load generator's own ledger: what was sent, and what became of it. Appended to a file and forced to the disk
 * before a request leaves and after its answer came, so that it outlives a power cut at least as well as the server.
 * Lines that arrive together share one fdatasync.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

/** unknown: cut off, timed out or 5xx. It may be stored or not, but never twice. */
export type Fate = 'sent' | 'acked' | 'refused' | 'unknown';

export interface Sent {
  readonly id: string;
  /** SHA-256 of the body. */
  readonly hash: string;
  fate: Fate;
  /** The delivery that the server acknowledged. */
  delivery: string | undefined;
}

export interface SentBook {
  readonly all: ReadonlyMap<string, Sent>;
  /** Resolves when it is on the disk: only then may the request leave. */
  readonly send: (id: string, body: string) => Promise<void>;
  readonly acked: (id: string, delivery: string) => Promise<void>;
  readonly refused: (id: string, status: number) => Promise<void>;
  readonly unknown: (id: string, why: string) => Promise<void>;
  readonly count: () => Readonly<Record<Fate, number>>;
  readonly close: () => Promise<void>;
}

export const hashOf = (body: string | Uint8Array): string => createHash('sha256').update(body).digest('hex');

export async function openSentBook(file: string): Promise<SentBook> {
  const handle = await open(file, 'ax', 0o600);
  const append = groupedAppend(handle);
  const all = new Map<string, Sent>();
  const of = (id: string): Sent => {
    const found = all.get(id);
    if (found === undefined) throw new Error(`${id} was never sent`);
    return found;
  };
  return {
    all,
    send: (id, body) => {
      const hash = hashOf(body);
      const known = all.get(id);
      if (known !== undefined && known.hash !== hash) throw new Error(`${id} was sent with another body`);
      if (known === undefined) all.set(id, { id, hash, fate: 'sent', delivery: undefined });
      return append(`sent ${id} ${hash}\n`);
    },
    acked: (id, delivery) => {
      const one = of(id);
      if (one.delivery !== undefined && one.delivery !== delivery)
        throw new Error(`${id} was acknowledged as ${one.delivery} and as ${delivery}`);
      one.fate = 'acked';
      one.delivery = delivery;
      return append(`acked ${id} ${delivery}\n`);
    },
    refused: (id, status) => {
      of(id).fate = 'refused';
      return append(`refused ${id} ${status}\n`);
    },
    unknown: (id, why) => {
      const one = of(id);
      // An acknowledgement stands, whatever happens to a repeat.
      if (one.fate !== 'acked') one.fate = 'unknown';
      return append(`unknown ${id} ${why}\n`);
    },
    count: () => {
      const counts: Record<Fate, number> = { sent: 0, acked: 0, refused: 0, unknown: 0 };
      for (const one of all.values()) counts[one.fate] += 1;
      return counts;
    },
    close: () => handle.close(),
  };
}

/** One write and one fdatasync at a time; what comes meanwhile goes into the next one. */
function groupedAppend(handle: FileHandle): (line: string) => Promise<void> {
  let lines: string[] = [];
  let next: Promise<void> | undefined;
  let before: Promise<void> = Promise.resolve();
  return (line) => {
    lines.push(line);
    next ??= before.then(async () => {
      const text = lines.join('');
      lines = [];
      next = undefined;
      before = handle.appendFile(text).then(() => handle.datasync());
      await before;
    });
    return next;
  };
}
