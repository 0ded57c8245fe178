/** Every page, in both languages and both colour schemes: for screen readers, for weak eyes, for small screens. */
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { type Installation, type Person, setUpAdmin, startInstallation } from './installation.ts';
import { type Furnished, furnish, insidePages, open, outsidePages, tooWide } from './pages.ts';
import { type Calls, furnishCalls } from './phone.ts';
import { furnishTalks, type Talks } from './talk.ts';

let installation: Installation;
let admin: Person;
let browser: Browser;
let furnished: Furnished;
let talks: Talks;
let calls: Calls;

beforeAll(async () => {
  [installation, browser] = await Promise.all([startInstallation(), launchBrowser()]);
  admin = await setUpAdmin(installation);
  furnished = await furnish(installation, admin);
  talks = await furnishTalks(admin);
  calls = await furnishCalls(admin);
});

afterAll(async () => {
  await browser?.close();
  await installation?.stop();
  await talks?.close();
  await calls?.close();
});

const allInside = (): string[] => [...insidePages(furnished), ...talks.pages, ...calls.pages];

const DESK = { width: 1280, height: 860 };
const PHONE = { width: 360, height: 740 };

async function newPage(language: 'en' | 'ru', viewport: typeof DESK): Promise<Page> {
  const context = await browser.newContext({ viewport, reducedMotion: 'reduce', locale: language });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  return page;
}

