/** A PBX that posts signed events of its calls, as `channels/telephony/providers/webhook` describes them. */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Endpoint, Person } from './installation.ts';

const SECRET = 'signing-secret-of-nobody';

export interface Phone {
  readonly endpoint: Endpoint;
  /** One event; what is not given is an inbound call to our number, now. */
  readonly tell: (event: string, callId: string, more?: object) => Promise<void>;
}

export async function startPhone(admin: Person, name = 'Sales line', settings: object = {}): Promise<Phone> {
  const endpoint = await admin.ask<Endpoint>('POST', '/endpoints', {
    channel: 'telephony',
    name,
    settings: {
      provider: 'webhook',
      webhookSecret: SECRET,
      lines: [{ number: '+74950000000', title: 'Site', source: 'yandex', medium: 'cpc' }],
      ...settings,
    },
  });
  const tell = async (event: string, callId: string, more: object = {}): Promise<void> => {
    const at = new Date();
    const body = JSON.stringify({ event, callId, direction: 'inbound', line: '+74950000000', at, ...more });
    const seconds = Math.floor(at.getTime() / 1000);
    const signature = createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex');
    const headers = { 'Content-Type': 'application/json', 'X-Inlet-Signature': `t=${seconds},v1=${signature}` };
    const answer = await fetch(endpoint.address, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`the line answered ${answer.status}: ${await answer.text()}`);
  };
  return { endpoint, tell };
}

const RATE = 8000;

/** Silence as a telephone records it: PCM, 8 kHz, 8 bit, mono. */
function silence(seconds: number): Buffer {
  const length = RATE * seconds;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(length, 40);
  return Buffer.concat([head, Buffer.alloc(length, 128)]);
}

/** Where the PBX keeps its recordings; `url` is one of 90 seconds. */
export async function openRecordings(): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const bytes = silence(90);
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'audio/wav', 'Content-Length': bytes.length });
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/call.wav`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
