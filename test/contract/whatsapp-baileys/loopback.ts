import { createCipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as baileys from '@whiskeysockets/baileys';
import {
  type MakeSocket,
  type Socket,
  silentLogger,
  socketFactory,
} from '../../../channels/whatsapp-baileys/connect.ts';
import type { MediaRef } from '../../../channels/whatsapp-baileys/media.ts';
import type { Reach, RemoteFile } from '../../../src/channel.ts';
import type { Got, Loopback } from '../loopback.ts';

export const ME = { id: '15550100000:3@s.whatsapp.net', lid: '900000000000001:3@lid', name: 'Sales' };
export const CLIENT_LID = '123456789012345@lid';
export const CLIENT_PN = '15550100123@s.whatsapp.net';

/** What Baileys throws: an error with Boom's `output`. */
export const boom = (statusCode: number, message = 'Boom'): Error =>
  Object.assign(new Error(message), { output: { statusCode } });

export interface FakeSocket {
  readonly socket: Socket;
  readonly config: baileys.UserFacingSocketConfig;
  readonly isClosed: () => boolean;
  readonly close: (statusCode: number | undefined) => void;
  readonly open: () => void;
}

/** Sockets with Baileys' own event buffer and nothing behind them; what is sent goes to `onSend`. */
export function makeFakeSockets(over: Partial<Socket> & { onMade?: (made: FakeSocket) => void } = {}) {
  const made: FakeSocket[] = [];
  const make: MakeSocket = (config) => {
    const ev = baileys.makeEventBuffer(silentLogger);
    let closed = false;
    const close = (statusCode: number | undefined): void => {
      if (closed) return;
      closed = true;
      const error =
        statusCode === undefined ? undefined : (boom(statusCode) as baileys.ConnectionState['lastDisconnect'] & Error);
      socket.ev.emit('connection.update', { connection: 'close', lastDisconnect: { error, date: new Date() } });
      // As the library does: whoever listens later hears nothing.
      ev.destroy();
    };
    const { onMade, ...methods } = over;
    const socket: Socket = {
      ev,
      // Nothing comes over the wire: events are emitted as the library would.
      ws: new EventEmitter() as unknown as Socket['ws'],
      user: ME,
      sendMessage: () => Promise.reject(new Error('this socket cannot send')),
      waitForMessage: () => Promise.resolve(undefined as never),
      updateMediaMessage: () => Promise.reject(boom(404)),
      requestPairingCode: () => Promise.resolve('ABCD1234'),
      end: async () => close(undefined),
      ...methods,
    };
    const open = (): void => {
      config.auth.creds.me ??= ME;
      socket.ev.emit('connection.update', { connection: 'open' });
    };
    const fake = { socket, config, isClosed: () => closed, close, open };
    made.push(fake);
    onMade?.(fake);
    return socket;
  };
  return { make, made };
}

export function textMessage(text: string, id: string, over: Partial<baileys.WAMessage> = {}): baileys.WAMessage {
  return {
    key: { remoteJid: CLIENT_LID, remoteJidAlt: CLIENT_PN, fromMe: false, id, addressingMode: 'lid' },
    messageTimestamp: 1767225600,
    pushName: 'Ivan',
    message: baileys.proto.Message.fromObject({ conversation: text }),
    ...over,
  };
}

/** Connects by itself, and hands over what came meanwhile. */
const openSoon =
  (then: () => void) =>
  ({ isClosed, open }: FakeSocket): void =>
    void setTimeout(() => {
      if (isClosed()) return;
      open();
      then();
    }, 5);

export async function openWhatsappBaileysLoopback(): Promise<Loopback> {
  const got = new Map<string, Got>();
  const queue: baileys.WAMessage[] = [];
  const outcomes = new Map<string, (ack: unknown) => void>();
  let next: 'later' | 'refuse' | 'lose-answer' | undefined;
  let count = 0;

  const flush = (type: 'append' | 'notify'): void => {
    const open = sockets.made.find((one) => !one.isClosed());
    // The receipt goes out before the event is emitted: nothing is delivered twice.
    if (open !== undefined && queue.length > 0)
      open.socket.ev.emit('messages.upsert', { messages: queue.splice(0), type });
  };
  const sendMessage: Socket['sendMessage'] = async (_jid, content, options) => {
    const id = options?.messageId ?? '';
    const how = next;
    next = undefined;
    if (how === 'later') throw boom(428, 'Connection Closed');
    const one: Got = 'text' in content ? { text: content.text, files: [] } : { text: '', files: [fileOf(content)] };
    // A recipient's WhatsApp shows an id once.
    if (how !== 'refuse' && !got.has(id)) got.set(id, one);
    const attrs = { id, class: 'message', ...(how === 'refuse' ? { error: '463' } : {}) };
    outcomes.get(id)?.(how === 'lose-answer' ? undefined : { tag: 'ack', attrs });
    return textMessage(one.text, id) as Awaited<ReturnType<Socket['sendMessage']>>;
  };
  const waitForMessage = ((id: string) =>
    new Promise<unknown>((resolve) => outcomes.set(id, resolve))) as Socket['waitForMessage'];
  const sockets = makeFakeSockets({ sendMessage, waitForMessage, onMade: openSoon(() => flush('append')) });
  socketFactory.make = sockets.make;
  const media = await openMediaServer();

  return {
    settings: { acceptRisk: true, mediaUrl: media.address },
    to: { reach: { jid: CLIENT_LID } },
    got: () => [...got.values()],
    misbehave: (how) => {
      next = how;
    },
    files: media.files,
    arrive: async (text) => {
      count += 1;
      queue.push(textMessage(text, `3EB0${String(count).padStart(18, '0')}`));
      flush('notify');
    },
    carries: ({ body }, text) => Buffer.from(body).toString().includes(JSON.stringify(text)),
    drop: async () => {
      for (const one of sockets.made) one.close(428);
    },
    close: async () => {
      socketFactory.make = undefined;
      await media.close();
    },
  };
}

function fileOf(content: baileys.AnyMessageContent): Got['files'][number] {
  if (!('document' in content) || !Buffer.isBuffer(content.document)) throw new Error('the loopback takes documents');
  return { name: content.fileName ?? '', bytes: content.document };
}

/** Encrypts as WhatsApp does: AES-256-CBC, and ten bytes of an HMAC behind it. */
export function encryptMedia(plain: Uint8Array, kind: MediaRef['kind'], info: string, path: string) {
  const mediaKey = randomBytes(32);
  const expanded = Buffer.from(hkdfSync('sha256', mediaKey, Buffer.alloc(0), info, 112));
  const cipher = createCipheriv('aes-256-cbc', expanded.subarray(16, 48), expanded.subarray(0, 16));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  const mac = createHmac('sha256', expanded.subarray(48, 80)).update(expanded.subarray(0, 16)).update(body).digest();
  const encrypted = Buffer.concat([body, mac.subarray(0, 10)]);
  const ref: MediaRef = {
    kind,
    path,
    mediaKey: mediaKey.toString('base64'),
    encSha256: createHash('sha256').update(encrypted).digest('base64'),
    message: { remoteJid: CLIENT_LID, fromMe: false, id: '3EB0F11E000000000001' },
  };
  return { encrypted, ref };
}

async function openMediaServer() {
  const bytes = Buffer.from('a photo, more or less');
  const { encrypted, ref } = encryptMedia(bytes, 'image', 'WhatsApp Image Keys', '/v/t62.7118-24/here.enc?ccb=11-4');
  const server = createServer((request, response) => {
    if (request.url === ref.path) response.end(encrypted);
    else response.writeHead(410).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const file = (over: Partial<MediaRef>): RemoteFile => ({
    name: 'photo.jpg',
    ref: { ...ref, ...over } as unknown as Reach,
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files: { here: file({}), bytes, gone: file({ path: '/v/t62.7118-24/gone.enc' }) },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