/** What axe has to say about the page as it stands, in a line each. */
async function violations(page: Page, where: string, only?: string[]): Promise<string[]> {
  // Legacy mode leaves frames out, of which there are none, and is twice as fast.
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  const found = await (only === undefined ? axe : axe.withRules(only)).analyze();
  return found.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${where}: ${violation.id}: ${node.html.slice(0, 200)}`),
  );
}

/** Light first, with every rule; in the dark only what depends on colours is asked again. */
async function look(page: Page, where: string, name: string): Promise<string[]> {
  await page.emulateMedia({ colorScheme: 'light' });
  await open(page, installation.url + where);
  return lookHere(page, name);
}

async function lookHere(page: Page, name: string): Promise<string[]> {
  const wrong = await violations(page, `${name} light`);
  await picture(page, `${name} light`);
  await page.emulateMedia({ colorScheme: 'dark' });
  // The web app follows by itself; pages without the attribute are styled by the media query alone.
  await page.locator('html:not([data-mantine-color-scheme="light"])').waitFor();
  wrong.push(...(await violations(page, `${name} dark`, ['color-contrast', 'link-in-text-block'])));
  await picture(page, `${name} dark`);
  return wrong;
}

let taken = 0;
/** With INLET_TEST_PICTURES=1 every page is kept as a picture, for people to look at. */
async function picture(page: Page, name: string): Promise<void> {
  if (process.env.INLET_TEST_PICTURES === undefined) return;
  taken += 1;
  const words = name.replaceAll(/[\w-]{20,}/g, '').replaceAll(/[^a-z0-9]+/gi, '-');
  const file = `${String(taken).padStart(3, '0')}-${words}.png`;
  await page.screenshot({ path: path.join(tmpdir(), 'inlet-pictures', file), fullPage: true });
}

describe.each(['en', 'ru'] as const)('in %s', (language) => {
  test('everything before the log-in, and what customers see', { timeout: 60_000 }, async () => {
    const page = await newPage(language, DESK);
    const wrong: string[] = [];
    for (const where of outsidePages(furnished, language))
      wrong.push(...(await look(page, where, `${language} ${where}`)));
    await page.context().close();
    expect(wrong).toEqual([]);
  });

  test('every page of the web app', { timeout: 180_000 }, async () => {
    await admin.ask('PATCH', '/me', { language });
    const page = await newPage(language, DESK);
    await page.context().addCookies([admin.cookie]);
    const wrong: string[] = [];
    for (const where of allInside()) wrong.push(...(await look(page, where, `${language} ${where}`)));
    await page.context().close();
    expect(wrong).toEqual([]);
  });

  test('nothing has to be scrolled sideways on a phone', { timeout: 120_000 }, async () => {
    await admin.ask('PATCH', '/me', { language });
    const page = await newPage(language, PHONE);
    const wrong: string[] = [];
    const visit = async (where: string): Promise<void> => {
      await open(page, installation.url + where);
      await picture(page, `phone ${language} ${where}`);
      wrong.push(...(await tooWide(page)).map((wide) => `${where}: ${wide}`));
    };
    for (const where of outsidePages(furnished, language)) await visit(where);
    await page.context().addCookies([admin.cookie]);
    for (const where of allInside()) await visit(where);
    expect(wrong).toEqual([]);
    for (const where of [`/leads/${furnished.claimed}`, talks.pages[0]!]) {
      await open(page, installation.url + where);
      expect(await violations(page, `phone ${where}`)).toEqual([]);
    }
    await page.context().close();
  });
});

test('a phone to be linked: by a code to scan, and by one to type', { timeout: 60_000 }, async () => {
  await admin.ask('PATCH', '/me', { language: 'en' });
  const page = await newPage('en', DESK);
  await page.context().addCookies([admin.cookie]);
  // No phone is at hand: what the server says of the endpoint is changed on its way to the page.
  await page.route('**/api/v1/health', async (route) => {
    const answer = await route.fetch();
    const told = (await answer.json()) as { endpoints: { pairing: unknown }[] };
    for (const one of told.endpoints) one.pairing = { qr: '2@made-up,of,nobody==', code: 'ABCD1234' };
    await route.fulfill({ response: answer, json: told });
  });
  const wrong = await look(page, talks.pages.at(-1)!, 'pairing');
  await page.getByRole('img', { name: 'QR code for WhatsApp' }).waitFor();
  await page.getByText('ABCD-1234').waitFor();
  await page.setViewportSize(PHONE);
  wrong.push(...(await tooWide(page)));
  await page.context().close();
  expect(wrong).toEqual([]);
});

/** What opens over a page: the path, and the names of what is pressed one after the other. */
const OPENED: readonly (readonly [where: (all: Furnished) => string, ...press: string[]])[] = [
  [() => '/queue', 'Ada Adams Administrator'],
  [({ claimed }) => `/leads/${claimed}`, 'Show contacts'],
  [({ claimed }) => `/leads/${claimed}`, 'Lost'],
  [({ claimed }) => `/leads/${claimed}`, 'More actions', 'Hand over to a colleague'],
  [() => '/leads?show=open', 'Board'],
  [() => '/quarantine', 'Edit and retry'],
  [() => '/quarantine', 'Dismiss'],
  [() => '/ledger', 'Process again'],
  [() => '/endpoints', 'Add an endpoint'],
  [() => '/endpoints', 'Add an endpoint', 'Web form'],
  [() => '/endpoints', 'Add an endpoint', 'Telegram'],
  [() => '/queue', 'Alarms'],
  [() => talks.pages[0]!, 'Templates'],
  [() => talks.pages[0]!, 'Note'],
  [() => talks.pages[2]!, 'Show the mail as it was laid out'],
  [() => talks.pages[1]!, 'New key'],
  [() => '/templates', 'Add a template'],
  [({ endpoint }) => `/endpoints/${endpoint.id}`, 'Delete'],
  [() => '/desk', 'Add a queue'],
  [() => '/desk?tab=rules', 'Add a rule'],
  [() => '/users', 'Invite a person'],
  [() => '/api-keys', 'Make a key'],
];

test('what opens over a page: dialogs, menus, the board', { timeout: 120_000 }, async () => {
  await admin.ask('PATCH', '/me', { language: 'en' });
  const wrong: string[] = [];
  const page = await newPage('en', DESK);
  await page.context().addCookies([admin.cookie]);
  for (const [where, ...press] of OPENED) {
    await page.emulateMedia({ colorScheme: 'light' });
    await open(page, installation.url + where(furnished));
    for (const name of press) await pressed(page, name);
    wrong.push(...(await lookHere(page, press.join(' '))));
  }
  await page.context().close();
  expect(wrong).toEqual([]);
});

/** A button's name may go on: with a count, or a sentence about a choice. */
const pressed = (page: Page, name: string): Promise<void> =>
  page
    .getByRole('button', { name: new RegExp(`^${name}(?: |$)`) })
    .or(page.getByRole('menuitem', { name, exact: true }))
    .or(page.locator('label', { hasText: name }))
    .filter({ visible: true })
    .first()
    .click();

test('a call that rings: its card over a page', { timeout: 60_000 }, async () => {
  await calls.ring();
  const wrong: string[] = [];
  for (const language of ['en', 'ru'] as const) {
    await admin.ask('PATCH', '/me', { language });
    const page = await newPage(language, DESK);
    await page.context().addCookies([admin.cookie]);
    await open(page, installation.url + calls.pages[0]!);
    await page.locator('[data-testid="call-card"][data-large]').waitFor();
    await page.emulateMedia({ colorScheme: 'light' });
    wrong.push(...(await lookHere(page, `${language} ringing`)));
    await page.setViewportSize(PHONE);
    await picture(page, `phone ${language} ringing`);
    wrong.push(...(await tooWide(page)), ...(await violations(page, `phone ${language} ringing`)));
    await page.context().close();
  }
  expect(wrong).toEqual([]);
});
