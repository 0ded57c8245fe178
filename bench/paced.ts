/** Requests at a constant rate, whatever the answers do: what is late is late from the time that it was due. */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answered {
  readonly status: number;
  readonly body: string;
  /** From when it was due, ms. */
  readonly ms: number;
}

export interface Ask {
  readonly url: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const CONNECTIONS = 256;

/** @param of the n-th request */
export async function paced(perSecond: number, seconds: number, of: (n: number) => Ask): Promise<Answered[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const startedMs = performance.now();
  const answers: Promise<Answered>[] = [];
  for (let n = 0; n < perSecond * seconds; n += 1) {
    const dueMs = startedMs + (n * 1000) / perSecond;
    if (dueMs > performance.now()) await sleep(dueMs - performance.now());
    answers.push(post(agent, of(n), dueMs));
  }
  return Promise.all(answers).finally(() => agent.destroy());
}

function post(agent: http.Agent, { url, body, headers }: Ask, dueMs: number): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': Buffer.byteLength(body) };
    const request = http.request(url, { method: 'POST', agent, headers: { ...form, ...headers } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: answer.statusCode ?? 0, body: text, ms: performance.now() - dueMs });
      });
    });
    request.once('error', reject);
    request.end(body);
  });
}

/** The value below which this share of a list lies. */
export function quantile(list: readonly number[], share: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
