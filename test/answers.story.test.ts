/** The whole way of a conversation, in a real browser: a client writes, a manager claims and answers with a file. */
import { createHmac } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import PostalMime from 'postal-mime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './browser.ts';
import { type ImapServer, openImap } from './contract/email/imap-server.ts';
import { mailboxOn } from './contract/email/loopback.ts';
import { openSmtp, type Smtp } from './contract/email/smtp-server.ts';
import { TOKEN as BOT_TOKEN, BotApi } from './contract/telegram/bot-api.ts';
import { TOKEN as GRAPH_TOKEN, type Graph, NUMBER, openGraph } from './contract/whatsapp-cloud/graph.ts';
import {
  type Endpoint,
  type Installation,
  invite,
  type Person,
  setUpAdmin,
  startInstallation,
  until,
} from './e2e/installation.ts';

const APP_SECRET = 'app-secret-of-nobody';
const PRICES = Buffer.from('%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n');

let installation: Installation;
let browser: Browser;
let ada: Person;
let mila: Page;
let imap: ImapServer;
let smtp: Smtp;
let bot: BotApi;
let graph: Graph;

beforeAll(async () => {
  [installation, browser, imap, smtp, bot, graph] = await Promise.all([
    startInstallation(),
    launchBrowser(),
    openImap(),
    openSmtp(),
    new BotApi().open(),
    openGraph(),
  ]);
  ada = await setUpAdmin(installation);
  const { cookie } = await invite(installation, ada, {
    name: 'Mila Marsh',
    role: 'manager',
    email: 'mila@example.com',
  });
  const context = await browser.newContext({ locale: 'en-GB' });
  await context.addCookies([cookie]);
  mila = await context.newPage();
  mila.setDefaultTimeout(20_000);
});

afterAll(async () => {
  await browser?.close();
  await installation?.stop();
  await Promise.all([imap?.close(), smtp?.close(), bot?.close(), graph?.close()]);
});

test('by mail: the answer comes back into the same thread, with its file', { timeout: 90_000 }, async () => {
  await makeEndpoint('email', 'Sales mailbox', mailboxOn(imap.port, smtp.port));
  await connected();
  await mila.goto(installation.url);
  await mila.getByText('Nobody is waiting').waitFor();

  // Olga writes a mail. It appears in Mila's queue by itself; who she is, Mila learns by taking it.
  await imap.append(
    'From: Olga Smirnova <olga@example.org>\r\nTo: sales@example.com\r\nSubject: Kitchen of oak\r\n' +
      `Date: ${new Date().toUTCString()}\r\nMessage-ID: <kitchen-1@example.org>\r\n` +
      'References: <earlier@example.org>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n' +
      'How much is a kitchen of 12 square metres?\r\n',
  );
  await claim('Olga Smirnova', 'How much is a kitchen of 12 square metres?');
  await mila.getByText("This address is not confirmed to be the client's").first().waitFor();
  await answer('From 300 000, the list is attached.');

  // What the mail server has is a reply as mail programs want it.
  const kept = await until('mail at the SMTP server', async () => smtp.kept[0]);
  const mail = await PostalMime.parse(kept.raw);
  expect(kept.to).toEqual(['olga@example.org']);
  expect(mail.subject).toBe('Re: Kitchen of oak');
  expect(mail.inReplyTo).toBe('<kitchen-1@example.org>');
  expect(mail.references?.split(/\s+/)).toEqual(['<earlier@example.org>', '<kitchen-1@example.org>']);
  expect(mail.text).toContain('From 300 000, the list is attached.');
  expect(kept.files.map(({ name, bytes }) => [name, Buffer.from(bytes).equals(PRICES)])).toEqual([
    ['prices.pdf', true],
  ]);

  // Olga answers that: the same lead, no new one.
  await imap.append(
    'From: Olga Smirnova <olga@example.org>\r\nTo: sales@example.com\r\nSubject: Re: Kitchen of oak\r\n' +
      `Date: ${new Date().toUTCString()}\r\nMessage-ID: <kitchen-2@example.org>\r\nIn-Reply-To: ${mail.messageId}\r\n` +
      'Content-Type: text/plain; charset=utf-8\r\n\r\nThank you, come on Friday.\r\n',
  );
  await mila.getByTestId('message').getByText('Thank you, come on Friday.').waitFor();
  expect((await leads()).length).toBe(1);
});

