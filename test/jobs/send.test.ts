/** One message on its way out: what the provider says to it, and what the timeline then tells. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { openDatabase } from '../../src/db/open.ts';
import { Later, Refused } from '../../src/errors.ts';
import { newId } from '../../src/ids.ts';
import { drainPending } from '../../src/intake/processor.ts';
import { drainJobs } from '../../src/jobs/runner.ts';
import { sendAgain } from '../../src/replies/reply.ts';
import { post } from '../intake/house.ts';
import { providerId, says, writesFromPhone } from '../setup/chat-channel.ts';
import { type ChatHouse, openChatHouse } from '../setup/chat-house.ts';

let house: ChatHouse;
/** The same, through a provider that recognises a message that it had already. */
let sure: ChatHouse;
beforeAll(async () => {
  [house, sure] = await Promise.all([openChatHouse(), openChatHouse({ sends: { repeatable: true } })]);
});
afterEach(() => {
  for (const one of [house, sure]) one.chat.next.length = 0;
});
afterAll(() => Promise.all([house.close(), sure.close()]));

let people = 0;
async function conversation(where = house): Promise<{ who: string; leadId: string; contactId: string }> {
  people += 1;
  const who = `person-${people}`;
  const [told] = await where.hear(says(who, 'Hello?', { eventId: `${who}-1` }));
  return { who, leadId: told!.lead_id, contactId: told!.contact_id };
}
const jobsOf = async (messageId: string, where = house) =>
  (await where.sql`select attempts, run_at > now() as waits from jobs where subject_id = ${messageId}`).map((row) => ({
    ...row,
  }));
const ours = async (leadId: string, where = house) =>
  (await where.shown(leadId)).filter((one) => one.direction === 'outbound');
/** Its holder took it, began, and was never heard of again. */
const orphan = (where: ChatHouse, messageId: string) =>
  where.sql`update jobs set held_by = ${newId()}, held_until = now() - interval '1 second', attempts = 1
    where subject_id = ${messageId}`;

describe('a message that arrives', () => {
  test('is given all that the channel needs, and is written back with everything that hangs on it', async () => {
    const { who, leadId } = await conversation();
    const [question] = await house.shown(leadId);
    const messageId = await house.answer(leadId, { text: 'Good day', quotes: question!.id });
    expect(await ours(leadId)).toMatchObject([{ delivery: { state: 'queued' }, quoted: { text: 'Hello?' } }]);
    await house.run();
    expect(house.chat.calls.at(-1)).toEqual({
      idempotencyKey: messageId,
      to: { reach: { chat: who } },
      text: 'Good day',
      quotes: `${who}-1`,
      attachments: [],
      attempt: 1,
    });
    expect(await house.sendOf(messageId)).toEqual({ state: 'sent', reason: null, attempts: 1 });
    const row = await house.leadRow(leadId);
    expect([row.first_response_at === null, row.unanswered_since]).toEqual([false, null]);
    expect(await ours(leadId)).toMatchObject([{ id: messageId, delivery: { state: 'sent', reason: null } }]);
    expect(await jobsOf(messageId)).toEqual([]);
    expect(await house.run()).toBe(0);
  });

  test('tells the screens that show its lead', async () => {
    const { leadId } = await conversation();
    const heard: string[] = [];
    const listener = openDatabase(house.url, { max: 1, role: 'inlet_system', applicationName: 'test' });
    const subscription = await listener.listen('inlet_live', (payload) => heard.push(payload));
    await house.answer(leadId);
    await expect.poll(() => heard.filter((one) => one.includes(leadId)).length).toBe(1);
    await house.run();
    await expect.poll(() => heard.filter((one) => one.includes(leadId)).length).toBe(2);
    await subscription.unlisten();
    await listener.end();
  });

  test('does not take the clock of what the client wrote meanwhile', async () => {
    const { who, leadId } = await conversation();
    await house.answer(leadId);
    await house.sql`update sends set queued_at = now() - interval '1 minute' where lead_id = ${leadId}`;
    await house.sql`update leads set unanswered_since = null where id = ${leadId}`;
    await house.hear(says(who, 'And one more question'));
    await house.run();
    const row = await house.leadRow(leadId);
    expect([row.first_response_at === null, row.unanswered_since === null]).toEqual([false, false]);
  });

  test('can be quoted by the client', async () => {
    const { who, leadId } = await conversation();
    await house.answer(leadId, { text: 'Which colour?' });
    await house.run();
    await house.hear(says(who, 'Blue', { quotes: providerId(house.chat.calls.length) }));
    expect((await house.shown(leadId)).at(-1)).toMatchObject({ text: 'Blue', quoted: { text: 'Which colour?' } });
    await house.answer(leadId, { text: 'I quote myself', quotes: (await ours(leadId))[0]!.id });
    await house.run();
    expect(house.chat.calls.at(-1)).toMatchObject({ quotes: providerId(house.chat.calls.length - 1) });
  });
});

