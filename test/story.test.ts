/** The whole way of one request, in real browsers: from a form on somebody's site to the manager who took it. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './browser.ts';
import { type Installation, PASSWORD, startInstallation } from './e2e/installation.ts';
import { openSite, type Site } from './e2e/site.ts';

let installation: Installation;
let browser: Browser;
let site: Site;
let formAddress = '';

beforeAll(async () => {
  [installation, browser, site] = await Promise.all([startInstallation(), launchBrowser(), openSite()]);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([site?.close(), installation?.stop()]);
});

test('a request comes in by a form, one manager of two takes it, and all of it is on record', {
  timeout: 60_000,
}, async () => {
  // Ada opens the link that the server printed, makes a form and asks two managers in.
  const ada = await somebody();
  await openSetUpLink(ada, installation.setupUrl, { name: 'Ada Adams', email: 'ada@example.com' });
  const code = await makeForm(ada, 'Main site');
  formAddress = /http[^"?]+/.exec(code)![0];
  const forMila = await invite(ada, 'Mila Marsh', 'mila@example.com');
  const forPetr = await invite(ada, 'Petr Petrov', 'petr@example.com');

  // Mila and Petr choose their passwords and watch an empty queue.
  const [mila, petr] = await Promise.all([somebody(), somebody()]);
  await Promise.all([openSetUpLink(mila, forMila), openSetUpLink(petr, forPetr)]);
  for (const manager of [mila, petr]) await manager.getByText('Nobody is waiting').waitFor();
  await markPage(mila);

  // Olga is on the site of a kitchen maker, where the copied code stands, and asks something.
  const olga = await somebody();
  await olga.goto(site.page('/kitchens', `<h1>Kitchens</h1>${code}`));
  await type(olga, { Name: 'Olga Smirnova', Phone: '+7 912 345-67-89', Message: 'When could you come to measure?' });
  await olga.getByRole('button', { name: 'Send' }).click();
  await olga.getByText('Thank you! Your request has been received.').waitFor();

  // Both managers see that somebody waits, at once and without reloading; not who it is.
  for (const manager of [mila, petr]) {
    await manager.getByTestId('queue-row').waitFor();
    const seen = await manager.locator('body').textContent();
    expect(seen).toContain('Main site');
    for (const secret of ['Olga', '67-89', 'measure']) expect(seen).not.toContain(secret);
  }
  expect(await isMarked(mila)).toBe(true);

  // Mila is faster: the lead opens before her, and leaves Petr's queue, who sees that it is
  // hers now, and learns nothing of the client.
  await mila.getByRole('button', { name: 'Claim' }).click();
  await mila.getByRole('heading', { level: 1, name: 'Olga Smirnova' }).waitFor();
  await mila.getByTestId('message').getByText('When could you come to measure?').waitFor();
  expect(await mila.getByTestId('contact-card').textContent()).toContain('+7 ••• •••-••-89');
  await petr.getByText('Nobody is waiting').waitFor();
  await petr.getByTestId('taken-lately').getByText('Mila Marsh').waitFor();
  expect(await petr.locator('body').textContent()).not.toContain('Olga');

  await workOn(mila);
  await checkTheBooks(ada);
});

test('a manager who comes second is told who was first', { timeout: 60_000 }, async () => {
  const [mila, petr] = await Promise.all([somebody(), somebody()]);
  await logIn(mila, 'mila@example.com');
  await logIn(petr, 'petr@example.com');
  const olga = await somebody();
  await olga.goto(formAddress);
  await type(olga, { Name: 'Igor', Phone: '+7 912 000-00-01', Message: 'Do you also make wardrobes, and how soon?' });
  await olga.getByRole('button', { name: 'Send' }).click();
  await petr.getByTestId('queue-row').waitFor();
  // Both reach for it at once, and Petr's line is the slower one.
  const milaHasIt = Promise.withResolvers<void>();
  await petr.route('**/claim', async (route) => {
    await milaHasIt.promise;
    await route.continue();
  });
  await petr.getByRole('button', { name: 'Claim' }).click();
  await mila.getByRole('button', { name: 'Claim' }).click();
  await mila.getByRole('heading', { level: 1, name: 'Igor' }).waitFor();
  milaHasIt.resolve();
  await petr.getByText('Somebody was faster').waitFor();
  await petr.getByText(/^Mila Marsh took it /).waitFor();
});

