/** A PBX that posts signed events of its calls, as `channels/telephony/providers/webhook` describes them. */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Endpoint, type Lead, type LeadDetail, type Person, until } from './installation.ts';

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

export interface Calls {
  /** A lead with calls of all sorts and somebody to call back; the endpoint with an extension that is nobody's. */
  readonly pages: readonly string[];
  /** Somebody calls the administrator: a card comes up on every page of theirs. */
  readonly ring: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const CLIENT = { client: '+12025550155' };

export async function furnishCalls(admin: Person): Promise<Calls> {
  const recordings = await openRecordings();
  const { endpoint, tell } = await startPhone(admin, 'Sales line', { recordingHosts: ['127.0.0.1'] });
  const me = await admin.ask<{ id: string }>('GET', '/me');
  await admin.ask('PUT', `/endpoints/${endpoint.id}/extensions`, {
    extension: '102',
    userId: me.id,
    dial: '+12025550199',
  });
  const began = Date.now() - 7_200_000;
  const at = (seconds: number) => ({ ...CLIENT, at: new Date(began + seconds * 1000) });
  await tell('ringing', 'talk', { ...at(0), extension: '102' });
  await tell('answered', 'talk', { ...at(8), extension: '103' });
  await tell('transferred', 'talk', { ...at(60), extension: '103', toExtension: '102' });
  await tell('ended', 'talk', { ...at(200), extension: '102', outcome: 'answered', recordingUrl: recordings.url });
  await tell('ended', 'out', { ...at(300), direction: 'outbound', extension: '102', outcome: 'busy' });
  await tell('recorded', 'out', {
    ...at(310),
    direction: 'outbound',
    recordingUrl: 'https://records.example.com/out.mp3',
  });
  for (const call of ['missed', 'missed too'])
    await tell('ended', call, { ...at(400), outcome: 'missed', cause: '19' });
  const lead = await until('lead with a recording', async () => {
    const { leads } = await admin.ask<{ leads: Lead[] }>('GET', '/leads?status=all&limit=200');
    const found = leads.find((one) => one.endpoint.id === endpoint.id);
    if (found === undefined || found.callback?.missed !== 2) return undefined;
    const { timeline } = await admin.ask<LeadDetail>('GET', `/leads/${found.id}`);
    const files = timeline.flatMap((item) => (item.type === 'message' ? item.attachments : []));
    return files.some(({ state }) => state === 'here') ? found.id : undefined;
  });
  await admin.ask('POST', `/leads/${lead}/claim`);
  return {
    pages: [`/leads/${lead}`, `/endpoints/${endpoint.id}`],
    ring: () => tell('ringing', 'now', { ...CLIENT, extension: '102' }),
    close: recordings.close,
  };
}
