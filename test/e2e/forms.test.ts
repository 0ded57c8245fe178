/** A customer's browser on somebody else's site, and the lead that comes of it. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../browser.ts';
import {
  type Endpoint,
  type Installation,
  type Lead,
  type LeadDetail,
  type Person,
  setUpAdmin,
  startInstallation,
  until,
} from './installation.ts';
import { openSite, type Site } from './site.ts';

let installation: Installation;
let admin: Person;
let browser: Browser;
let site: Site;
let made = 0;

beforeAll(async () => {
  [installation, browser, site] = await Promise.all([startInstallation(), launchBrowser(), openSite()]);
  admin = await setUpAdmin(installation);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([site?.close(), installation?.stop()]);
});

/** A form endpoint; people in tests type faster than people. */
function form(settings: object = {}): Promise<Endpoint> {
  made += 1;
  return admin.ask<Endpoint>('POST', '/endpoints', {
    channel: 'form',
    name: `Form ${made}`,
    settings: { minFillSeconds: 0, ...settings },
  });
}

const script = (endpoint: Endpoint, attributes = ''): string =>
  `<script src="${endpoint.address}?script" ${attributes} async></script>`;

const ownForm = (endpoint: Endpoint, more = ''): string => `
  <form action="${endpoint.address}" method="post">
    <label>Name <input name="name"></label>
    <label>Phone <input name="phone" type="tel"></label>
    <label>Question <textarea name="message"></textarea></label>
    ${more}
    <button>Send</button>
  </form>`;

/** A visitor of their own, with nothing kept from earlier visits. */
async function visit(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(url);
  return page;
}

async function fill(page: Page, answers: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(answers)) await page.getByLabel(label).fill(value);
}

const send = (page: Page): Promise<void> => page.getByRole('button', { name: 'Send' }).click();

async function thanked(page: Page): Promise<void> {
  await page.getByRole('status').getByText('Thank you! Your request has been received.').waitFor();
}

async function leadsOf(endpoint: Endpoint): Promise<Lead[]> {
  const { leads } = await admin.ask<{ leads: Lead[] }>('GET', '/leads?status=all&limit=200');
  return leads.filter((lead) => lead.endpoint.id === endpoint.id);
}

/** The one lead of an endpoint with everything in it, claimed so that it may be read. */
async function leadOf(endpoint: Endpoint): Promise<LeadDetail> {
  const { id } = await until(`lead of ${endpoint.name}`, async () => (await leadsOf(endpoint))[0]);
  await admin.ask('POST', `/leads/${id}/claim`);
  return admin.ask<LeadDetail>('GET', `/leads/${id}`);
}

const messageOf = (lead: LeadDetail) => lead.timeline.find((item) => item.type === 'message')!;

const countsOf = (endpoint: Endpoint): Promise<Record<string, number>> =>
  admin.ask<Record<string, number>>('GET', `/ledger?endpoint=${endpoint.id}`);

/** Waits until the endpoint has settled so many deliveries, and gives its counts. */
const settled = (endpoint: Endpoint, received: number) =>
  until(`settled delivery of ${endpoint.name}`, async () => {
    const counts = await countsOf(endpoint);
    return counts.received === received && counts.pending === 0 ? counts : undefined;
  });

const held = async (endpoint: Endpoint): Promise<string[]> => {
  const { deliveries } = await admin.ask<{ deliveries: { endpoint: { id: string }; reason: string }[] }>(
    'GET',
    '/quarantine',
  );
  return deliveries.filter((one) => one.endpoint.id === endpoint.id).map((one) => one.reason);
};

test("the script takes over the owner's own form, and the visitor stays on the page", async () => {
  const endpoint = await form();
  const url = site.page('/own', ownForm(endpoint) + script(endpoint));
  const page = await visit(url);
  await page.waitForSelector('form [role=status]', { state: 'attached' });
  await fill(page, { Name: 'Olga', Phone: '+7 912 345-67-89', Question: 'How long is the delivery?' });
  await send(page);
  await thanked(page);
  expect(page.url()).toBe(url);
  expect(await page.getByLabel('Question').inputValue()).toBe('');
  const lead = await leadOf(endpoint);
  expect(lead.contact).toMatchObject({ name: 'Olga', phone: '+7 ••• •••-••-89' });
  expect(messageOf(lead)).toMatchObject({ text: 'How long is the delivery?', source: { page: url } });
});

