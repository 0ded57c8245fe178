/** Managers answer clients from the lead's page: through stand-ins of Telegram, of a mailbox and of WhatsApp. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { type Installation, invite, type Person, setUpAdmin, startInstallation, until } from './installation.ts';
import { open, watch } from './pages.ts';
import { readLead, startMail, startOldWhatsApp, startTalk, type Talk } from './talk.ts';

let installation: Installation;
let admin: Person;
let browser: Browser;
let talk: Talk;
let page: Page;
let strange: string[];

beforeAll(async () => {
  [installation, browser] = await Promise.all([startInstallation(), launchBrowser()]);
  admin = await setUpAdmin(installation);
  talk = await startTalk(admin, 'Do you also make kitchens of oak?');
  await admin.ask('POST', `/leads/${talk.lead}/claim`);
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en' });
  strange = watch(context, installation.url);
  await context.addCookies([admin.cookie]);
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
});

afterAll(async () => {
  await browser?.close();
  await installation?.stop();
  await talk?.close();
});

const openLead = (id = talk.lead): Promise<void> => open(page, `${installation.url}/leads/${id}`);
const field = (): Locator => page.getByRole('textbox', { name: 'Reply to the client' });
const bubble = (text: string): Locator => page.getByTestId('message').filter({ hasText: text });
const inState = (text: string, state: string): Promise<void> =>
  bubble(text).locator(`[data-testid="delivery"][data-state="${state}"]`).waitFor();

async function say(text: string): Promise<void> {
  await field().fill(text);
  await field().press('Control+Enter');
}

const sentTexts = (): unknown[] => talk.bot.sent.map(({ payload }) => payload.text ?? payload.caption);

test('an answer goes out the way the client wrote, and says so', async () => {
  await openLead();
  await say('Yes, of oak and of ash.');
  await inState('Yes, of oak and of ash.', 'sent');
  expect(await field().inputValue()).toBe('');
  expect(sentTexts()).toEqual(['Yes, of oak and of ash.']);
  const lead = await readLead(admin, talk.lead);
  expect(lead.firstResponseAt).not.toBeNull();
  expect(lead.unansweredSince).toBeNull();
});

test('what the client writes shows up by itself, and can be quoted', async () => {
  talk.write('How long does it take?');
  await bubble('How long does it take?').hover();
  await bubble('How long does it take?').getByRole('button', { name: 'Quote' }).click();
  await page.getByTestId('quoting').getByText('How long does it take?').waitFor();
  await say('Six weeks.');
  await inState('Six weeks.', 'sent');
  expect(await page.getByTestId('quoting').count()).toBe(0);
  await bubble('Six weeks.').getByRole('button', { name: 'How long does it take?' }).waitFor();
  expect(talk.bot.sent.at(-1)?.payload.reply_parameters).toMatchObject({ message_id: 2 });
});

test('a draft survives a reload, and is gone once it is sent', async () => {
  await field().fill('We could come on Fri');
  await page.getByText('Draft saved').waitFor();
  await page.reload();
  await page.getByText('Six weeks.').first().waitFor();
  expect(await field().inputValue()).toBe('We could come on Fri');
  await say('We could come on Friday.');
  await inState('We could come on Friday.', 'sent');
  await page.reload();
  await inState('We could come on Friday.', 'sent');
  expect(await field().inputValue()).toBe('');
  expect((await readLead(admin, talk.lead)).draft).toBeNull();
});

test('a lost answer does not send twice', async () => {
  let lost = 0;
  await page.route('**/replies', async (route) => {
    lost += 1;
    if (lost > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await say('Our measurer is called Pavel.');
  await inState('Our measurer is called Pavel.', 'sent');
  // The event of the first attempt is here before the second one is made.
  await until('second attempt', async () => (lost === 2 ? true : undefined));
  await page.locator('[data-testid="composer"] button[data-loading]').waitFor({ state: 'detached' });
  await page.unroute('**/replies');
  expect(await bubble('Our measurer is called Pavel.').count()).toBe(1);
  expect(sentTexts().filter((text) => text === 'Our measurer is called Pavel.')).toHaveLength(1);
});

test('what was refused says why, and can be sent again', async () => {
  talk.bot.mischief.push({ method: 'sendMessage', code: 403, description: 'Forbidden: bot was blocked by the user' });
  await say('See you soon.');
  await inState('See you soon.', 'failed');
  await bubble('See you soon.')
    .getByText(/^Not sent: .*blocked/)
    .waitFor();
  await bubble('See you soon.').getByRole('button', { name: 'Send again' }).click();
  await inState('See you soon.', 'sent');
});

