/** Asterisk's REST interface on the loopback: the REST answers that are asked for, and its WebSocket of events. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface FakeChannel {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly caller: { readonly name: string; readonly number: string };
  readonly dialplan?: { readonly context: string; readonly exten: string };
  readonly creationtime?: string;
  /** Default: its own id. */
  readonly linkedid?: string;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export interface FakeAri {
  readonly root: string;
  readonly channels: FakeChannel[];
  readonly bridges: { readonly id: string; readonly channels: readonly string[] }[];
  readonly recordings: Map<string, Uint8Array>;
  readonly asked: Asked[];
  /** What is wrong with it just now. */
  readonly trouble: { readOnly?: boolean; deaf?: boolean; noSocket?: boolean; status?: number };
  readonly sockets: () => number;
  readonly opened: () => number;
  readonly tell: (event: object) => void;
  readonly drop: () => void;
  readonly close: () => Promise<void>;
}

const USER = 'inlet';
const PASSWORD = 'example-ari-password';
export const LOGIN = { asteriskUser: USER, asteriskPassword: PASSWORD } as const;
const BASIC = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;

export async function openAri(): Promise<FakeAri> {
  const sockets = new Set<Duplex>();
  let opened = 0;
  const tell = (event: object): void => {
    for (const socket of sockets) socket.write(textFrame(JSON.stringify(event)));
  };
  const ari: Omit<FakeAri, 'root' | 'close'> = {
    channels: [],
    bridges: [],
    recordings: new Map(),
    asked: [],
    trouble: {},
    sockets: () => sockets.size,
    opened: () => opened,
    tell: (event) => tell({ application: 'inlet', asterisk_id: '00:11:22:33:44:55', ...event }),
    drop: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
  const server = createServer((request, response) => {
    void answer(ari, request, response);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    const url = new URL(request.url ?? '', 'http://ari');
    const isGood =
      url.pathname === '/ari/events' &&
      url.searchParams.get('api_key') === `${USER}:${PASSWORD}` &&
      url.searchParams.get('subscribeAll') === 'true' &&
      ari.trouble.noSocket !== true;
    if (!isGood) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      return;
    }
    const key = createHash('sha1').update(
      `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
    );
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${key.digest('base64')}\r\n\r\n`,
    );
    opened += 1;
    sockets.add(socket);
    socket.on('error', () => sockets.delete(socket));
    socket.on('close', () => sockets.delete(socket));
    // The only frame that this client sends is its good-bye.
    socket.on('data', () => socket.end(Buffer.from([0x88, 0x02, 0x03, 0xe8])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(ari, {
    root: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      ari.drop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function answer(ari: Omit<FakeAri, 'root' | 'close'>, request: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const method = request.method ?? '';
  const path = (request.url ?? '').replace(/^\/ari/, '');
  const say = (status: number, json?: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(json === undefined ? '' : JSON.stringify(json));
  };
  if (request.headers.authorization !== BASIC) return say(401, { message: 'Authentication required' });
  ari.asked.push({ method, path, body: text === '' ? undefined : (JSON.parse(text) as unknown) });
  if (ari.trouble.status !== undefined) return say(ari.trouble.status);
  if (method !== 'GET' && ari.trouble.readOnly === true) return say(403, { message: 'Write access denied' });
  if (path.startsWith('/asterisk/info')) return say(200, { status: {} });
  if (method === 'GET' && path === '/channels') return say(200, ari.channels);
  if (method === 'POST' && path === '/channels') return say(200, { id: 'made' });
  if (path === '/bridges') return say(200, ari.bridges);
  if (/^\/applications\/[\w-]+\/eventFilter$/.test(path)) return say(200, {});
  if (path.startsWith('/events/user/')) {
    if (ari.trouble.deaf !== true)
      ari.tell({ type: 'ChannelUserevent', eventname: path.split(/[/?]/)[3], userevent: {} });
    return say(204);
  }
  const variable = /^\/channels\/([^/]+)\/variable\?variable=CHANNEL\(linkedid\)$/.exec(decodeURIComponent(path));
  const channel = ari.channels.find(({ id }) => id === variable?.[1]);
  if (channel !== undefined) return say(200, { value: channel.linkedid ?? channel.id });
  if (/^\/channels\/[^/]+\/continue$/.test(path)) return say(204);
  const stored = /^\/recordings\/stored\/([^/]+)\/file$/.exec(path);
  const bytes = ari.recordings.get(decodeURIComponent(stored?.[1] ?? ''));
  if (bytes === undefined) return say(404, { message: 'not found' });
  response.writeHead(200, { 'content-type': 'audio/wav' });
  response.end(bytes);
}

/** A server's frames are not masked (RFC 6455, 5.1). */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? Buffer.from([0x81, payload.length]) : Buffer.from([0x81, 126, 0, 0]);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}
