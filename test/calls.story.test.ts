/** Calls in a real browser: missed and called back, ringing, recorded, made by a click; and the line's own page. */
import type { Browser, Locator, Page } from 'playwright-core';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './browser.ts';
import {
  type Endpoint,
  type Installation,
  invite,
  type Lead,
  type LeadDetail,
  type Person,
  setUpAdmin,
  startInstallation,
  until,
} from './e2e/installation.ts';
import { watch } from './e2e/pages.ts';
import { openRecordings, type Phone, startPhone } from './e2e/phone.ts';

let installation: Installation;
let browser: Browser;
let ada: Person;
let mila: Person & { id: string };
let nina: Person & { id: string };
let milasPage: Page;
let ninasPage: Page;
let recordings: Awaited<ReturnType<typeof openRecordings>>;
let phone: Phone;
const strange: (readonly string[])[] = [];

beforeAll(async () => {
  [installation, browser, recordings] = await Promise.all([startInstallation(), launchBrowser(), openRecordings()]);
  ada = await setUpAdmin(installation);
  mila = await invite(installation, ada, { name: 'Mila Marsh', role: 'manager', email: 'mila@example.com' });
  nina = await invite(installation, ada, { name: 'Nina North', role: 'manager', email: 'nina@example.com' });
  phone = await startPhone(ada, 'Sales line', { recordingHosts: ['127.0.0.1'] });
  await ada.ask('PUT', `/endpoints/${phone.endpoint.id}/extensions`, { extension: '102', userId: mila.id });
  milasPage = await pageOf(mila);
  ninasPage = await pageOf(nina);
});

afterAll(async () => {
  await browser?.close();
  await installation?.stop();
  await recordings?.close();
});

async function pageOf(person: Person): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 860 } });
  strange.push(watch(context, installation.url));
  await context.addCookies([person.cookie]);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  return page;
}

async function atQueue(page: Page): Promise<void> {
  await page.goto(`${installation.url}/queue`);
  await page.locator('[data-testid="live-state"][data-state="live"]').waitFor();
}

const row = (text: string): Locator => milasPage.getByTestId('queue-row').filter({ hasText: text });
const event = (text: string): Promise<void> => milasPage.getByTestId('event').filter({ hasText: text }).waitFor();

async function leadOf(person: Person, status = 'all'): Promise<Lead | undefined> {
  const { leads } = await person.ask<{ leads: Lead[] }>('GET', `/leads?status=${status}`);
  return leads[0];
}

async function missed(callId: string, client: string): Promise<void> {
  await phone.tell('ringing', callId, { client });
  await phone.tell('ended', callId, { client, outcome: 'missed' });
}

test('a missed call is a promise to call back, kept by hand', { timeout: 60_000 }, async () => {
  await atQueue(milasPage);
  await missed('missed-1', '+12025550101');
  await missed('missed-2', '+12025550101');
  await row('Sales line')
    .getByText(/Call back by \d\d:\d\d/)
    .waitFor();
  await row('Sales line').getByText('2 missed calls').waitFor();
  await row('Sales line').getByRole('button', { name: 'Claim' }).click();
  const calls = milasPage.getByTestId('message');
  await calls.filter({ hasText: 'Missed call' }).first().waitFor();
  expect(await calls.count()).toBe(2);
  await calls.first().getByText('to Site, +74950000000').waitFor();
  await milasPage.getByRole('button', { name: 'Called back' }).click();
  await event('Mila Marsh called the client back');
  await milasPage.getByRole('region', { name: 'Somebody waits for a call back' }).waitFor({ state: 'detached' });
  expect((await leadOf(mila, 'mine'))?.callback).toBeNull();
});

test('an outgoing call that was answered keeps the promise by itself', { timeout: 60_000 }, async () => {
  await missed('missed-3', '+12025550101');
  const panel = milasPage.getByRole('region', { name: 'Somebody waits for a call back' });
  await panel.getByText(/Call back by/).waitFor();
  const outgoing = { direction: 'outbound', client: '+12025550101', extension: '102' };
  await phone.tell('ringing', 'back-1', outgoing);
  await milasPage.getByTestId('on-call').getByText('Ringing').waitFor();
  await phone.tell('answered', 'back-1', outgoing);
  await milasPage.getByTestId('message').getByText('On the phone now').waitFor();
  await panel.waitFor({ state: 'detached' });
  await phone.tell('ended', 'back-1', { ...outgoing, outcome: 'answered', talkSeconds: 95 });
  const call = milasPage.getByTestId('message').filter({ hasText: 'Outgoing call, answered' });
  await call.getByText('Mila Marsh called').waitFor();
  await call.getByText('talked 1:35').waitFor();
});

