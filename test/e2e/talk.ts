/** A client who writes by Telegram, by mail and by WhatsApp, and the stand-ins of those providers on this machine. */
import { createHmac } from 'node:crypto';
import { BotApi, TOKEN } from '../contract/telegram/bot-api.ts';
import { type Endpoint, type Lead, type LeadDetail, type Person, until } from './installation.ts';

export interface Talk {
  readonly bot: BotApi;
  readonly endpoint: Endpoint;
  /** The lead of Ivan's conversation; nobody holds it yet. */
  readonly lead: string;
  /** Ivan writes once more. */
  readonly write: (text: string) => void;
  readonly close: () => Promise<void>;
}

const CHAT = 424_242;

export async function startTalk(admin: Person, text: string): Promise<Talk> {
  const bot = await new BotApi().open();
  const endpoint = await admin.ask<Endpoint>('POST', '/endpoints', {
    channel: 'telegram',
    name: 'Kitchens bot',
    settings: { botToken: TOKEN, apiRoot: bot.apiRoot, askPhone: false },
  });
  let updates = 0;
  const write = (words: string): void => {
    updates += 1;
    bot.push({
      update_id: updates,
      message: {
        message_id: updates,
        from: { id: CHAT, is_bot: false, first_name: 'Ivan', last_name: 'Petrov', language_code: 'en' },
        chat: { id: CHAT, type: 'private', first_name: 'Ivan', last_name: 'Petrov' },
        date: Math.floor(Date.now() / 1000),
        text: words,
      },
    });
  };
  write(text);
  const lead = await leadFrom(admin, endpoint);
  return { bot, endpoint, lead, write, close: () => bot.close() };
}

function leadFrom(admin: Person, endpoint: Endpoint): Promise<string> {
  return until(
    `lead from ${endpoint.name}`,
    async () => {
      const { leads } = await admin.ask<{ leads: Lead[] }>('GET', '/leads?status=all&limit=200');
      return leads.find((one) => one.endpoint.id === endpoint.id)?.id;
    },
    20_000,
  );
}

const MAIL_SECRET = 'a-secret-for-posts-of-mail';

const MAIL = `From: Olga Smirnova <olga.mail@example.com>
To: sales@example.com
Subject: Kitchen of 12 square metres
Date: Mon, 05 Jan 2026 10:00:00 +0000
Message-ID: <kitchen-1@example.com>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="half"

--half
Content-Type: text/plain; charset=utf-8

Good afternoon! How much is a kitchen of 12 square metres?

> On Monday somebody wrote: our prices start at 300 000.

--half
Content-Type: text/html; charset=utf-8

<p>Good afternoon! How much is a <b>kitchen</b> of 12 square metres?</p>
<blockquote>On Monday somebody wrote</blockquote>

--half--
`;

/** A mail whose sender nobody vouches for, handed in over HTTP; the mailbox itself is nowhere. */
export async function startMail(admin: Person): Promise<{ readonly endpoint: Endpoint; readonly lead: string }> {
  const endpoint = await admin.ask<Endpoint>('POST', '/endpoints', {
    channel: 'email',
    name: 'Sales mailbox',
    settings: { address: 'sales@example.com', inboundSecret: MAIL_SECRET },
  });
  const answer = await fetch(endpoint.address, {
    method: 'POST',
    headers: { 'Content-Type': 'message/rfc822', Authorization: `Bearer ${MAIL_SECRET}` },
    body: MAIL.replaceAll('\n', '\r\n'),
  });
  if (answer.status !== 202) throw new Error(`the mailbox answered ${answer.status}: ${await answer.text()}`);
  return { endpoint, lead: await leadFrom(admin, endpoint) };
}

const APP_SECRET = 'app-secret-of-nobody';
const DAY_SECONDS = 86_400;