test('the script draws a form by itself, with labels, in the language of the page', async () => {
  const endpoint = await form({ consentText: 'You may call me.' });
  const english = await visit(site.page('/drawn', script(endpoint, 'data-form')));
  await english.getByLabel('You may call me.').check();
  await fill(english, { Name: 'Boris', Email: 'boris@example.com', Message: 'Two chairs, please' });
  expect((await new AxeBuilder({ page: english }).include('form').analyze()).violations).toEqual([]);
  await send(english);
  await thanked(english);
  expect(await english.locator('form input').count()).toBe(0);
  expect((await leadOf(endpoint)).contact).toMatchObject({ name: 'Boris', email: 'b•••@example.com' });

  const russian = await visit(site.page('/ru', `<div lang="ru">${script(endpoint, 'data-form')}</div>`));
  await russian.getByLabel('Телефон').waitFor();
  await russian.getByRole('button', { name: 'Отправить' }).waitFor();
});

test('what is wrong with a field is said at the field, aloud, and mended in place', async () => {
  const endpoint = await form();
  const page = await visit(site.page('/errors', script(endpoint, 'data-form')));
  await fill(page, { Name: 'Vera' });
  await send(page);
  const phone = page.getByLabel('Phone');
  await page.getByText('Please fill in one of: phone, email.').first().waitFor();
  expect(await phone.getAttribute('aria-invalid')).toBe('true');
  expect(await phone.evaluate((field) => field === field.ownerDocument.activeElement)).toBe(true);
  const said = await phone.evaluate(
    (field) => field.ownerDocument.getElementById(field.getAttribute('aria-describedby') ?? '')?.textContent,
  );
  expect(said).toBe('Please fill in one of: phone, email.');
  await page.getByRole('status').getByText('Please check the marked fields.').waitFor();
  expect((await new AxeBuilder({ page }).include('form').analyze()).violations).toEqual([]);

  await fill(page, { Phone: '8 (912) 000-11-22' });
  await send(page);
  await thanked(page);
  expect((await leadOf(endpoint)).contact).toMatchObject({ name: 'Vera', phone: '+7 ••• •••-••-22' });
  expect(await settled(endpoint, 1)).toMatchObject({ opened: 1, balanced: true });
});

test('a filled trap and a form filled in no time are kept aside, and the sender hears nothing of it', async () => {
  const trapped = await form();
  const page = await visit(site.page('/trap', ownForm(trapped) + script(trapped)));
  await page.waitForSelector('[name=_hp]', { state: 'attached' });
  expect(await page.getByRole('textbox', { name: 'Leave this field empty' }).count()).toBe(0);
  expect((await page.locator('[name=_hp]').boundingBox())?.x).toBeLessThan(-1000);
  await fill(page, { Name: 'Bot', Phone: '+7 912 000-00-01' });
  await page.locator('[name=_hp]').evaluate((field) => ((field as unknown as { value: string }).value = 'http://x'));
  await send(page);
  await thanked(page);

  const hurried = await form({ minFillSeconds: 30 });
  const quick = await visit(site.page('/quick', ownForm(hurried) + script(hurried)));
  await quick.waitForSelector('[name=_hp]', { state: 'attached' });
  await fill(quick, { Name: 'Flash', Phone: '+7 912 000-00-02' });
  await send(quick);
  await thanked(quick);

  expect(await settled(trapped, 1)).toMatchObject({ opened: 0, quarantined: 1, balanced: true });
  expect(await settled(hurried, 1)).toMatchObject({ opened: 0, quarantined: 1, balanced: true });
  expect([...(await held(trapped)), ...(await held(hurried))]).toEqual(['honeypot', 'too-fast']);
});

