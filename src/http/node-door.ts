/** Posts at the door straight from Node's HTTP server, without a Request and a Response in between. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Rejected } from '../errors.ts';
import { type BodyBudget, createBodyBudget } from './body-budget.ts';
import type { Door } from './door.ts';

const ADDRESS = /^\/in\/([a-z][a-z0-9-]{1,30})\/([A-Za-z0-9_-]{20,64})(?:[/?].*)?$/;
/** How long a sender whose body was refused may go on sending before the connection is cut. */
const LINGER_MS = 500;

/** Returns false when the request is not for the door: somebody else has to answer it. */
export function nodeDoor(door: Door): (req: IncomingMessage, res: ServerResponse) => boolean {
  const budget = createBodyBudget();
  return (req, res) => {
    if (req.method !== 'POST') return false;
    const match = ADDRESS.exec(req.url ?? '');
    if (match === null) return false;
    const room = budget.open();
    void answer(door, req, res, { channel: match[1]!, key: match[2]!, room }).finally(room.close);
    return true;
  };
}

interface Place {
  readonly channel: string;
  readonly key: string;
  readonly room: ReturnType<BodyBudget['open']>;
}

async function answer(door: Door, req: IncomingMessage, res: ServerResponse, place: Place): Promise<void> {
  const { channel, key, room } = place;
  const told = await door({
    method: 'POST',
    channel,
    key,
    url: req.url ?? '',
    // Node joins what may be joined; set-cookie, its one list, never stands in a request.
    headers: req.headers as Record<string, string>,
    peer: req.socket.remoteAddress ?? '',
    body: (maxBytes) => readBody(req, maxBytes, room),
  });
  if (res.destroyed) return;
  const headers: Record<string, string> = { ...told.headers };
  const body = told.body ?? '';
  headers['Content-Length'] = String(typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength);
  if (!req.complete) headers.Connection = 'close';
  res.writeHead(told.status, headers);
  res.end(body);
  if (!req.complete) cutOff(req);
}

/** The answer must reach a sender that is still talking, so the connection is not reset at once. */
function cutOff(req: IncomingMessage): void {
  req.resume();
  setTimeout(() => req.destroy(), LINGER_MS).unref();
}

const noRoom = (): Rejected =>
  new Rejected(503, 'Too many large requests at once; please send it again.', { retryAfterSeconds: 5 });

function readBody(req: IncomingMessage, maxBytes: number, room: Place['room']): Promise<Uint8Array> {
  const tooLarge = (): Rejected => new Rejected(413, `The body may have at most ${maxBytes} bytes.`);
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const broken = (): void => reject(new Rejected(400, 'The body could not be read to its end.'));
    if (req.destroyed) return broken(); // hung up while the endpoint was looked up: no event will come any more
    req.on('data', (chunk: Buffer) => {
      length += chunk.length;
      const refused = length > maxBytes ? tooLarge() : room.grow(length) ? undefined : noRoom();
      if (refused === undefined) {
        chunks.push(chunk);
        return;
      }
      req.removeAllListeners('data');
      chunks.length = 0;
      reject(refused);
    });
    req.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    req.once('error', broken);
    req.once('close', () => (req.complete ? undefined : broken()));
  });
}