/** Somebody with a browser of their own. */
async function somebody(): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  return page;
}

async function openSetUpLink(page: Page, link: string, who?: { name: string; email: string }): Promise<void> {
  await page.goto(link);
  if (who !== undefined) {
    await page.getByLabel('E-mail').fill(who.email);
    await page.getByLabel('Your name').fill(who.name);
  }
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('heading', { level: 1, name: 'Queue' }).waitFor();
}

async function logIn(page: Page, email: string): Promise<void> {
  await page.goto(installation.url);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('Nobody is waiting').waitFor();
}

/** @returns the code for the site, as it was copied */
async function makeForm(page: Page, name: string): Promise<string> {
  await page.getByRole('link', { name: 'Endpoints' }).click();
  await page.getByRole('button', { name: 'Add an endpoint' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Web form' }).click();
  await dialog.getByLabel('Name', { exact: true }).first().fill(name);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
  await page.getByRole('button', { name: 'Copy the code' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  return page.evaluate('navigator.clipboard.readText()');
}

/** @returns the link to pass on */
async function invite(page: Page, name: string, email: string): Promise<string> {
  await page.getByRole('link', { name: 'Users' }).click();
  await page.getByRole('button', { name: 'Invite a person' }).click();
  const dialog = page.getByRole('dialog', { name: 'Invite a person' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('E-mail').fill(email);
  await dialog.getByRole('button', { name: 'Make an invitation' }).click();
  const link = await page.getByTestId('setup-link').textContent();
  await page.getByRole('dialog', { name: 'Set-up link' }).getByRole('button', { name: 'Close' }).click();
  return link ?? '';
}

/** As people do, letter by letter: a form that is filled in faster than that is kept aside. */
async function type(page: Page, answers: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, text] of Object.entries(answers))
    await page.getByLabel(label).pressSequentially(text, { delay: 40 });
}

/** A mark that a reload would wipe out. */
const markPage = (page: Page): Promise<unknown> => page.evaluate('globalThis.wasHere = true');
const isMarked = (page: Page): Promise<boolean> => page.evaluate('globalThis.wasHere === true');

/** Mila calls Olga: she says why she needs the number, moves the lead on and writes down what was agreed. */
async function workOn(mila: Page): Promise<void> {
  await mila.getByRole('button', { name: 'Show contacts' }).click();
  await mila.getByRole('button', { name: 'Calling the client' }).click();
  await mila.getByRole('button', { name: 'Show', exact: true }).click();
  await mila.getByTestId('revealed').getByText('+79123456789').waitFor();
  const inProgress = mila.getByTestId('stage-bar').getByRole('button', { name: 'In progress' });
  await inProgress.click();
  await mila.getByTestId('event').getByText('Mila Marsh moved it from “New request” to “In progress”').waitFor();
  expect(await inProgress.getAttribute('aria-current')).toBe('step');
  await mila.getByTestId('composer').getByText('Note', { exact: true }).click();
  await mila.getByRole('textbox', { name: 'Note' }).fill('Measuring on Friday at ten.');
  await mila.getByRole('button', { name: 'Add note' }).click();
  await mila.getByTestId('message').getByText('Measuring on Friday at ten.').waitFor();
}

/** Ada sees who did what, and that everything received is accounted for. */
async function checkTheBooks(ada: Page): Promise<void> {
  await ada.getByRole('link', { name: 'Leads' }).click();
  await ada.getByRole('link', { name: 'Olga Smirnova' }).click();
  await ada.getByTestId('message').getByText('Measuring on Friday at ten.').waitFor();
  const events = await ada.getByTestId('event').evaluateAll((all) => all.map((one) => one.dataset.kind));
  expect(events).toEqual(['opened', 'claimed', 'stage']);
  await ada.getByTestId('event').getByText('Mila Marsh took the lead').waitFor();
  await ada.getByTestId('why-here').getByText('No rule matched').waitFor();

  await ada.getByRole('link', { name: 'Ledger' }).click();
  await ada.getByTestId('balanced').getByText('Balanced: nothing lost').waitFor();
  expect(await ada.getByTestId('count-received').textContent()).toMatch(/^1\D/);
  expect(await ada.getByTestId('count-opened').textContent()).toMatch(/^1\D/);
}
