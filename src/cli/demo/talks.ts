/** The demo's mailbox and WhatsApp number, and who writes to them: as a mail server and Meta would have posted it. */
import { createHmac, randomBytes } from 'node:crypto';
import type { InboundRequest } from '../../channel.ts';
import type { Deps } from '../../deps.ts';
import type { OpenEndpoint } from '../../intake/endpoint-book.ts';
import { createEndpoint, type Endpoint } from '../../intake/endpoints.ts';
import { CLI } from '../open.ts';
import type { Step } from './requests.ts';

export interface Said {
  readonly to: 'mailbox' | 'whatsapp';
  readonly name: string;
  /** An address, or a WhatsApp id. */
  readonly from: string;
  readonly subject?: string;
  readonly text: string;
  readonly next?: Step;
}

/** In this order. Igor has asked through the landing page before: his phone says so. */
export const talks: readonly Said[] = [
  {
    to: 'mailbox',
    name: 'Светлана Белова',
    from: 's.belova@example.com',
    subject: 'Остекление веранды',
    text:
      'Добрый день!\n\nНужно остеклить веранду 4 на 6 метров, хотим раздвижные створки. Сколько это стоит и какие ' +
      'сроки?\n\nС уважением,\nСветлана Белова',
    next: { by: 'anna', stage: 'in_progress', note: 'Попросила прислать план веранды.' },
  },
  {
    to: 'whatsapp',
    name: 'Игорь',
    from: '79990001002',
    text: 'Здравствуйте! Посмотрел расчёт. А с москитной сеткой сколько будет?',
  },
  {
    to: 'mailbox',
    name: 'Tom Hughes',
    from: 'tom.hughes@example.com',
    subject: 'Windows for a small office',
    text:
      'Hello,\n\nwe are moving to an office with eleven windows of 900 x 1200 mm. Could you send us a price for two ' +
      'chambers and for three?\n\nThanks,\nTom',
  },
  { to: 'whatsapp', name: 'Рустам', from: '79990001077', text: 'Добрый день, делаете ли вы мансардные окна?' },
  {
    to: 'whatsapp',
    name: 'Рустам',
    from: '79990001077',
    text: 'Нужно четыре штуки, дом за городом, 40 км.',
  },
  {
    to: 'mailbox',
    name: 'Светлана Белова',
    from: 's.belova@example.com',
    subject: 'Re: Остекление веранды',
    text: 'План отправлю вечером. Пол деревянный, это важно?',
  },
];

export type TalkEndpoints = Readonly<Record<Said['to'], Endpoint>>;

const NUMBER = '100200300400500';

/** Both take what is posted to them. The mailbox has no server to ask, the number no account to send through. */
export async function openTalks(deps: Deps): Promise<TalkEndpoints> {
  return {
    mailbox: await createEndpoint(deps, CLI, {
      channel: 'email',
      name: 'Sales mailbox',
      language: 'ru',
      settings: { address: 'sales@example.com', inboundSecret: randomBytes(18).toString('base64url') },
    }),
    whatsapp: await createEndpoint(deps, CLI, {
      channel: 'whatsapp-cloud',
      name: 'WhatsApp',
      language: 'ru',
      settings: {
        phoneNumberId: NUMBER,
        appSecret: randomBytes(16).toString('hex'),
        verifyToken: randomBytes(12).toString('hex'),
        accessToken: randomBytes(24).toString('hex'),
      },
    }),
  };
}

export function makeTalk(said: Said, endpoint: OpenEndpoint, index: number, at: Date): InboundRequest {
  const { headers, body } =
    said.to === 'mailbox' ? asMail(said, endpoint, index, at) : asWebhook(said, endpoint, index, at);
  const url = new URL(endpoint.context.address).pathname;
  return { method: 'POST', url, headers, body, address: '203.0.113.200', receivedAt: at };
}

type Sent = Pick<InboundRequest, 'headers' | 'body'>;

const word = (text: string): string => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;

function asMail({ name, from, subject = '', text }: Said, { context }: OpenEndpoint, index: number, at: Date): Sent {
  const mail = [
    `From: ${word(name)} <${from}>`,
    'To: sales@example.com',
    `Subject: ${word(subject)}`,
    `Date: ${at.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <demo-${index}-${at.getTime()}@example.com>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(text).toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
    '',
  ].join('\r\n');
  const headers = {
    'content-type': 'message/rfc822',
    authorization: `Bearer ${String(context.settings.inboundSecret)}`,
  };
  return { headers, body: Buffer.from(mail) };
}

function asWebhook({ name, from, text }: Said, { context }: OpenEndpoint, index: number, at: Date): Sent {
  const message = {
    from,
    id: `wamid.${Buffer.from(`demo ${index} ${at.getTime()}`).toString('base64')}`,
    timestamp: String(Math.floor(at.getTime() / 1000)),
    type: 'text',
    text: { body: text },
  };
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550100100', phone_number_id: NUMBER },
    contacts: [{ profile: { name }, wa_id: from }],
    messages: [message],
  };
  const body = Buffer.from(
    JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [{ id: '102290129340398', changes: [{ field: 'messages', value }] }],
    }),
  );
  const signature = createHmac('sha256', String(context.settings.appSecret)).update(body).digest('hex');
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` };
  return { headers, body };
}
