/** Clients that post forms for as long as they are let, through every outage, and write down what they were told. */
import { createHash } from 'node:crypto';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SentBook } from './sent-book.ts';

export interface Told {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface PostOptions {
  readonly agent?: http.Agent;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** One JSON request. Rejects when the connection breaks or nothing comes back in time. */
export function ask(method: string, url: string, body?: string, options: PostOptions = {}): Promise<Told> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
      ...options.headers,
    };
    const request = http.request(
      url,
      { method, headers, ...(options.agent && { agent: options.agent }) },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () => {
          clearTimeout(timer);
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text });
        });
      },
    );
    const timer = setTimeout(() => request.destroy(new Error('no answer in time')), options.timeoutMs ?? 15_000);
    request.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end(body);
  });
}

export const isOk = (status: number): boolean => status >= 200 && status < 300;

export interface Load {
  /** Starts the clients. */
  readonly start: () => void;
  /** No new requests; resolves when those under way have ended. */
  readonly pause: () => Promise<void>;
  /** Resolves at the first acknowledgement after a failure, with its `performance.now()`. Call it before the fault. */
  readonly recovery: () => Promise<number>;
  /** Requests that were sent again with the key of an unknown one. */
  readonly retried: () => number;
}

export interface LoadOptions {
  readonly clients: number;
  readonly book: SentBook;
  /** Where to post just now: a server that was started again has another port. */
  readonly target: () => string;
  /** Of unknown requests, the share that is sent again with the same key. */
  readonly retryShare?: number;
  /** Told of each unknown: `status-503`, or the error's code. */
  readonly onMissed?: (why: string) => void;
}

/** Runs in one database get phones of their own: a million each. */
const firstPhone = (run: string): number =>
  (createHash('sha256').update(run).digest().readUInt32BE() % 900) * 1_000_000;

/** Every form has an id, a phone and a text of its own, so that each must become one lead of its own. */
export function formOf(n: number, run: string): { readonly id: string; readonly body: string } {
  const id = `${run}-${n}`;
  const phone = `+79${String(firstPhone(run) + n).padStart(9, '0')}`;
  // Some long, some with what JSON, SQL and UTF-8 are broken by.
  const text = `Заявка ${id} "quoted" \\ 'single' 🙂${n % 50 === 0 ? ' long'.repeat(4000) : ''}`;
  return { id, body: JSON.stringify({ name: `Клиент ${id}`, phone, message: text }) };
}

/** The body that belongs to an id of `formOf`. */
export function bodyOf(id: string): string {
  const dash = id.lastIndexOf('-');
  return formOf(Number(id.slice(dash + 1)), id.slice(0, dash)).body;
}

export function createLoad(options: LoadOptions, run: string): Load {
  const { clients, book, target, retryShare = 0.5 } = options;
  const agent = new http.Agent({ keepAlive: true, maxSockets: clients });
  const again: string[] = [];
  let running = false;
  let next = 0;
  let watching: { failed: boolean; readonly resolve: (atMs: number) => void } | undefined;
  let retried = 0;
  let working: Promise<void>[] = [];

  const one = async (): Promise<void> => {
    const repeat = again.shift();
    const { id, body } = repeat === undefined ? formOf(next++, run) : { id: repeat, body: bodyOf(repeat) };
    if (repeat !== undefined) retried += 1;
    await book.send(id, body);
    try {
      const told = await ask('POST', target(), body, { agent, headers: { 'Idempotency-Key': id } });
      if (isOk(told.status)) {
        if (watching?.failed === true) watching.resolve(performance.now());
        await book.acked(id, (JSON.parse(told.body) as { delivery: string }).delivery);
      } else if (told.status >= 500) await missed(id, `status-${told.status}`);
      else await book.refused(id, told.status);
    } catch (error) {
      await missed(id, (error as { code?: string }).code ?? 'cut');
    }
  };
  const missed = async (id: string, why: string): Promise<void> => {
    if (watching !== undefined) watching.failed = true;
    options.onMissed?.(why);
    await book.unknown(id, why);
    if (Math.random() < retryShare) again.push(id);
    await sleep(25);
  };
  const client = async (): Promise<void> => {
    while (running) await one();
  };
  return {
    start: () => {
      running = true;
      working = Array.from({ length: clients }, client);
    },
    pause: async () => {
      running = false;
      await Promise.all(working);
    },
    recovery: () =>
      new Promise((resolve) => {
        watching = { failed: false, resolve };
      }),
    retried: () => retried,
  };
}
