/** Every page of the web app, furnished with people, queues, rules, leads and deliveries that went wrong. */
import type { BrowserContext, Page } from 'playwright-core';
import { type Endpoint, type Installation, invite, type Lead, type Person, until } from './installation.ts';

export interface Furnished {
  readonly endpoint: Endpoint;
  /** Claimed by the administrator, with a note, a second message and a file. */
  readonly claimed: string;
  readonly waiting: string;
  /** An invited person's link that nobody has opened. */
  readonly unopened: string;
}

/** The words that people and visitors write; a test may bring nastier ones. */
export interface Words {
  readonly person: string;
  readonly company: string;
  readonly queue: string;
  readonly endpoint: string;
  readonly message: string;
  readonly file: string;
  readonly field: string;
  readonly utm: string;
}

export const USUAL: Words = {
  person: 'Olga Smirnova',
  company: 'Mila Marsh',
  queue: 'Kitchens',
  endpoint: 'Landing page: kitchens',
  message: 'Good afternoon! How much is a kitchen of 12 square metres, and when could you come to measure?',
  file: 'plan of the kitchen.pdf',
  field: 'Budget',
  utm: 'spring-sale',
};

const PDF = new Blob(['%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n'], { type: 'application/pdf' });

export async function furnish(installation: Installation, admin: Person, words = USUAL): Promise<Furnished> {
  const manager = await invite(installation, admin, { name: words.company, role: 'manager', email: 'm@example.com' });
  const { setupUrl } = await admin.ask<{ setupUrl: string }>('POST', '/users', {
    name: `${words.company} II`,
    role: 'head',
    email: 'head@example.com',
  });
  const endpoint = await furnishDesk(admin, manager.id, words);
  await sendAll(endpoint, words);
  const waiting = await until('furnished lead', async () => {
    const { leads } = await admin.ask<{ leads: Lead[] }>('GET', '/leads?status=waiting');
    return leads.length === 7 ? leads : undefined;
  });
  const [first, second, third, fourth] = waiting.map((lead) => lead.id);
  await work(admin, first!, words);
  await manager.ask('POST', `/leads/${second}/claim`);
  await manager.ask('PUT', `/leads/${second}/stage`, { stage: 'in_progress' });
  await admin.ask('POST', `/leads/${third}/claim`);
  await admin.ask('PUT', `/leads/${third}/stage`, { stage: 'lost', reason: words.message.slice(0, 500) });
  return { endpoint, claimed: first!, waiting: fourth!, unopened: setupUrl };
}

async function furnishDesk(admin: Person, managerId: string, words: Words): Promise<Endpoint> {
  const everyday: [string, string][] = [
    ['09:00', '13:00'],
    ['14:00', '18:00'],
  ];
  const queue = await admin.ask<{ id: string }>('POST', '/queues', {
    name: words.queue,
    hours: { timezone: 'Europe/Moscow', week: { mon: everyday, tue: everyday, fri: [['09:00', '24:00']] } },
    members: [{ userId: managerId }],
  });
  const make = (name: string, settings: object) =>
    admin.ask<Endpoint>('POST', '/endpoints', {
      channel: 'form',
      name,
      settings: { minFillSeconds: 0, ...settings },
    });
  await make('Nothing yet', {});
  const endpoint = await make(words.endpoint, {
    title: words.endpoint,
    intro: words.message,
    consentText: words.message,
    consentRequired: false,
    formFields: [
      { name: 'name', label: words.person, kind: 'name' },
      { name: 'phone', label: 'Phone', kind: 'phone', required: true },
      { name: 'budget', label: words.utm.slice(0, 200), kind: 'text' },
      { name: 'plan', label: words.field, kind: 'file' },
      { name: 'message', label: 'Message', kind: 'message' },
    ],
  });
  await admin.ask('POST', '/rules', {
    name: `${words.utm}: ${words.queue}`.slice(0, 200),
    conditions: { utm: { campaign: [words.utm] }, languages: ['en'], contact: 'new' },
    queueId: queue.id,
    priority: 1,
  });
  await admin.ask('POST', '/rules', { name: 'Off', queueId: queue.id, enabled: false, position: 1 });
  await admin.ask('POST', '/api-keys', { name: words.company, scope: 'read' });
  return endpoint;
}