test('who calls is on the screen while it rings, for whoever may know', { timeout: 90_000 }, async () => {
  await closeLead(await sentForm('+12025550102'));
  await Promise.all([atQueue(milasPage), atQueue(ninasPage)]);
  const caller = { client: '+12025550102' };
  const began = performance.now();
  await phone.tell('ringing', 'ring-1', caller);
  const card = milasPage.getByTestId('call-card').filter({ hasText: 'Olga Smirnova' });
  await card.waitFor();
  console.log(`the card was there ${Math.round(performance.now() - began)} ms after the event was posted`);
  await card.getByText('Incoming call').waitFor();
  await card.getByText('Known client').waitFor();
  expect(await card.textContent()).not.toContain('2025550102');
  // It rings nobody in particular yet, so Nina sees that somebody calls, and not who.
  const ninas = ninasPage.getByTestId('call-card');
  await ninas.getByText('Known client').waitFor();
  expect(await ninas.textContent()).not.toMatch(/Olga|kitchen|2025550102/);

  await phone.tell('ringing', 'ring-1', { ...caller, extension: '102', at: new Date(Date.now() + 5) });
  await milasPage.locator('[data-testid="call-card"][data-mine]').waitFor();
  await card.getByText('How much is a kitchen?').waitFor();
  await ninas.waitFor({ state: 'detached' });

  await phone.tell('answered', 'ring-1', { ...caller, extension: '102' });
  await card.getByText('On the phone').waitFor();
  await card.getByText('yours').waitFor();
  await card.getByRole('link', { name: 'Open lead' }).click();
  await milasPage.getByRole('heading', { level: 1, name: 'Olga Smirnova' }).waitFor();
  await milasPage.getByTestId('holder').getByText('with you').waitFor();
  await event('Mila Marsh took the lead by answering the call');

  await phone.tell('ended', 'ring-1', { ...caller, extension: '102', outcome: 'answered' });
  await card.getByText('Call ended').waitFor();
  await card.getByRole('button', { name: 'Close the card: Olga Smirnova' }).click();
  await card.waitFor({ state: 'detached' });
  await milasPage.reload();
  await milasPage.getByRole('heading', { level: 1, name: 'Olga Smirnova' }).waitFor();
  await milasPage.locator('[data-testid="live-state"][data-state="live"]').waitFor();
  expect(await card.count()).toBe(0);
});

async function sentForm(number: string): Promise<string> {
  const form = await ada.ask<Endpoint>('POST', '/endpoints', {
    channel: 'form',
    name: 'Landing page',
    settings: { minFillSeconds: 0 },
  });
  const data = new FormData();
  for (const [name, value] of Object.entries({
    name: 'Olga Smirnova',
    phone: number,
    message: 'How much is a kitchen?',
  }))
    data.append(name, value);
  await fetch(form.address, { method: 'POST', body: data });
  return until('lead of the form', async () => {
    const { leads } = await mila.ask<{ leads: Lead[] }>('GET', '/leads?status=waiting');
    return leads.find(({ channel }) => channel === 'form')?.id;
  });
}

/** Mila's client, with nothing open: the next request is a new lead that is nobody's. */
async function closeLead(id: string): Promise<void> {
  await mila.ask('POST', `/leads/${id}/claim`);
  await mila.ask('PUT', `/leads/${id}/stage`, { stage: 'won' });
}

