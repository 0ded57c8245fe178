/**
 * A server that speaks WhatsApp's protocol far enough for a real Baileys socket to show its codes: WebSocket frames,
 * the Noise handshake with a certificate chain of its own, and binary nodes.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  aesDecryptGCM,
  aesEncryptGCM,
  type BinaryNode,
  Curve,
  decodeBinaryNode,
  encodeBinaryNode,
  hkdf,
  NOISE_WA_HEADER,
  proto,
  sha256,
  WA_CERT_DETAILS,
} from '@whiskeysockets/baileys';

export interface FakeWhatsApp {
  readonly address: string;
  /** What devices said when they logged in. */
  readonly payloads: readonly proto.ClientPayload[];
  /** Nodes that devices sent. */
  readonly nodes: readonly BinaryNode[];
  readonly close: () => Promise<void>;
}

const EMPTY = Buffer.alloc(0);

/** The library trusts one root key: for the length of a test it is ours. */
function makeCertificates() {
  const [root, intermediate, server] = [Curve.generateKeyPair(), Curve.generateKeyPair(), Curve.generateKeyPair()];
  const { Details } = proto.CertChain.NoiseCertificate;
  const details = Details.encode({ serial: 1, issuerSerial: 0, key: intermediate.public }).finish();
  const leaf = Details.encode({ serial: 2, issuerSerial: 1, key: server.public }).finish();
  const chain = proto.CertChain.encode({
    intermediate: { details, signature: Curve.sign(root.private, details) },
    leaf: { details: leaf, signature: Curve.sign(intermediate.private, leaf) },
  }).finish();
  return { root, server, chain };
}

type Certificates = ReturnType<typeof makeCertificates>;