async function sendAll(endpoint: Endpoint, words: Words): Promise<void> {
  const send = async (answers: Readonly<Record<string, string | Blob>>): Promise<void> => {
    const data = new FormData();
    for (const [name, value] of Object.entries(answers))
      if (typeof value === 'string') data.append(name, value);
      else data.append(name, value, words.file);
    const answer = await fetch(endpoint.address, { method: 'POST', body: data });
    if (answer.status !== 202) throw new Error(`the form answered ${answer.status}: ${await answer.text()}`);
  };
  const full = {
    name: words.person,
    message: words.message,
    [words.field]: words.message,
    plan: PDF,
    _page: 'https://shop.example.com/kitchens/white?x=1',
    _referrer: 'https://search.example.com/',
    _first: JSON.stringify({
      at: '2026-01-02T03:04:05.000Z',
      utm_source: words.utm,
      page: 'https://shop.example.com/',
    }),
    utm_campaign: words.utm,
    utm_source: 'newsletter',
    _lang: 'en',
  };
  for (let index = 0; index < 7; index += 1)
    await send({ ...full, phone: `+7 912 345-67-0${index}`, email: `olga${index}@example.com` });
  await send({ phone: '+7 912 345-67-00', message: words.message, name: words.person });
  await send({ phone: '+7 912 345-67-08', _hp: words.message });
}

async function work(admin: Person, lead: string, words: Words): Promise<void> {
  await admin.ask('POST', `/leads/${lead}/claim`);
  await admin.ask('POST', `/leads/${lead}/notes`, { text: words.message });
}

/** Paths for somebody who may open everything. */
export const insidePages = ({ endpoint, claimed, waiting }: Furnished): string[] => [
  '/queue',
  '/leads?show=mine',
  '/leads?show=open',
  '/leads?show=closed',
  `/leads/${claimed}`,
  `/leads/${waiting}`,
  '/quarantine',
  '/templates',
  '/ledger',
  '/endpoints',
  `/endpoints/${endpoint.id}`,
  '/desk',
  '/desk?tab=rules',
  '/users',
  '/api-keys',
  '/no-such-page',
];

/** Paths for anybody: before logging in, and what customers see. */
export const outsidePages = ({ endpoint, unopened }: Furnished, language: string): string[] => [
  '/login',
  new URL(unopened).pathname,
  '/setup/used-up-used-up-used-up-used-up',
  `${new URL(endpoint.address).pathname}?lang=${language}`,
  `${new URL(endpoint.address).pathname}?thanks&lang=${language}`,
];

/** Opens a page and waits until it has everything that it asks the server for. */
export async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator('h1, h2').first().waitFor();
  await page.locator('.mantine-Loader-root').waitFor({ state: 'detached' });
  // What is around the pages of the web app comes a little later than the page itself.
  if ((await page.locator('#main').count()) > 0)
    await page.getByTestId('user-menu').filter({ visible: true }).first().waitFor();
}

/** What makes the document wider than the screen, so that somebody has to scroll sideways; nothing, as a rule. */
export const tooWide = (page: Page): Promise<string[]> => page.evaluate(`(${findWide.toString()})()`);

/** Runs in the page. */
function findWide(): string[] {
  const { document } = globalThis as unknown as { document: Dom };
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const wide = [...document.querySelectorAll('body *')].filter(
    (one) => one.getBoundingClientRect().right > clientWidth,
  );
  return wide.slice(-3).map((one) => one.outerHTML.slice(0, 160));
}

interface Dom {
  readonly documentElement: { readonly scrollWidth: number; readonly clientWidth: number };
  readonly querySelectorAll: (
    selector: string,
  ) => Iterable<{ readonly outerHTML: string; readonly getBoundingClientRect: () => { readonly right: number } }>;
}

/** Whatever a page should never do while it is looked at: ask somebody else's server, open a dialog, throw. */
export function watch(context: BrowserContext, url: string): string[] {
  const wrong: string[] = [];
  context.on('dialog', (dialog) => {
    wrong.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`) && !/^(?:data|blob):/.test(request.url()))
      wrong.push(`a request to ${request.url()}`);
  });
  context.on('weberror', (error) => wrong.push(`an error: ${error.error().message}`));
  context.on('console', (line) => {
    if (/content security policy/i.test(line.text())) wrong.push(`refused by the policy: ${line.text()}`);
  });
  return wrong;
}