test('a proof of work is done while the visitor types, and asked of everybody', async () => {
  const endpoint = await form({ captcha: 'altcha', altchaCost: 1000 });
  const page = await visit(site.page('/altcha', script(endpoint, 'data-form')));
  const challenge = page.waitForResponse((answer) => answer.url().includes('?challenge&for='));
  await page.getByLabel('Name').focus();
  await challenge;
  await fill(page, { Name: 'Galina', Phone: '+7 912 000-00-03' });
  await send(page);
  await thanked(page);
  expect((await leadOf(endpoint)).contact).toMatchObject({ name: 'Galina' });

  const without = await fetch(endpoint.address, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ phone: '+79120000004' }),
  });
  expect(without.status).toBe(403);
});

test('a file arrives whole; one of a forbidden type is refused at its field', async () => {
  const formFields = [
    { name: 'phone', label: 'Phone', kind: 'phone' },
    { name: 'plan', label: 'Plan of the room', kind: 'file' },
  ];
  const endpoint = await form({ formFields, allowedFileTypes: ['application/pdf'] });
  const page = await visit(site.page('/file', script(endpoint, 'data-form')));
  await fill(page, { Phone: '+7 912 000-00-05' });
  const chooser = page.getByLabel('Plan of the room');
  await chooser.setInputFiles({ name: 'plan.pdf', mimeType: 'application/pdf', buffer: Buffer.from('MZ not a pdf') });
  await send(page);
  await page.getByText('Files of this type are not taken.').first().waitFor();
  expect(await chooser.getAttribute('aria-invalid')).toBe('true');

  const pdf = Buffer.from('%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n');
  await chooser.setInputFiles({ name: 'план кухни.pdf', mimeType: 'application/pdf', buffer: pdf });
  await send(page);
  await thanked(page);
  const message = messageOf(await leadOf(endpoint));
  expect(message).toMatchObject({
    attachments: [{ name: 'план кухни.pdf', mediaType: 'application/pdf', size: pdf.length }],
  });
});

test('where the visitor came from first and last arrives with the lead', async () => {
  const endpoint = await form();
  const url = site.page('/landing', script(endpoint, 'data-form'));
  const page = await visit(`${url}?utm_source=yandex&utm_campaign=spring&yclid=42`);
  await page.getByLabel('Phone').waitFor();
  await page.goto(`${url}?utm_source=telegram&utm_medium=post`);
  await page.getByLabel('Phone').waitFor();
  await page.goto(site.page('/contacts', script(endpoint, 'data-form')));
  await fill(page, { Phone: '+7 912 000-00-06' });
  await send(page);
  await thanked(page);
  const lead = await leadOf(endpoint);
  expect(lead.source).toMatchObject({ utm: { source: 'telegram', medium: 'post' }, page: `${site.origin}/contacts` });
  expect(messageOf(lead)).toMatchObject({
    source: {
      utm: { source: 'telegram', medium: 'post' },
      page: `${site.origin}/contacts`,
      landingPage: `${url}?utm_source=telegram&utm_medium=post`,
      firstTouch: { utm: { source: 'yandex', campaign: 'spring' }, clickIds: { yclid: '42' } },
    },
  });
});

test('without JavaScript the form is posted plainly and answered with a page', async () => {
  const endpoint = await form();
  const page = await visit(site.page('/plain', ownForm(endpoint) + script(endpoint)), { javaScriptEnabled: false });
  await fill(page, { Name: 'Dmitri', Phone: '+7 912 000-00-07', Question: 'Без скриптов' });
  const posted = page.waitForResponse((answer) => answer.request().method() === 'POST');
  await send(page);
  expect((await posted).status()).toBe(303);
  await page.getByRole('heading', { name: 'Thank you' }).waitFor();
  expect(page.url()).toBe(`${endpoint.address}?thanks&lang=en`);
  expect(messageOf(await leadOf(endpoint))).toMatchObject({ text: 'Без скриптов' });

  await page.getByRole('link', { name: 'Back to the form' }).click();
  await fill(page, { Name: 'Dmitri', Email: 'dmitri@example.com', Message: 'From the hosted page' });
  await send(page);
  await page.getByRole('heading', { name: 'Thank you' }).waitFor();
  expect(await settled(endpoint, 2)).toMatchObject({ balanced: true, quarantined: 0 });
});

