/** HTTP as nobody's library would write it. */
import net from 'node:net';

export interface RawAnswer {
  /** 0: closed without an answer. */
  readonly status: number;
  readonly text: string;
  readonly ms: number;
}

export interface Line {
  readonly socket: net.Socket;
  /** Resolves with the first answer, or when the other side closes, or after `withinMs`. */
  readonly answer: (withinMs?: number) => Promise<RawAnswer>;
}

export function dial(url: string): Line {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  const began = performance.now();
  let text = '';
  let closed = false;
  let wake: () => void = () => undefined;
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    wake();
  });
  for (const event of ['close', 'error'])
    socket.on(event, () => {
      closed = true;
      wake();
    });
  const read = (): RawAnswer => {
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
    return { status, text, ms: Math.round(performance.now() - began) };
  };
  const answer = (withinMs = 15_000): Promise<RawAnswer> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        const told = read();
        socket.destroy();
        resolve(told);
      };
      const timer = setTimeout(done, withinMs);
      wake = () => {
        if (closed || isWhole(text)) done();
      };
      wake();
    });
  return { socket, answer };
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? -1);
  return length >= 0
    ? text.length >= end + 4 + length
    : text.endsWith('0\r\n\r\n') || /^HTTP\/1\.1 (?:1|204|304)/.test(text);
}

/** One request of exactly these bytes. */
export async function send(url: string, head: readonly string[], body: string | Uint8Array = ''): Promise<RawAnswer> {
  const line = dial(url);
  line.socket.write(`${head.join('\r\n')}\r\n\r\n`, 'latin1');
  if (body.length > 0) line.socket.write(body);
  return line.answer();
}

/** A chunked body of so many bytes, sent for as long as the other side reads. */
export async function sendChunked(url: string, head: readonly string[], bytes: number): Promise<RawAnswer> {
  const line = dial(url);
  const answered = line.answer(30_000);
  line.socket.setMaxListeners(0); // one for each pause
  line.socket.write(`${[...head, 'Transfer-Encoding: chunked'].join('\r\n')}\r\n\r\n`);
  const chunk = Buffer.alloc(64 * 1024, 'a');
  const frame = Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]);
  for (let sent = 0; sent < bytes && line.socket.writable; sent += chunk.length)
    if (!line.socket.write(frame))
      await new Promise<void>((resolve) => {
        line.socket.once('drain', resolve);
        line.socket.once('close', () => resolve());
      });
  if (line.socket.writable) line.socket.write('0\r\n\r\n');
  return answered;
}