/** A WhatsApp message of the day before yesterday: free text is over. */
export async function startOldWhatsApp(
  admin: Person,
): Promise<{ readonly endpoint: Endpoint; readonly lead: string }> {
  const endpoint = await admin.ask<Endpoint>('POST', '/endpoints', {
    channel: 'whatsapp-cloud',
    name: 'Sales number',
    settings: {
      phoneNumberId: '106540352242922',
      accessToken: 'token-of-nobody',
      appSecret: APP_SECRET,
      verifyToken: 'verify-token-of-nobody',
      templates: [{ name: 'visit', language: 'en_US', text: 'Hello {{1}}, may we come on {{2}}?' }],
    },
  });
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550100100', phone_number_id: '106540352242922' },
    contacts: [{ profile: { name: 'Nina Ivanova' }, wa_id: '79990000007' }],
    messages: [
      {
        from: '79990000007',
        id: 'wamid.b2xkLXdoYXRzYXBw',
        timestamp: String(Math.floor(Date.now() / 1000) - 2 * DAY_SECONDS),
        type: 'text',
        text: { body: 'When could you come to measure?' },
      },
    ],
  };
  const body = JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '102290129340398', changes: [{ field: 'messages', value }] }],
  });
  const signature = createHmac('sha256', APP_SECRET).update(body).digest('hex');
  const answer = await fetch(endpoint.address, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${signature}` },
    body,
  });
  if (answer.status !== 200) throw new Error(`WhatsApp was answered ${answer.status}: ${await answer.text()}`);
  return { endpoint, lead: await leadFrom(admin, endpoint) };
}

export const readLead = (person: Person, id: string): Promise<LeadDetail> => person.ask('GET', `/leads/${id}`);

export interface Talks {
  readonly talk: Talk;
  /** Leads and endpoints whose pages show what an everyday form never does. */
  readonly pages: readonly string[];
  readonly close: () => Promise<void>;
}

/** Conversations in every state, each on its own page; all claimed by the administrator. */
export async function furnishTalks(admin: Person): Promise<Talks> {
  const talk = await startTalk(admin, 'Do you also make kitchens of oak?');
  const mail = await startMail(admin);
  const whatsapp = await startOldWhatsApp(admin);
  const unofficial = await admin.ask<Endpoint>('POST', '/endpoints', {
    channel: 'whatsapp-baileys',
    name: 'Shop phone',
  });
  for (const lead of [talk.lead, mail.lead, whatsapp.lead]) await admin.ask('POST', `/leads/${lead}/claim`);
  await admin.ask('POST', '/templates', { name: 'Greeting', language: 'en', text: 'Hello, {{name}}!' });
  await answer(admin, talk, 'Yes, of oak and of ash.', 'sent');
  talk.bot.mischief.push({ method: 'sendMessage', code: 403, description: 'Forbidden: bot was blocked by the user' });
  await answer(admin, talk, 'See you on Friday.', 'failed');
  talk.bot.mischief.push({ method: 'sendMessage', loseAnswer: true });
  await answer(admin, talk, 'Is ten o’clock good?', 'unknown');
  await admin.ask('PUT', `/leads/${talk.lead}/draft`, { text: 'Hello, {{name}}', endpointId: talk.endpoint.id });
  await admin.ask('POST', `/leads/${talk.lead}/notes`, { text: 'Has a dog.' });
  talk.bot.mischief.push({ method: 'getUpdates', code: 401, description: 'Unauthorized' });
  talk.write('How long does it take?');
  await until('alarm', async () => {
    const { alarms } = await admin.ask<{ alarms: unknown[] }>('GET', '/alarms');
    return alarms.length > 0 ? true : undefined;
  });
  return {
    talk,
    pages: [
      ...[talk, mail, whatsapp].flatMap(({ lead, endpoint }) => [`/leads/${lead}`, `/endpoints/${endpoint.id}`]),
      `/endpoints/${unofficial.id}`,
    ],
    close: talk.close,
  };
}

async function answer(admin: Person, { lead, endpoint }: Talk, text: string, state: string): Promise<void> {
  const { id } = await admin.ask<{ id: string }>('POST', `/leads/${lead}/replies`, { endpointId: endpoint.id, text });
  await until(`"${text}" as ${state}`, async () => {
    const { timeline } = await readLead(admin, lead);
    return timeline.some((item) => item.type === 'message' && item.id === id && item.delivery?.state === state)
      ? true
      : undefined;
  });
}