describe('a provider that says', () => {
  test('"later" is asked again; the next message there waits, another conversation does not', async () => {
    const [one, other] = [await conversation(), await conversation()];
    house.chat.next.push(() => {
      throw new Later(60, 'Too many messages.');
    });
    const first = await house.answer(one.leadId, { text: 'first' });
    await house.run();
    await house.answer(one.leadId, { text: 'second' });
    await house.answer(other.leadId, { text: 'elsewhere' });
    await house.run();
    expect(house.chat.calls.slice(-2).map(({ text }) => text)).toEqual(['first', 'elsewhere']);
    expect(await house.sendOf(first)).toMatchObject({ state: 'queued', reason: 'Too many messages.' });
    expect(await jobsOf(first)).toEqual([{ attempts: 1, waits: true }]);
    await house.hurry();
    await house.run();
    expect(house.chat.calls.slice(-2).map(({ text, attempt }) => [text, attempt])).toEqual([
      ['first', 2],
      ['second', 1],
    ]);
    expect((await ours(one.leadId)).map(({ delivery }) => delivery?.state)).toEqual(['sent', 'sent']);
  });

  test('"later" a hundred times within a minute is not given up, after a day it is', async () => {
    const { leadId } = await conversation();
    const later = () => {
      throw new Later(1, 'Still too many.');
    };
    const messageId = await house.answer(leadId);
    await house.sql`update jobs set attempts = 100 where subject_id = ${messageId}`;
    house.chat.next.push(later, later);
    await house.run();
    expect(await house.sendOf(messageId)).toMatchObject({ state: 'queued', attempts: 101 });
    // Asked for a second, and by now it waits longer by itself.
    const [job] = await house.sql`select run_at > now() + interval '25 seconds' as polite from jobs`;
    expect(job).toEqual({ polite: true });
    await house.sql`update jobs set id = ${newId(Date.now() - 25 * 3_600_000)}, run_at = now()
      where subject_id = ${messageId}`;
    await house.run();
    expect(await house.sendOf(messageId)).toMatchObject({ state: 'failed', reason: 'Still too many.' });
  });

  test('"no" is believed, in its own words, and the next message goes on', async () => {
    const { leadId } = await conversation();
    house.chat.next.push(() => {
      throw new Refused('The client has deleted their account.');
    });
    await house.answer(leadId);
    await house.answer(leadId, { text: 'next' });
    await house.run();
    expect((await ours(leadId)).map(({ delivery }) => [delivery?.state, delivery?.reason])).toEqual([
      ['failed', 'The client has deleted their account.'],
      ['sent', null],
    ]);
  });
});