test('a recording is heard by those who may, and that is on record', { timeout: 90_000 }, async () => {
  const caller = { client: '+12025550102', extension: '102' };
  await phone.tell('recorded', 'ring-1', { ...caller, recordingUrl: recordings.url });
  const recording = milasPage.getByTestId('recording');
  await milasPage.locator('[data-testid="recording"][data-state="here"]').waitFor();
  await recording.getByText('There is a recording; you may not listen to it.').waitFor();
  const id = await recordingId();
  await expect(mila.ask('GET', `/recordings/${id}`)).rejects.toThrow('403');

  await ada.ask('PATCH', `/users/${mila.id}`, { mayListen: true });
  await milasPage.reload();
  const pieces: number[] = [];
  milasPage.on('response', (answer) => answer.url().includes('/recordings/') && pieces.push(answer.status()));
  await recording.getByRole('button', { name: 'Play the recording' }).click();
  const audio = recording.locator('audio');
  await until('sound', async () =>
    (await audio.evaluate((one: { currentTime: number }) => one.currentTime)) > 0.2 ? true : undefined,
  );
  await recording.getByRole('button', { name: 'Speed: 1' }).click();
  await recording.getByRole('slider', { name: 'Position in the recording' }).fill('60');
  await until('sound after seeking', async () =>
    (await audio.evaluate((one: { currentTime: number }) => one.currentTime)) > 60.2 ? true : undefined,
  );
  await recording.getByRole('button', { name: 'Pause the recording' }).click();
  await recording.getByText(/^1:0\d \/ 1:30$/).waitFor();
  expect(new Set(pieces)).toEqual(new Set([206]));
  expect(await playedCount()).toBe(1);
  expect(strange.flat()).toEqual([]);
});

async function recordingId(): Promise<string> {
  const { id } = (await leadOf(mila, 'mine'))!;
  const { timeline } = await mila.ask<LeadDetail>('GET', `/leads/${id}`);
  const files = timeline.flatMap((item) => (item.type === 'message' ? item.attachments : []));
  return files.find(({ recording }) => recording)!.id;
}

async function playedCount(): Promise<number> {
  const sql = postgres(installation.databaseUrl, { max: 1 });
  const [found] = await sql<{ count: number }[]>`
    select count(*)::int as count from audit_log where action = 'recording.played'`;
  await sql.end();
  return found!.count;
}

test('a click has the provider call', { timeout: 60_000 }, async () => {
  const settings = { provider: 'zadarma', zadarmaKey: 'key-of-nobody', zadarmaSecret: 'secret-of-nobody' };
  const { id } = await ada.ask<Endpoint>('POST', '/endpoints', { channel: 'telephony', name: 'Out', settings });
  await missed('missed-4', '+12025550102');
  const panel = milasPage.getByRole('region', { name: 'Somebody waits for a call back' });
  await panel.waitFor();
  await milasPage.reload();
  await panel.getByText('To call from here you need an extension').waitFor();
  await ada.ask('PUT', `/endpoints/${id}/extensions`, { extension: '100', userId: mila.id });
  await milasPage.reload();
  // The provider is far away: what it would be asked ends here.
  await milasPage.route('**/leads/*/call', (route) => route.fulfill({ status: 202, json: { started: true } }));
  await panel.getByRole('button', { name: 'Call', exact: true }).click();
  await milasPage.getByText('Your phone rings now').waitFor();
  const problem = { type: 'about:blank', title: 'Conflict', status: 409, detail: 'The provider says: 100 is busy.' };
  await milasPage.route('**/leads/*/call', (route) => route.fulfill({ status: 409, json: problem }));
  await panel.getByRole('button', { name: 'Call', exact: true }).click();
  await milasPage.getByText('The provider says: 100 is busy.').waitFor();
});

test('an administrator says whose phone it is, and tries the line', { timeout: 60_000 }, async () => {
  await phone.tell('ended', 'seen-1', { client: '+12025550103', extension: '103', outcome: 'answered' });
  const page = await pageOf(ada);
  await page.goto(`${installation.url}/endpoints/${phone.endpoint.id}`);
  await page.getByTestId('genuineness').getByText('Signed and fresh').waitFor();
  const first = page.getByTestId('extension').first();
  await first.getByText('103').waitFor();
  await first.getByRole('combobox', { name: 'Whose extension is 103' }).click();
  await page.getByRole('option', { name: 'Nina North' }).click();
  await until('extension of Nina', async () => {
    const path = `/endpoints/${phone.endpoint.id}/extensions`;
    const { extensions } = await ada.ask<{ extensions: { extension: string; person: unknown }[] }>('GET', path);
    return extensions.find(({ extension }) => extension === '103')?.person ?? undefined;
  });
  await page.getByRole('button', { name: 'Send a test call' }).click();
  await page.getByTestId('test-outcome').getByText('It works: the test opened a lead.').waitFor();
  await page.getByRole('link', { name: 'Open the lead' }).click();
  await page.getByTestId('message').getByText('Missed call').waitFor();
  expect(strange.flat()).toEqual([]);
});