/** `refs`: what the pairing codes are made of, one for each. */
export async function openFakeWhatsApp(refs: readonly string[]): Promise<FakeWhatsApp> {
  const certificates = makeCertificates();
  const trusted = WA_CERT_DETAILS.PUBLIC_KEY;
  Object.assign(WA_CERT_DETAILS, { PUBLIC_KEY: Buffer.from(certificates.root.public) });
  const payloads: proto.ClientPayload[] = [];
  const nodes: BinaryNode[] = [];
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    sockets.add(socket);
    acceptWebSocket(request, socket);
    const session = makeSession(socket, certificates, {
      onPayload: (payload, sendNode) => {
        payloads.push(payload);
        sendNode(pairDevice(refs));
      },
      onNode: (node) => nodes.push(node),
    });
    readFrames(socket, session);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws/chat`,
    payloads,
    nodes,
    close: async () => {
      Object.assign(WA_CERT_DETAILS, { PUBLIC_KEY: trusted });
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const pairDevice = (refs: readonly string[]): BinaryNode => ({
  tag: 'iq',
  attrs: { from: 's.whatsapp.net', type: 'set', id: '1', xmlns: 'md' },
  content: [
    {
      tag: 'pair-device',
      attrs: {},
      content: refs.map((ref) => ({ tag: 'ref', attrs: {}, content: Buffer.from(ref) })),
    },
  ],
});

interface Handlers {
  readonly onPayload: (payload: proto.ClientPayload, sendNode: (node: BinaryNode) => void) => void;
  readonly onNode: (node: BinaryNode) => void;
}

/** Cuts the bytes behind the introduction into frames: three bytes of length, then the frame. */
function makeFramer(take: (frame: Buffer) => void): (data: Buffer) => void {
  let waiting: Buffer = EMPTY;
  let introduced = false;
  return (data) => {
    waiting = Buffer.concat([waiting, data]);
    if (!introduced) waiting = waiting.subarray(NOISE_WA_HEADER.length);
    introduced = true;
    while (waiting.length >= 3 && waiting.length >= waiting.readUIntBE(0, 3) + 3) {
      const end = waiting.readUIntBE(0, 3) + 3;
      const frame = waiting.subarray(3, end);
      waiting = waiting.subarray(end);
      take(frame);
    }
  };
}

/** One device: Noise_XX as the responder, then nodes. Returns what takes the bytes of its frames. */
function makeSession(socket: Socket, certificates: Certificates, handlers: Handlers): (data: Buffer) => void {
  const noise = makeNoise();
  const ephemeral = Curve.generateKeyPair();
  let step: 'hello' | 'finish' | 'nodes' = 'hello';
  let keys: { read: Buffer; write: Buffer; reads: number; writes: number } = {
    read: EMPTY,
    write: EMPTY,
    reads: 0,
    writes: 0,
  };
  const send = (data: Uint8Array): void => {
    const length = Buffer.alloc(3);
    length.writeUIntBE(data.length, 0, 3);
    writeFrame(socket, Buffer.concat([length, data]));
  };
  const sendNode = (node: BinaryNode): void =>
    send(aesEncryptGCM(encodeBinaryNode(node), keys.write, iv(keys.writes++), EMPTY));

  const hello = (frame: Buffer): void => {
    const theirs = Buffer.from(proto.HandshakeMessage.decode(frame).clientHello!.ephemeral!);
    noise.authenticate(theirs);
    noise.authenticate(ephemeral.public);
    noise.mix(Curve.sharedKey(ephemeral.private, theirs));
    const encryptedStatic = noise.encrypt(Buffer.from(certificates.server.public));
    noise.mix(Curve.sharedKey(certificates.server.private, theirs));
    const payload = noise.encrypt(Buffer.from(certificates.chain));
    const serverHello = { ephemeral: ephemeral.public, static: encryptedStatic, payload };
    send(proto.HandshakeMessage.encode({ serverHello }).finish());
  };
  const finish = (frame: Buffer): void => {
    const { clientFinish } = proto.HandshakeMessage.decode(frame);
    const theirs = noise.decrypt(Buffer.from(clientFinish!.static!));
    noise.mix(Curve.sharedKey(ephemeral.private, theirs));
    const payload = proto.ClientPayload.decode(noise.decrypt(Buffer.from(clientFinish!.payload!)));
    const [read, write] = noise.split();
    keys = { read, write, reads: 0, writes: 0 };
    handlers.onPayload(payload, sendNode);
  };
  const take = (frame: Buffer): void => {
    if (step === 'hello') {
      hello(frame);
      step = 'finish';
    } else if (step === 'finish') {
      finish(frame);
      step = 'nodes';
    } else {
      const plain = aesDecryptGCM(frame, keys.read, iv(keys.reads++), EMPTY);
      void decodeBinaryNode(plain).then(handlers.onNode);
    }
  };
  return makeFramer(take);
}

function iv(counter: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(counter, 8);
  return bytes;
}

/** The symmetric state of Noise_XX_25519_AESGCM_SHA256. */
function makeNoise() {
  const mode = Buffer.from('Noise_XX_25519_AESGCM_SHA256\0\0\0\0');
  let hash: Buffer = mode;
  let salt: Buffer = mode;
  let key: Buffer = mode;
  let counter = 0;
  const authenticate = (data: Uint8Array): void => {
    hash = sha256(Buffer.concat([hash, data]));
  };
  const derive = (data: Uint8Array): [Buffer, Buffer] => {
    const derived = Buffer.from(hkdf(Buffer.from(data), 64, { salt, info: '' }));
    return [derived.subarray(0, 32), derived.subarray(32)];
  };
  authenticate(NOISE_WA_HEADER);
  return {
    authenticate,
    mix: (data: Uint8Array): void => {
      [salt, key] = derive(data);
      counter = 0;
    },
    encrypt: (plain: Buffer): Buffer => {
      const encrypted = aesEncryptGCM(plain, key, iv(counter++), hash);
      authenticate(encrypted);
      return encrypted;
    },
    decrypt: (encrypted: Buffer): Buffer => {
      const plain = aesDecryptGCM(encrypted, key, iv(counter++), hash);
      authenticate(encrypted);
      return plain;
    },
    split: (): [Buffer, Buffer] => derive(EMPTY),
  };
}

/** RFC 6455, as little of it as a test needs: unfragmented binary frames. */
function acceptWebSocket(request: IncomingMessage, socket: Socket): void {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write(`${[...head, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`);
  socket.on('error', () => undefined);
}

function writeFrame(socket: Socket, data: Buffer): void {
  const head = data.length < 126 ? Buffer.from([0x82, data.length]) : Buffer.from([0x82, 126, 0, 0]);
  if (data.length >= 126) head.writeUInt16BE(data.length, 2);
  socket.write(Buffer.concat([head, data]));
}

function readFrames(socket: Socket, onData: (data: Buffer) => void): void {
  let waiting: Buffer = EMPTY;
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    for (let frame = nextFrame(waiting); frame !== undefined; frame = nextFrame(waiting)) {
      waiting = waiting.subarray(frame.end);
      if (frame.opcode === 8) socket.end(Buffer.from([0x88, 0]));
      if (frame.opcode === 2) onData(frame.data);
    }
  });
}

function nextFrame(bytes: Buffer): { opcode: number; data: Buffer; end: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 0x7f;
  const wide = short === 126 ? 2 : 0;
  if (short === 127) throw new Error('a frame of more than 64 KB');
  if (bytes.length < 6 + wide) return undefined;
  const length = wide === 0 ? short : bytes.readUInt16BE(2);
  const start = 6 + wide;
  if (bytes.length < start + length) return undefined;
  const mask = bytes.subarray(start - 4, start);
  const data = Buffer.from(bytes.subarray(start, start + length)).map((byte, index) => byte ^ mask[index % 4]!);
  return { opcode: bytes[0]! & 0x0f, data: Buffer.from(data), end: start + length };
}