test('by Telegram: the same', { timeout: 60_000 }, async () => {
  await makeEndpoint('telegram', 'Kitchens bot', { botToken: BOT_TOKEN, apiRoot: bot.apiRoot, askPhone: false });
  await connected();
  await mila.goto(installation.url);
  const person = { id: 424_242, first_name: 'Ivan', last_name: 'Petrov' };
  bot.push({
    update_id: 1,
    message: {
      message_id: 7,
      from: { ...person, is_bot: false },
      chat: { ...person, type: 'private' },
      date: Math.floor(Date.now() / 1000),
      text: 'Do you make wardrobes?',
    },
  });
  await claim('Ivan Petrov', 'Do you make wardrobes?');
  await answer('Yes, see the prices.');
  expect(bot.sent.map(({ payload, file }) => [payload.text ?? payload.caption, file?.name])).toEqual([
    ['Yes, see the prices.', 'prices.pdf'],
  ]);
  expect(String(bot.sent[0]?.payload.chat_id)).toBe('424242');
});

test('by WhatsApp: the same, and the client has read it', { timeout: 60_000 }, async () => {
  const { address } = await makeEndpoint('whatsapp-cloud', 'Sales number', {
    phoneNumberId: NUMBER,
    accessToken: GRAPH_TOKEN,
    appSecret: APP_SECRET,
    verifyToken: 'verify-token-of-nobody',
    apiRoot: graph.root,
  });
  await mila.goto(installation.url);
  const text = { body: 'Сколько стоит кухня?' };
  const at = String(Math.floor(Date.now() / 1000));
  await webhook(address, {
    contacts: [{ profile: { name: 'Нина Иванова' }, wa_id: '79990000007' }],
    messages: [{ from: '79990000007', id: 'wamid.a2l0Y2hlbi1vZi1vYWs=', timestamp: at, type: 'text', text }],
  });
  await claim('Нина Иванова', 'Сколько стоит кухня?');
  await answer('От 300 000, прайс во вложении.');
  const [sent] = graph.taken;
  expect(sent?.body).toMatchObject({ to: '79990000007' });
  await webhook(address, {
    statuses: [{ id: graph.taken.at(-1)?.id, status: 'read', timestamp: at, recipient_id: '79990000007' }],
  });
  await webhook(address, { statuses: graph.taken.map(({ id }) => ({ id, status: 'read', timestamp: at })) });
  await inState('От 300 000, прайс во вложении.', 'read');
});

const makeEndpoint = (channel: string, name: string, settings: object): Promise<Endpoint> =>
  ada.ask<Endpoint>('POST', '/endpoints', { channel, name, settings });

/** Every endpoint that has a connection to make has made it. */
async function connected(): Promise<void> {
  await until(
    'connection',
    async () => {
      const { endpoints } = await ada.ask<{ endpoints: { listens: boolean; state: string }[] }>('GET', '/health');
      return endpoints.every(({ listens, state }) => !listens || state === 'connected') ? true : undefined;
    },
    20_000,
  );
}

const leads = async (): Promise<unknown[]> => (await ada.ask<{ leads: unknown[] }>('GET', '/leads?status=all')).leads;

/** The request appears by itself; nothing of the client is told before somebody takes it. */
async function claim(name: string, text: string): Promise<void> {
  await mila.getByTestId('queue-row').waitFor();
  expect(await mila.locator('body').textContent()).not.toContain(name);
  await mila.getByRole('button', { name: 'Claim' }).click();
  await mila.getByRole('heading', { level: 1, name }).waitFor();
  await mila.getByTestId('message').getByText(text).waitFor();
}

async function answer(text: string): Promise<void> {
  await mila
    .getByTestId('attach')
    .setInputFiles([{ name: 'prices.pdf', mimeType: 'application/pdf', buffer: PRICES }]);
  await mila.getByTestId('waiting-file').getByText('48 B').waitFor();
  const field = mila.getByRole('textbox', { name: 'Reply to the client' });
  await field.fill(text);
  await field.press('Control+Enter');
  await inState(text, 'sent');
}

const inState = (text: string, state: string): Promise<void> =>
  mila
    .getByTestId('message')
    .filter({ hasText: text })
    .locator(`[data-testid="delivery"][data-state="${state}"]`)
    .waitFor();

async function webhook(address: string, value: object): Promise<void> {
  const metadata = { display_phone_number: '15550100100', phone_number_id: NUMBER };
  const change = { field: 'messages', value: { messaging_product: 'whatsapp', metadata, ...value } };
  const body = JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '102290129340398', changes: [change] }],
  });
  const signature = createHmac('sha256', APP_SECRET).update(body).digest('hex');
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${signature}` },
    body,
  });
  expect(response.status).toBe(200);
}