test('what may have arrived is not sent again without a question', async () => {
  talk.bot.mischief.push({ method: 'sendMessage', loseAnswer: true });
  await say('Is ten o’clock good?');
  await inState('Is ten o’clock good?', 'unknown');
  const message = bubble('Is ten o’clock good?');
  await message.getByText('Check with the client before sending again').waitFor();
  await message.getByRole('button', { name: 'Send again' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await message.getByRole('button', { name: 'It arrived' }).click();
  await inState('Is ten o’clock good?', 'sent');
  expect(sentTexts().filter((text) => text === 'Is ten o’clock good?')).toHaveLength(1);
});

test('files go along, and can be taken out before', async () => {
  const buffer = Buffer.from('%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n');
  const attach = page.getByTestId('attach');
  await attach.setInputFiles([
    { name: 'prices.pdf', mimeType: 'application/pdf', buffer },
    { name: 'wrong.pdf', mimeType: 'application/pdf', buffer },
  ]);
  await page.getByRole('button', { name: 'Remove wrong.pdf' }).click();
  await page.getByTestId('waiting-file').getByText('48 B').waitFor();
  await say('Here are the prices.');
  await inState('Here are the prices.', 'sent');
  await bubble('Here are the prices.')
    .getByRole('link', { name: /prices\.pdf/ })
    .waitFor();
  expect(talk.bot.sent.flatMap(({ file }) => file?.name ?? [])).toEqual(['prices.pdf']);
});

test('a note stays inside', async () => {
  const before = talk.bot.sent.length;
  await page.getByTestId('composer').getByText('Note', { exact: true }).click();
  await page.getByRole('textbox', { name: 'Note' }).fill('Has a dog.');
  await page.getByRole('button', { name: 'Add note' }).click();
  await bubble('Has a dog.').waitFor();
  expect(talk.bot.sent).toHaveLength(before);
  await page.getByTestId('composer').getByText('Reply', { exact: true }).click();
});

test('templates are written by the head and filled in for the manager', async () => {
  await open(page, `${installation.url}/templates`);
  await page.getByRole('button', { name: 'Add a template' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('Greeting');
  await dialog.getByLabel('Text', { exact: true }).fill('Hello, ');
  await dialog.getByRole('button', { name: "client's name" }).click();
  await dialog.getByTestId('template-preview').getByText('Hello, Olga Smirnova').waitFor();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByTestId('template-row').getByText('Hello, {{name}}').waitFor();
  await page.getByRole('button', { name: 'Edit: Greeting' }).click();
  await dialog.getByLabel('Text', { exact: true }).fill('Hello, {{name}}, this is {{manager}} of {{company}}.');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByTestId('template-row').getByText('of {{company}}').waitFor();

  await openLead();
  await page.getByRole('button', { name: 'Templates' }).click();
  await page.getByPlaceholder('Search').fill('greet');
  await page.getByRole('button', { name: /^Greeting/ }).click();
  expect(await field().inputValue()).toBe('Hello, Ivan Petrov, this is Ada Adams of {{company}}.');
  await page.getByText('{{company}} is still in the text').waitFor();
  await field().fill('');

  await open(page, `${installation.url}/templates`);
  await page.getByRole('button', { name: 'Delete: Greeting' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No templates yet').waitFor();
});

test('a mail says that its sender is not confirmed, and its layout opens after the contacts', async () => {
  const { lead } = await startMail(admin);
  await admin.ask('POST', `/leads/${lead}/claim`);
  await openLead(lead);
  await bubble('12 square metres').getByText("This address is not confirmed to be the client's").waitFor();
  expect(await page.getByRole('textbox', { name: 'Subject' }).inputValue()).toBe('Re: Kitchen of 12 square metres');
  const way = page.getByRole('combobox', { name: 'Where to answer' });
  expect(await way.inputValue()).toBe('Sales mailbox: o•••@example.com');
  const layout = page.getByRole('button', { name: 'Show the mail as it was laid out' });
  await layout.click();
  await page.getByText("Show the client's contacts first").waitFor();
  await page.keyboard.press('Escape');
  const { contact } = await readLead(admin, lead);
  await admin.ask('POST', `/contacts/${contact!.id}/reveal`, { reason: 'Checking the details' });
  await layout.click();
  await page.frameLocator('[data-testid="mail"]').locator('b', { hasText: 'kitchen' }).waitFor();
  await page.keyboard.press('Escape');
});

test('long after the last WhatsApp message only an approved template can be sent', async () => {
  const { lead } = await startOldWhatsApp(admin);
  await admin.ask('POST', `/leads/${lead}/claim`);
  await openLead(lead);
  await page.getByText('The client wrote too long ago').waitFor();
  expect(await field().count()).toBe(0);
  const send = page.getByRole('button', { name: 'Send', exact: true });
  await page.getByRole('combobox', { name: 'Approved template' }).click();
  await page.getByRole('option', { name: 'visit (en_US)' }).click();
  await page.getByLabel('Value 1').fill('Nina');
  expect(await send.isDisabled()).toBe(true);
  await page.getByLabel('Value 2').fill('Friday');
  await page.getByText('Hello Nina, may we come on Friday?').waitFor();
  expect(await send.isDisabled()).toBe(false);
});

test('an endpoint shows how it is, tests itself live, and calls the head when it is logged out', async () => {
  await open(page, `${installation.url}/endpoints/${talk.endpoint.id}`);
  await page.getByTestId('health-card').getByText('Connected as @leads_bot').waitFor();
  await page.getByRole('button', { name: 'Wait for a test message' }).click();
  await page.getByText('Waiting for your message').waitFor();
  talk.write('A test');
  await page.getByTestId('try-success').waitFor();

  talk.bot.mischief.push({ method: 'getUpdates', code: 401, description: 'Unauthorized' });
  talk.write('This wakes the poll');
  await page.getByTestId('needs-human').waitFor({ timeout: 20_000 });
  const bell = page.getByTestId('alarm-bell').filter({ visible: true });
  await bell.getByTestId('alarm-count').getByText('1').waitFor();
  await bell.click();
  await page.getByTestId('alarm').getByText('Logged out').waitFor();
  await page.getByRole('button', { name: 'I know' }).click();
  await page.getByText('somebody knows').waitFor();
  expect(await page.getByTestId('alarm-count').count()).toBe(0);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Connect now' }).click();
  await page.getByTestId('health-card').getByText('Connected as @leads_bot').waitFor({ timeout: 20_000 });
  await until('end of the alarm', async () => {
    const { alarms } = await admin.ask<{ alarms: unknown[] }>('GET', '/alarms');
    return alarms.length === 0 ? true : undefined;
  });
});

test('a new key is a new address', async () => {
  await page.getByRole('button', { name: 'New key' }).click();
  await page.getByRole('dialog').getByLabel('Works for one more week').check();
  await page.getByRole('dialog').getByRole('button', { name: 'New key' }).click();
  await page.getByText('The new address is in force').waitFor();
  const { key } = await admin.ask<{ key: string }>('GET', `/endpoints/${talk.endpoint.id}`);
  expect(key).not.toBe(talk.endpoint.key);
  expect(strange).toEqual([]);
});

test('in the list those who wait for an answer come first, and say for how long', async () => {
  await openLead();
  await say('Thank you, it works.');
  await inState('Thank you, it works.', 'sent');
  await open(page, `${installation.url}/leads?show=mine`);
  await page.getByTestId('lead-row').nth(2).waitFor();
  const rows = await page.getByTestId('lead-row').allTextContents();
  expect(rows).toHaveLength(3);
  expect(rows.map((row) => row.includes('waits for an answer'))).toEqual([true, true, false]);
  expect(rows[2]).toContain('Ivan Petrov');
});

test('a head sees how endpoints are, a manager reads templates; neither is offered what is not theirs', async () => {
  const see = async (role: string, where: string): Promise<Page> => {
    const person = await invite(installation, admin, { name: `Mila ${role}`, role, email: `${role}@example.com` });
    const context = await browser.newContext({ locale: 'en' });
    await context.addCookies([person.cookie]);
    const their = await context.newPage();
    await open(their, installation.url + where);
    return their;
  };
  const heads = await see('head', `/endpoints/${talk.endpoint.id}`);
  await heads.getByTestId('health-card').getByText('Connected as @leads_bot').waitFor();
  await heads.getByText('Settings are for administrators.').waitFor();
  expect(await heads.getByRole('button', { name: /^(Pause|New key|Delete|Connect now)$/ }).count()).toBe(0);
  await admin.ask('POST', '/templates', { name: 'Greeting', language: 'en', text: 'Hello, {{name}}!' });
  const managers = await see('manager', '/templates');
  await managers.getByText('Hello, {{name}}!').waitFor();
  expect(await managers.getByRole('button', { name: /template|Edit|Delete/ }).count()).toBe(0);
  expect(await managers.getByTestId('alarm-bell').count()).toBe(0);
});
