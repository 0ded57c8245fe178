/** Runners that share the work: nothing twice, each conversation in its order. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type JobDeps, startJobs } from '../../src/jobs/runner.ts';
import { silentLog } from '../../src/log.ts';
import { providerId, says } from '../setup/chat-channel.ts';
import { type ChatHouse, openChatHouse } from '../setup/chat-house.ts';

let house: ChatHouse;
beforeAll(async () => {
  house = await openChatHouse();
});
afterAll(() => house.close());

const CONVERSATIONS = 20;
const EACH = 10;

const left = async () => (await house.sql`select count(*)::int as n from jobs`)[0]!.n as number;
let people = 0;
async function newLead(): Promise<string> {
  people += 1;
  return (await house.hear(says(`person-${people}`, 'Hello')))[0]!.lead_id;
}

test('two runners send 200 messages once each, in the order of each conversation, several at once', async () => {
  const replica = await house.replica();
  const other: JobDeps = { ...house.jobDeps, ...replica.deps, log: silentLog };
  const leads: string[] = [];
  for (let n = 0; n < CONVERSATIONS; n += 1) leads.push(await newLead());
  for (let n = 0; n < EACH; n += 1) await Promise.all(leads.map((lead) => house.answer(lead, { text: `${n}` })));
  let now = 0;
  let most = 0;
  const from = house.chat.calls.length;
  for (let n = 0; n < CONVERSATIONS * EACH; n += 1)
    house.chat.next.push(async (_message, nth) => {
      now += 1;
      most = Math.max(most, now);
      await sleep(1 + Math.random() * 10);
      now -= 1;
      return { providerId: providerId(nth) };
    });
  const runners = [startJobs(house.jobDeps), startJobs(other)];
  await expect.poll(left, { timeout: 25_000 }).toBe(0);
  await Promise.all(runners.map((runner) => runner.stop()));
  const calls = house.chat.calls.slice(from);
  expect(calls).toHaveLength(CONVERSATIONS * EACH);
  expect(new Set(calls.map((one) => one.idempotencyKey)).size).toBe(CONVERSATIONS * EACH);
  const inOrder = Array.from({ length: EACH }, (_, n) => `${n}`);
  for (const texts of Map.groupBy(calls, (one) => one.to.reach?.chat).values())
    expect(texts.map((one) => one.text)).toEqual(inOrder);
  expect(most).toBeGreaterThan(2);
  const [states] =
    await house.sql`select count(*) filter (where state = 'sent')::int as sent, count(*)::int as n from sends`;
  expect(states).toEqual({ sent: CONVERSATIONS * EACH, n: CONVERSATIONS * EACH });
});

test('a runner is woken at once, and its stop waits for what is under way', async () => {
  const leadId = await newLead();
  const runner = startJobs(house.jobDeps);
  await sleep(50); // it has looked, and found nothing
  let done = false;
  house.chat.next.push(async (_message, nth) => {
    await sleep(200);
    done = true;
    return { providerId: providerId(nth) };
  });
  const calls = house.chat.calls.length;
  const messageId = await house.answer(leadId);
  runner.wake();
  await expect.poll(() => house.chat.calls.length, { timeout: 500, interval: 10 }).toBe(calls + 1);
  await runner.stop();
  expect([done, await house.sendOf(messageId)]).toMatchObject([true, { state: 'sent' }]);
  await house.answer(leadId);
  await sleep(1200); // longer than a tick
  expect(await left()).toBe(1);
  await house.run();
});

test('what a channel sends through its listener goes only where that listener is', async () => {
  const leadId = await newLead();
  const messageId = await house.answer(leadId);
  const bound = { ...house.jobDeps, boundChannels: ['chat'] };
  const elsewhere = startJobs(bound);
  await sleep(300);
  await elsewhere.stop();
  expect(await house.sendOf(messageId)).toMatchObject({ state: 'queued', attempts: 0 });
  const here = startJobs({ ...bound, heldHere: () => [house.line.id] });
  await expect.poll(async () => (await house.sendOf(messageId))?.state).toBe('sent');
  await here.stop();
});