describe('an answer that is lost', () => {
  const lost = () => {
    throw new Error('socket hang up');
  };

  test('is unknown where a repeat would double it, and is never sent again by itself', async () => {
    const { leadId } = await conversation();
    house.chat.next.push(lost);
    const messageId = await house.answer(leadId);
    await house.run();
    await house.hurry();
    const calls = house.chat.calls.length;
    expect(await house.run()).toBe(0);
    expect(house.chat.calls).toHaveLength(calls);
    expect(await house.sendOf(messageId)).toEqual({ state: 'unknown', reason: 'no-answer', attempts: 1 });
    const row = await house.leadRow(leadId);
    expect([row.first_response_at, row.unanswered_since === null]).toEqual([null, false]);
  });

  test('is asked again under the same key where the provider recognises it', async () => {
    const { leadId } = await conversation(sure);
    sure.chat.next.push(lost);
    const messageId = await sure.answer(leadId);
    await sure.run();
    expect(await sure.sendOf(messageId)).toMatchObject({ state: 'queued', reason: 'no-answer' });
    await sure.hurry();
    await sure.run();
    expect(sure.chat.calls.slice(-2).map((call) => [call.idempotencyKey, call.attempt])).toEqual([
      [messageId, 1],
      [messageId, 2],
    ]);
    expect(await sure.sendOf(messageId)).toMatchObject({ state: 'sent', reason: null });
  });

  test('is settled by the provider’s word once it names our key; only through its own endpoint', async () => {
    const { leadId } = await conversation();
    house.chat.next.push(lost);
    const messageId = await house.answer(leadId);
    await house.run();
    const word = { kind: 'receipt', of: 'late-id', state: 'delivered', idempotencyKey: messageId } as const;
    const elsewhere = await house.open({}, 'chat');
    await house.acceptor.accept(elsewhere, post([word]));
    await drainPending(house.deps);
    expect(await house.sendOf(messageId)).toMatchObject({ state: 'unknown' });
    await house.hear(word);
    expect(await house.sendOf(messageId)).toMatchObject({ state: 'sent', reason: null });
    expect(await ours(leadId)).toMatchObject([{ delivery: { state: 'delivered' } }]);
    const row = await house.leadRow(leadId);
    expect([row.first_response_at === null, row.unanswered_since]).toEqual([false, null]);
    expect(await house.hear({ kind: 'receipt', of: 'late-id', state: 'read' })).toMatchObject([
      { outcome: 'attached', lead_id: leadId },
    ]);
  });

  test('for ever, by a channel that does not heed its signal, gives its place back', async () => {
    const { leadId } = await conversation();
    let aborted = false;
    house.chat.next.push((_message, _nth, signal) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise(() => undefined);
    });
    const messageId = await house.answer(leadId);
    await drainJobs({ ...house.jobDeps, attemptMs: 50 });
    expect([aborted, await house.sendOf(messageId)]).toMatchObject([true, { state: 'unknown', reason: 'no-answer' }]);
  });
});

describe('a holder that dies', () => {
  test('in the middle of sending leaves "unknown", or a repeat where that is harmless', async () => {
    for (const [where, state] of [
      [house, 'unknown'],
      [sure, 'sent'],
    ] as const) {
      const { leadId } = await conversation(where);
      const messageId = await where.answer(leadId);
      await orphan(where, messageId);
      await where.sql`update sends set state = 'sending' where message_id = ${messageId}`;
      const calls = where.chat.calls.length;
      await where.run();
      expect(await where.sendOf(messageId)).toMatchObject({ state });
      expect(where.chat.calls.length - calls).toBe(state === 'sent' ? 1 : 0);
      if (state === 'unknown') expect(await where.sendOf(messageId)).toMatchObject({ reason: 'interrupted' });
    }
  });

  test('before it began has done no harm: the message goes', async () => {
    const { leadId } = await conversation();
    const messageId = await house.answer(leadId);
    await orphan(house, messageId);
    await house.run();
    expect(await house.sendOf(messageId)).toMatchObject({ state: 'sent', attempts: 2 });
  });

  test('again and again, for a day, does not hold up its conversation for ever', async () => {
    const { leadId } = await conversation(sure);
    const messageId = await sure.answer(leadId);
    await orphan(sure, messageId);
    await sure.sql`update jobs set attempts = 9, id = ${newId(Date.now() - 25 * 3_600_000)}
      where subject_id = ${messageId}`;
    const next = await sure.answer(leadId, { text: 'next' });
    await sure.run();
    expect(await sure.sendOf(messageId)).toMatchObject({ state: 'unknown', reason: 'interrupted' });
    expect(await sure.sendOf(next)).toMatchObject({ state: 'sent' });
  });

  test('only seemingly, and comes back with the answer: it is sent, whatever was believed meanwhile', async () => {
    const { leadId } = await conversation();
    const messageId = await house.answer(leadId);
    const seen: unknown[] = [];
    house.chat.next.push(async (_message, nth) => {
      await house.sql`update jobs set held_until = now() - interval '1 second' where subject_id = ${messageId}`;
      await house.run();
      seen.push((await house.sendOf(messageId))?.state);
      await sendAgain(house.replyDeps, house.head, messageId);
      return { providerId: providerId(nth) };
    });
    const calls = house.chat.calls.length;
    await house.run();
    expect(seen).toEqual(['unknown']);
    // Somebody asked for it again before the answer was there: by then it had arrived, so it does not go twice.
    expect(await house.sendOf(messageId)).toMatchObject({ state: 'sent' });
    expect([house.chat.calls.length - calls, await jobsOf(messageId)]).toEqual([1, []]);
  });

  test('is not taken for dead while it holds', async () => {
    const { leadId } = await conversation();
    const messageId = await house.answer(leadId);
    await house.sql`update jobs set held_by = ${newId()}, held_until = now() + interval '1 minute'
      where subject_id = ${messageId}`;
    expect(await house.run()).toBe(0);
    await house.sql`update jobs set held_by = null, held_until = null where subject_id = ${messageId}`;
    expect(await house.run()).toBe(1);
  });
});

