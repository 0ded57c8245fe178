/** Files that the provider keeps: fetched by jobs, looked at, sealed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RemoteFile } from '../../src/channel.ts';
import { readAttachment } from '../../src/contacts/attachment.ts';
import { Later, Refused } from '../../src/errors.ts';
import { newId } from '../../src/ids.ts';
import { drainJobs, startJobs } from '../../src/jobs/runner.ts';
import { MAX_FILE_BYTES, says } from '../setup/chat-channel.ts';
import { type ChatHouse, openChatHouse } from '../setup/chat-house.ts';
import { makeUser } from '../setup/fixtures.ts';

let house: ChatHouse;
beforeAll(async () => {
  house = await openChatHouse();
});
afterAll(() => house.close());

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let people = 0;
/** Somebody sends files; returns what the timeline says of them. */
async function sends(...files: readonly RemoteFile[]) {
  people += 1;
  const [told] = await house.hear(says(`person-${people}`, 'look', { files }));
  const files_ = async () => (await house.shown(told!.lead_id))[0]!.attachments;
  return { leadId: told!.lead_id, contactId: told!.contact_id, files: files_ };
}
const file = (id: string, more: Partial<RemoteFile> = {}): RemoteFile => ({ name: `${id}.bin`, ref: { id }, ...more });
const jobs = async () => (await house.sql`select count(*)::int as n from jobs`)[0]!.n as number;

test('the bytes are kept sealed, and their type is found in them, whatever the provider said', async () => {
  house.chat.files.set('picture', PNG);
  house.chat.files.set('letter', Buffer.from('Добрый день'));
  house.chat.files.set('noise', Buffer.from([0, 1, 2, 255]));
  const { files, contactId } = await sends(file('picture', { mediaType: 'text/html' }), file('letter'), file('noise'));
  expect((await files()).map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting']);
  const admin = await makeUser(house, { role: 'admin' });
  const [waiting] = await files();
  expect(await readAttachment(house, admin, waiting!.id)).toBeUndefined();
  await house.run();
  expect(await files()).toMatchObject([
    { name: 'picture.bin', mediaType: 'image/png', size: PNG.length, state: 'here', reason: null },
    { mediaType: 'text/plain', state: 'here' },
    { mediaType: 'application/octet-stream', size: 4, state: 'here' },
  ]);
  const opened = await readAttachment(house, admin, (await files())[0]!.id);
  expect(Buffer.from(opened!.bytes)).toEqual(PNG);
  const rows = await house.sql<{ content: Buffer; remote: Buffer | null }[]>`
    select content, remote from attachments where contact_id = ${contactId}`;
  for (const { content, remote } of rows) {
    expect(content.includes(PNG.subarray(0, 8))).toBe(false);
    expect(remote).toBeNull(); // what it was fetched by is forgotten
  }
  expect(await jobs()).toBe(0);
});

test('too large by its own word is not fetched; too large in truth is not kept', async () => {
  house.chat.files.set('liar', Buffer.alloc(MAX_FILE_BYTES + 1));
  const { files } = await sends(file('huge', { size: MAX_FILE_BYTES + 1 }), file('liar', { size: 10 }));
  const before = house.chat.fetches;
  await house.run();
  expect(house.chat.fetches - before).toBe(1);
  expect((await files()).map(({ state, reason }) => [state, reason])).toEqual([
    ['failed', 'too-large'],
    ['failed', 'too-large'],
  ]);
});

test('a file that is gone says so; one that is not ready, or whose server stumbles, is fetched later', async () => {
  house.chat.files.set('gone', new Refused('The sender has taken it back.'));
  house.chat.files.set('soon', new Later(40));
  house.chat.files.set('stumbling', new Error('502'));
  const { files } = await sends(file('gone'), file('soon'), file('stumbling'));
  await house.run();
  expect((await files()).map(({ state, reason }) => [state, reason])).toEqual([
    ['failed', 'The sender has taken it back.'],
    ['waiting', null],
    ['waiting', null],
  ]);
  const waits = await house.sql`
    select round(extract(epoch from run_at - now()))::int as seconds from jobs order by run_at`;
  expect(waits.map((row) => row.seconds)).toEqual([2, 40]);
  for (const id of ['soon', 'stumbling']) house.chat.files.set(id, Buffer.from('at last'));
  await house.hurry();
  await house.run();
  expect((await files()).map(({ state }) => state)).toEqual(['failed', 'here', 'here']);
});

test('a file that nobody could fetch for a day is given up', async () => {
  house.chat.files.set('never', new Error('503'));
  const { files } = await sends(file('never'));
  await house.sql`update jobs set attempts = 9, id = ${newId(Date.now() - 25 * 3_600_000)}`;
  await house.run();
  expect(await files()).toMatchObject([{ state: 'failed', reason: 'gave-up' }]);
  expect(await jobs()).toBe(0);
});

test('the file of somebody who was erased meanwhile is not fetched', async () => {
  const { contactId } = await sends(file('theirs'));
  await house.sql`delete from contact_keys where contact_id = ${contactId}`;
  const before = house.chat.fetches;
  const results: string[] = [];
  await drainJobs({ ...house.jobDeps, onRan: (_kind, result) => results.push(result) });
  expect([results, house.chat.fetches, await jobs()]).toEqual([['gone'], before, 0]);
});

test('at most 20 files of one message, and at most 8 at once', async () => {
  const { fetch } = house.chat.channel;
  let now = 0;
  let most = 0;
  const full = Promise.withResolvers<void>();
  const slow: NonNullable<typeof fetch> = async () => {
    now += 1;
    most = Math.max(most, now);
    if (now >= 8) full.resolve();
    await full.promise;
    await sleep(100); // long enough for a ninth to be begun
    now -= 1;
    return Buffer.from('slow');
  };
  const channel = { ...house.chat.channel, fetch: slow };
  const endpoints = {
    ...house.deps.endpoints,
    byId: async (...args: Parameters<typeof house.deps.endpoints.byId>) => {
      const found = await house.deps.endpoints.byId(...args);
      return found === undefined ? undefined : { ...found, channel };
    },
  };
  const { files } = await sends(...Array.from({ length: 25 }, (_, n) => file(`many-${n}`)));
  const runner = startJobs({ ...house.jobDeps, endpoints });
  await expect.poll(jobs, { timeout: 10_000 }).toBe(0);
  await runner.stop();
  expect((await files()).filter(({ state }) => state === 'here')).toHaveLength(20);
  expect(most).toBe(8);
});
