/** SIGTERM under load: what was acknowledged is stored, what was under way is finished, the exit code is 0. */
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { embeddedUrl, openInside } from './inside.ts';
import { createLoad, formOf } from './load.ts';
import { createOracle, type Findings } from './oracle.ts';
import { openSentBook } from './sent-book.ts';
import { makeFolder, startServer, within } from './server.ts';

export interface StopsResult {
  readonly stops: number;
  readonly acked: number;
  /** Requests that were answered 5xx on an open connection. */
  readonly serverErrors: number;
  /** Requests whose first half was sent before the signal and that got no 2xx. */
  readonly unfinished: number;
  readonly badExits: number;
  readonly worstStopMs: number;
  readonly findings: Findings;
}

/** The database outlives each stop: it is adopted by the next start. */
export async function stopUnderLoad(
  count: number,
  say: (line: string) => void = () => undefined,
): Promise<StopsResult> {
  const folder = await makeFolder('stops');
  const dataDir = path.join(folder.dir, 'data');
  let server = await startServer({ dataDir });
  let inside = await openInside(await embeddedUrl(dataDir), dataDir);
  const form = await inside.newForm('stops');
  const book = await openSentBook(path.join(folder.dir, 'sent'));
  const target = (): string => `${server.url}/in/form/${form.key}`;
  const why = new Map<string, number>();
  const load = createLoad(
    { clients: 12, book, target, onMissed: (what) => why.set(what, (why.get(what) ?? 0) + 1) },
    randomBytes(4).toString('hex'),
  );
  const result = { unfinished: 0, badExits: 0, worstStopMs: 0 };
  const findings: Findings = { lost: [], doubled: [], invented: [], limbo: [], crooked: [] };
  try {
    for (let n = 0; n < count; n += 1) {
      load.start();
      await sleep(100 + Math.random() * 500);
      const half = await halfRequest(target(), `half-${n}`, book);
      const began = performance.now();
      const stopping = server.stop();
      if (!(await half.finish())) result.unfinished += 1;
      const paused = load.pause();
      if ((await within(30_000, 'the stop', stopping)) !== 0) result.badExits += 1;
      result.worstStopMs = Math.max(result.worstStopMs, Math.round(performance.now() - began));
      await paused;
      await inside.close();
      server = await startServer({ dataDir });
      inside = await openInside(await embeddedUrl(dataDir), dataDir);
      say(`${n + 1}/${count} stopped`);
    }
    const oracle = createOracle(inside, book, form.id);
    await oracle.look();
    await oracle.whole();
    for (const [kind, list] of Object.entries(oracle.findings))
      findings[kind as keyof Findings].push(...(list as string[]));
  } finally {
    await load.pause();
    await inside.close();
    await book.close();
    await server.stop();
    await folder.remove();
  }
  const serverErrors = [...why].reduce((sum, [what, times]) => sum + (what.startsWith('status-') ? times : 0), 0);
  return { stops: count, acked: book.count().acked, serverErrors, ...result, findings };
}

/** A request of which the server has seen all but the last bytes. */
async function halfRequest(target: string, run: string, book: Awaited<ReturnType<typeof openSentBook>>) {
  const url = new URL(target);
  const { id, body } = formOf(0, run);
  await book.send(id, body);
  const socket = net.connect(Number(url.port), url.hostname);
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString('utf8');
  });
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.once('error', () => resolve());
  });
  const bytes = Buffer.from(body);
  const headers = ['Content-Type: application/json', `Idempotency-Key: ${id}`, 'Connection: close'];
  const head = `POST ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\n${headers.join('\r\n')}\r\n`;
  socket.write(`${head}Content-Length: ${bytes.length}\r\n\r\n`);
  socket.write(bytes.subarray(0, 20));
  await sleep(50);
  return {
    finish: async (): Promise<boolean> => {
      await sleep(100);
      socket.write(bytes.subarray(20));
      await Promise.race([ended, sleep(10_000)]);
      socket.destroy();
      const delivery = /^HTTP\/1\.1 202 [\s\S]*"delivery":"([^"]+)"/.exec(answer)?.[1];
      if (delivery === undefined) await book.unknown(id, answer.split('\r\n')[0]?.replaceAll(' ', '-') || 'no-answer');
      else await book.acked(id, delivery);
      return delivery !== undefined;
    },
  };
}