describe('our own message that the provider shows us', () => {
  test('before we know its id, and again after, stands there once', async () => {
    const { who, leadId } = await conversation();
    const echo = (nth: number) => writesFromPhone(who, 'Good day', { eventId: providerId(nth) });
    house.chat.next.push(async (_message, nth) => {
      await house.hear(echo(nth));
      return { providerId: providerId(nth) };
    });
    const messageId = await house.answer(leadId, { text: 'Good day' });
    await house.run();
    expect(await ours(leadId)).toMatchObject([{ id: messageId, delivery: { state: 'sent' } }]);
    expect(await house.hear(echo(house.chat.calls.length))).toMatchObject([
      { outcome: 'ignored', reason: 'duplicate' },
    ]);
    await house.replayAll();
    await house.hear({ kind: 'receipt', of: providerId(house.chat.calls.length), state: 'delivered' });
    expect(await ours(leadId)).toMatchObject([{ id: messageId, delivery: { state: 'delivered' } }]);
  });

  test('never takes the place of what the client wrote, whatever id the provider gives it', async () => {
    const { who, leadId } = await conversation();
    await house.hear(says(who, 'Where are you?', { eventId: 'one-id-for-two' }));
    house.chat.next.push(async () => ({ providerId: 'one-id-for-two' }));
    const messageId = await house.answer(leadId, { text: 'Here' });
    await house.run();
    const shown = await house.shown(leadId);
    expect(shown.map(({ text }) => text)).toEqual(['Hello?', 'Where are you?', 'Here']);
    expect(await house.sendOf(messageId)).toMatchObject({ state: 'sent' });
    expect(await jobsOf(messageId)).toEqual([]);
  });

  test('in pieces stands there once, whichever piece comes when', async () => {
    const { who, leadId } = await conversation();
    const piece = (id: string) => writesFromPhone(who, 'a piece', { eventId: id });
    let ids: string[] = [];
    house.chat.next.push(async (_message, nth) => {
      ids = [`${providerId(nth)}-b`, `${providerId(nth)}-c`];
      await house.hear(piece(ids[0]!));
      return { providerId: providerId(nth), moreIds: ids };
    });
    const messageId = await house.answer(leadId);
    await house.run();
    const told = await house.hear(piece(ids[1]!), piece(ids[0]!), piece(providerId(house.chat.calls.length)));
    expect(told.map((one) => one.reason)).toEqual(['duplicate', 'duplicate', 'duplicate']);
    expect((await ours(leadId)).map(({ id }) => id)).toEqual([messageId]);
  });
});

test('a message to somebody who was erased meanwhile goes nowhere', async () => {
  const { leadId, contactId } = await conversation();
  const messageId = await house.answer(leadId);
  const calls = house.chat.calls.length;
  await house.sql`delete from contact_keys where contact_id = ${contactId}`;
  const results: string[] = [];
  await drainJobs({ ...house.jobDeps, onRan: (_kind, result) => results.push(result) });
  expect([results, house.chat.calls.length, await jobsOf(messageId)]).toEqual([['gone'], calls, []]);
});

test('sent while the database goes away: written down once it is back, and never sent again', async () => {
  const { leadId } = await conversation();
  const messageId = await house.answer(leadId);
  const name = new URL(house.url).pathname.slice(1);
  const owner = openDatabase(inject('databaseUrl'), { max: 1, applicationName: 'test' });
  let back: Promise<unknown> = Promise.resolve();
  house.chat.next.push(async (_message, nth) => {
    await owner.unsafe(`alter database ${name} with allow_connections false`);
    await owner`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
    back = sleep(1500).then(() => owner.unsafe(`alter database ${name} with allow_connections true`));
    return { providerId: providerId(nth) };
  });
  const calls = house.chat.calls.length;
  await house.run();
  await back;
  await owner.end();
  expect(await house.sendOf(messageId)).toMatchObject({ state: 'sent', attempts: 1 });
  expect(house.chat.calls.length - calls).toBe(1);
  expect(await jobsOf(messageId)).toEqual([]);
});
