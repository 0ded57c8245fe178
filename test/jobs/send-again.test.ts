/** What people decide about messages that did not arrive, and what their endpoint's state decides. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Refused } from '../../src/errors.ts';
import { sendAgain, settleUnknown } from '../../src/replies/reply.ts';
import { providerId, says } from '../setup/chat-channel.ts';
import { type ChatHouse, openChatHouse } from '../setup/chat-house.ts';
import { historyOf } from '../setup/fixtures.ts';

let house: ChatHouse;
beforeAll(async () => {
  house = await openChatHouse();
});
afterEach(() => {
  house.chat.next.length = 0;
});
afterAll(() => house.close());

let people = 0;
async function conversation(): Promise<{ leadId: string }> {
  people += 1;
  const [told] = await house.hear(says(`person-${people}`, 'Hello?'));
  return { leadId: told!.lead_id };
}
const ours = async (leadId: string) => (await house.shown(leadId)).filter((one) => one.direction === 'outbound');

describe('a person decides', () => {
  test('to send a failed or unknown one again; not one that is on its way or has arrived', async () => {
    const { leadId } = await conversation();
    const failures = [new Refused('No.'), new Error('lost')];
    for (const failure of failures) {
      house.chat.next.push(() => {
        throw failure;
      });
      const messageId = await house.answer(leadId);
      await house.run();
      await sendAgain(house.replyDeps, house.head, messageId);
      await expect(sendAgain(house.replyDeps, house.head, messageId)).rejects.toThrow('on its way');
      await house.run();
      expect(await house.sendOf(messageId)).toEqual({ state: 'sent', reason: null, attempts: 1 });
      await expect(sendAgain(house.replyDeps, house.head, messageId)).rejects.toThrow('has arrived');
    }
    expect(await historyOf(house, leadId)).toEqual(expect.arrayContaining(['replied', 'sent_again']));
  });

  test('to send one again that the provider took and then gave up, a piece of it included', async () => {
    for (const suffix of ['', '-b']) {
      const { leadId } = await conversation();
      house.chat.next.push((_message, nth) => ({
        providerId: providerId(nth),
        moreIds: [`${providerId(nth)}-b`],
      }));
      const messageId = await house.answer(leadId);
      await house.run();
      const failed = `${providerId(house.chat.calls.length)}${suffix}`;
      await house.hear({ kind: 'receipt', of: failed, state: 'failed', reason: 'Not on the messenger.' });
      await sendAgain(house.replyDeps, house.head, messageId);
      await house.run();
      expect(await ours(leadId)).toMatchObject([{ delivery: { state: 'sent', reason: null } }]);
      // What comes late for the earlier attempt is not about this one.
      await house.hear({ kind: 'receipt', of: failed, state: 'read' });
      expect(await ours(leadId)).toMatchObject([{ delivery: { state: 'sent', reason: null } }]);
    }
  });

  test('that the client has it: settled, and the clock stops', async () => {
    const { leadId } = await conversation();
    house.chat.next.push(() => {
      throw new Error('lost');
    });
    const messageId = await house.answer(leadId);
    await house.run();
    await settleUnknown(house.replyDeps, house.head, messageId);
    expect(await ours(leadId)).toMatchObject([{ delivery: { state: 'sent', reason: null } }]);
    const row = await house.leadRow(leadId);
    expect([row.first_response_at === null, row.unanswered_since]).toEqual([false, null]);
    await expect(settleUnknown(house.replyDeps, house.head, messageId)).rejects.toThrow('known already');
    await expect(sendAgain(house.replyDeps, house.head, messageId)).rejects.toThrow('has arrived');
  });
});

describe('an endpoint', () => {
  test('that is paused keeps its messages until it goes on; one that is deleted fails them', async () => {
    const { leadId } = await conversation();
    const messageId = await house.answer(leadId);
    await house.sql`update endpoints set paused_at = now() where id = ${house.line.id}`;
    await sleep(1100); // the book forgets after a second
    await house.run();
    expect(await house.sendOf(messageId)).toMatchObject({ state: 'queued' });
    await house.sql`update endpoints set paused_at = null, deleted_at = now() where id = ${house.line.id}`;
    await sleep(1100);
    await house.hurry();
    const calls = house.chat.calls.length;
    await house.run();
    expect(await house.sendOf(messageId)).toMatchObject({ state: 'failed', reason: 'no-channel' });
    expect(house.chat.calls).toHaveLength(calls);
    await house.sql`update endpoints set deleted_at = null where id = ${house.line.id}`;
    await sleep(1100);
    await sendAgain(house.replyDeps, house.head, messageId);
    await house.run();
    expect(await house.sendOf(messageId)).toMatchObject({ state: 'sent' });
  });
});
