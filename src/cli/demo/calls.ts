/** The demo's phone line, and who called: a PBX that posts one signed event when a call is over. */
import { createHmac, randomBytes } from 'node:crypto';
import { setExtension } from '../../calls/extensions.ts';
import type { InboundRequest } from '../../channel.ts';
import type { Deps } from '../../deps.ts';
import type { OpenEndpoint } from '../../intake/endpoint-book.ts';
import { createEndpoint, type Endpoint } from '../../intake/endpoints.ts';
import { CLI } from '../open.ts';
import type { People } from './company.ts';
import type { Step } from './requests.ts';

export interface Call {
  readonly client: string;
  readonly direction: 'inbound' | 'outbound';
  readonly outcome: 'answered' | 'missed' | 'cancelled';
  readonly waitSeconds: number;
  readonly talkSeconds?: number;
  /** Who of ours talked. */
  readonly by?: Step['by'];
}

const EXTENSIONS: Readonly<Record<Step['by'], string>> = { anna: '101', boris: '102', clara: '103' };

/** In this order. Natalia and Evgeny have written before; whoever was missed waits for a call back. */
export const calls: readonly Call[] = [
  { client: '+79990001031', direction: 'inbound', outcome: 'answered', waitSeconds: 9, talkSeconds: 184, by: 'anna' },
  { client: '+79990001020', direction: 'inbound', outcome: 'answered', waitSeconds: 6, talkSeconds: 247, by: 'clara' },
  { client: '+79990001032', direction: 'inbound', outcome: 'missed', waitSeconds: 25 },
  {
    client: '+79990001021',
    direction: 'outbound',
    outcome: 'answered',
    waitSeconds: 11,
    talkSeconds: 96,
    by: 'boris',
  },
  { client: '+79990001033', direction: 'inbound', outcome: 'cancelled', waitSeconds: 12 },
  { client: '+79990001033', direction: 'inbound', outcome: 'missed', waitSeconds: 25 },
];

export async function openLine(deps: Deps, people: People): Promise<{ line: Endpoint }> {
  const line = await createEndpoint(deps, CLI, {
    channel: 'telephony',
    name: 'Office line',
    language: 'ru',
    settings: {
      provider: 'webhook',
      webhookSecret: randomBytes(18).toString('base64url'),
      lines: [{ number: LINE, title: 'Реклама', source: 'yandex', medium: 'cpc' }],
    },
  });
  for (const [who, extension] of Object.entries(EXTENSIONS) as [Step['by'], string][])
    await setExtension(deps.sql, CLI, line.id, { extension, userId: people[who].id, dial: null });
  return { line };
}

const LINE = '+79990000000';

export function makeCall(call: Call, { context }: OpenEndpoint, index: number, at: Date): InboundRequest {
  const { by, ...told } = call;
  const body = JSON.stringify({
    event: 'ended',
    callId: `demo-${index}-${at.getTime()}`,
    at,
    line: LINE,
    ...told,
    ...(by === undefined ? {} : { extension: EXTENSIONS[by] }),
  });
  const seconds = Math.floor(at.getTime() / 1000);
  const signature = createHmac('sha256', String(context.settings.webhookSecret))
    .update(`${seconds}.${body}`)
    .digest('hex');
  return {
    method: 'POST',
    url: new URL(context.address).pathname,
    headers: { 'content-type': 'application/json', 'x-inlet-signature': `t=${seconds},v1=${signature}` },
    body: Buffer.from(body),
    address: '203.0.113.201',
    receivedAt: at,
  };
}