test('without JavaScript a form with mistakes is answered with a page that says which', async () => {
  const endpoint = await form();
  const page = await visit(site.page('/invalid', ownForm(endpoint)), { javaScriptEnabled: false });
  await fill(page, { Name: 'Elena' });
  const posted = page.waitForResponse((answer) => answer.request().method() === 'POST');
  await send(page);
  expect((await posted).status()).toBe(422);
  await page.getByRole('heading', { name: 'The form was not sent' }).waitFor();
  await page.getByText('Please fill in one of: phone, email.').first().waitFor();
  await page.goBack();
  expect(await page.getByLabel('Name').inputValue()).toBe('Elena');
  expect(await countsOf(endpoint)).toMatchObject({ received: 0 });
});

test('pages of a site that is not on the list can send nothing', async () => {
  const endpoint = await form({ allowedOrigins: ['https://shop.example.com'] });
  const page = await visit(site.page('/foreign', ownForm(endpoint)));
  const refused = page.waitForEvent('console', (line) => line.text().includes('CORS'));
  const outcome = await page.evaluate(
    (address) => fetch(address, { method: 'POST', body: '{}' }).then(String, () => 'refused'),
    endpoint.address,
  );
  expect(outcome).toBe('refused');
  await refused;
  await fill(page, { Name: 'Zoya', Phone: '+7 912 000-00-08' });
  const posted = page.waitForResponse((answer) => answer.request().method() === 'POST');
  await send(page);
  expect((await posted).status()).toBe(403);
  expect(await countsOf(endpoint)).toMatchObject({ received: 0 });

  const listed = await form({ allowedOrigins: [site.origin] });
  const friend = await visit(site.page('/friend', ownForm(listed) + script(listed)));
  await friend.waitForSelector('form [role=status]', { state: 'attached' });
  await fill(friend, { Name: 'Zoya', Phone: '+7 912 000-00-08' });
  await send(friend);
  await thanked(friend);
});

test('a double click, or a second try after a lost answer, is one lead', async () => {
  const endpoint = await form();
  const page = await visit(site.page('/twice', ownForm(endpoint) + script(endpoint)));
  await page.waitForSelector('form [role=status]', { state: 'attached' });
  await fill(page, { Name: 'Ivan', Phone: '+7 912 000-00-09' });
  await page.getByRole('button', { name: 'Send' }).dblclick();
  await thanked(page);
  expect(await settled(endpoint, 1)).toMatchObject({ opened: 1 });

  let lost = 0;
  await page.route(endpoint.address, async (route) => {
    if (route.request().method() !== 'POST' || lost > 0) return route.continue();
    lost += 1;
    await route.fetch();
    await route.abort('connectionreset');
  });
  await fill(page, { Name: 'Ivan', Phone: '+7 912 000-00-10' });
  await send(page);
  await page.getByRole('status').getByText('No connection. Trying again…').waitFor();
  await thanked(page);
  expect(lost).toBe(1);
  expect(await settled(endpoint, 2)).toMatchObject({ opened: 2, attached: 0, balanced: true });
});

test('an impatient visitor without JavaScript, who also goes back and sends again, is one lead', async () => {
  const endpoint = await form();
  const page = await visit(endpoint.address, { javaScriptEnabled: false });
  await fill(page, { Name: 'Kira', Phone: '+7 912 000-00-11' });
  await page.getByRole('button', { name: 'Send' }).dblclick();
  await page.getByRole('heading', { name: 'Thank you' }).waitFor();
  expect(await settled(endpoint, 1)).toMatchObject({ opened: 1 });
  await page.goBack();
  await fill(page, { Name: 'Kira', Phone: '+7 912 000-00-11' });
  await send(page);
  await page.getByRole('heading', { name: 'Thank you' }).waitFor();
  expect(await settled(endpoint, 2)).toMatchObject({ opened: 1, attached: 1, balanced: true });
});
