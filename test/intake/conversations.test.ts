/** What messages, receipts, edits and other news become: on one processor and on two that race. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ParsedEvent, Receipt } from '../../src/channel.ts';
import { processBatch } from '../../src/intake/process.ts';
import { drainPending } from '../../src/intake/processor.ts';
import { providerId, says, writesFromPhone } from '../setup/chat-channel.ts';
import { type ChatHouse, openChatHouse } from '../setup/chat-house.ts';
import { post } from './house.ts';

let house: ChatHouse;
beforeAll(async () => {
  house = await openChatHouse();
});
afterAll(() => house.close());

let people = 0;
function someone(): string {
  people += 1;
  return `person-${people}`;
}
const noon = Date.UTC(2026, 0, 15, 12);
const at = (seconds: number): Date => new Date(noon + seconds * 1000);
const receipt = (of: string, state: Receipt['state'], seconds = 0, reason?: string): Receipt => ({
  kind: 'receipt',
  of,
  state,
  at: at(seconds),
  ...(reason === undefined ? {} : { reason }),
});

async function sentMessage(): Promise<{ leadId: string; messageId: string; sentId: string }> {
  const [told] = await house.hear(says(someone(), 'Hello'));
  const messageId = await house.answer(told!.lead_id);
  await house.run();
  return { leadId: told!.lead_id, messageId, sentId: providerId(house.chat.calls.length) };
}

/** Everything that intake leaves behind, without what a replay may count up. */
async function everything(): Promise<unknown> {
  const { sql } = house;
  const counts = await house.census();
  const [more] = await sql`
    select (select count(*)::int from message_changes) as changes, (select count(*)::int from attachments) as files,
      (select count(*)::int from jobs) as jobs, (select count(*)::int from sends) as sends,
      (select json_agg(r order by r.event_key) from receipts r) as receipts,
      (select json_agg(json_build_object('c', c.contact_id, 'blocked', c.blocked_at, 'last', c.last_inbound_at,
        'asked', c.asked_at) order by c.contact_id) from conversations c) as conversations,
      (select json_agg(json_build_object('id', l.id, 'n', l.messages, 'f', l.first_response_at,
        'u', l.unanswered_since) order by l.id) from leads l) as leads,
      (select json_agg(json_build_object('l', i.lookup, 't', i.trust) order by i.lookup)
        from identities i) as identities`;
  return { counts, ...more };
}

describe('receipts', () => {
  test('in any order, however often and however batched, give the state that is furthest', async () => {
    const states = ['sent', 'failed', 'delivered', 'read'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...states), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (said, together) => {
          const { leadId, messageId, sentId } = await sentMessage();
          const furthest = states[Math.max(...said.map((one) => states.indexOf(one)))];
          const reached: number[] = [];
          if (together) await house.hear(...said.map((one) => receipt(sentId, one)));
          else
            for (const one of said) {
              await house.hear(receipt(sentId, one));
              const shown = (await house.shown(leadId)).find((item) => item.id === messageId);
              reached.push(states.indexOf(shown!.delivery!.state as 'sent'));
            }
          expect(reached).toEqual(reached.toSorted((a, b) => a - b));
          const shown = (await house.shown(leadId)).find((item) => item.id === messageId);
          expect(shown?.delivery?.state).toBe(furthest);
        },
      ),
      { numRuns: 12 },
    );
  });

  test('of a known message are attached to its lead; of an unknown one they are ignored and kept', async () => {
    const { leadId, sentId } = await sentMessage();
    expect(await house.hear(receipt(sentId, 'delivered'))).toMatchObject([{ outcome: 'attached', lead_id: leadId }]);
    expect(await house.hear(receipt('nobody-knows', 'read'))).toMatchObject([
      { outcome: 'ignored', reason: 'receipt', lead_id: null },
    ]);
  });

  test('that come before we have written the provider’s id down count as soon as we have', async () => {
    const [told] = await house.hear(says(someone(), 'Hello'));
    const sentId = providerId(house.chat.calls.length + 1);
    house.chat.next.push(async () => {
      await house.hear(receipt(sentId, 'read', 7));
      return { providerId: sentId };
    });
    const messageId = await house.answer(told!.lead_id);
    await house.run();
    const [, ours] = await house.shown(told!.lead_id);
    expect(ours).toMatchObject({ id: messageId, delivery: { state: 'read', at: at(7).toISOString() } });
  });

  test('that a message failed say why', async () => {
    const { leadId, sentId } = await sentMessage();
    await house.hear(receipt(sentId, 'failed', 3, 'This number is not on the messenger.'));
    const [, ours] = await house.shown(leadId);
    expect(ours?.delivery).toEqual({
      state: 'failed',
      reason: 'This number is not on the messenger.',
      at: at(3).toISOString(),
    });
  });

  test('that a further piece failed show on the whole message', async () => {
    const [told] = await house.hear(says(someone(), 'Hello'));
    house.chat.next.push((_message, nth) => ({ providerId: providerId(nth), moreIds: [`more-${nth}`] }));
    await house.answer(told!.lead_id);
    await house.run();
    const nth = house.chat.calls.length;
    await house.hear(receipt(providerId(nth), 'read'), receipt(`more-${nth}`, 'failed', 0, 'The file is too large.'));
    const [, ours] = await house.shown(told!.lead_id);
    expect(ours?.delivery).toMatchObject({ state: 'failed', reason: 'The file is too large.' });
  });
});

describe('edits and deletions', () => {
  test('an edit shows the new text and keeps the earlier ones; the same webhook again adds nothing', async () => {
    const who = someone();
    const [first] = await house.hear(says(who, 'one', { eventId: `${who}-1`, at: at(0) }));
    const edit = (text: string, seconds: number) =>
      says(who, text, { eventId: `${who}-1`, revision: 'edit', at: at(seconds) });
    const told = await house.hearEach(edit('two', 5), edit('two', 5), edit('three', 9), edit('two', 5));
    expect(told.map((one) => [one.outcome, one.lead_id])).toEqual(told.map(() => ['attached', first!.lead_id]));
    const shown = await house.shown(first!.lead_id);
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatchObject({ text: 'three', before: ['one', 'two'], editedAt: at(9).toISOString() });
  });

  test('an edit of a message that is not here becomes a message, and the original changes nothing later', async () => {
    const who = someone();
    const edited = says(who, 'as it is now', { eventId: `${who}-1`, revision: 'edit', at: at(5) });
    const original = says(who, 'as it was', { eventId: `${who}-1`, at: at(0) });
    const [opened, late] = await house.hearEach(edited, original);
    expect([opened!.outcome, late!.outcome, late!.reason]).toEqual(['opened', 'ignored', 'duplicate']);
    expect((await house.shown(opened!.lead_id)).map((one) => one.text)).toEqual(['as it is now']);
  });

  test('a deletion keeps the message and says so, once; of an unknown message it is ignored', async () => {
    const who = someone();
    const [told] = await house.hear(says(who, 'take this back', { eventId: `${who}-1` }));
    const gone = { kind: 'deletion', of: `${who}-1`, at: at(20) } as const;
    await house.hearEach(gone, { ...gone, at: at(30) });
    const [shown] = await house.shown(told!.lead_id);
    expect(shown).toMatchObject({ text: 'take this back', deletedAt: at(20).toISOString() });
    expect(await house.hear({ kind: 'deletion', of: 'nobody-knows' })).toMatchObject([
      { outcome: 'ignored', reason: 'deletion of a message that is not here' },
    ]);
  });
});

describe('a message without its content', () => {
  test('opens one lead; its content comes under the same id, with its files, once', async () => {
    const who = someone();
    const bare = says(who, '', { eventId: `${who}-1`, incomplete: true });
    const whole = says(who, 'at last', {
      eventId: `${who}-1`,
      revision: 'completion',
      files: [{ name: 'photo.jpg', ref: { id: `${who}-photo` } }],
    });
    house.chat.files.set(`${who}-photo`, Buffer.from('hello file'));
    const [opened] = await house.hear(bare);
    expect((await house.shown(opened!.lead_id))[0]).toMatchObject({ incomplete: true });
    const [completed, again] = await house.hearEach(whole, whole);
    expect(completed).toMatchObject({ outcome: 'attached', lead_id: opened!.lead_id });
    expect(again).toMatchObject({ outcome: 'ignored', reason: 'duplicate' });
    await house.run();
    const shown = await house.shown(opened!.lead_id);
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatchObject({
      incomplete: false,
      text: 'at last',
      before: [],
      attachments: [{ name: 'photo.jpg', mediaType: 'text/plain', state: 'here', size: 10 }],
    });
  });

  test('whose content comes first is whole already', async () => {
    const who = someone();
    const told = await house.hear(
      says(who, 'quick', { eventId: `${who}-1`, revision: 'completion' }),
      says(who, '', { eventId: `${who}-1`, incomplete: true }),
    );
    expect(told.map((one) => one.outcome)).toEqual(['opened', 'ignored']);
    expect((await house.shown(told[0]!.lead_id))[0]).toMatchObject({ text: 'quick', incomplete: false });
  });

  test('that was edited before its content came is whole, not edited, also after a replay', async () => {
    const who = someone();
    const [opened, told] = await house.hearEach(
      says(who, '', { eventId: `${who}-1`, incomplete: true }),
      says(who, 'the newer words', { eventId: `${who}-1`, revision: 'edit', at: at(9) }),
    );
    expect(told).toMatchObject({ outcome: 'attached', lead_id: opened!.lead_id });
    await house.replayAll();
    expect((await house.shown(opened!.lead_id))[0]).toMatchObject({
      text: 'the newer words',
      incomplete: false,
      before: [],
      editedAt: null,
    });
  });

  test('completed on two replicas at once has its files once', async () => {
    const replica = await house.replica();
    for (let turn = 0; turn < 5; turn += 1) {
      const who = someone();
      const [opened] = await house.hear(says(who, '', { eventId: `${who}-1`, incomplete: true }));
      const whole = says(who, 'both', { eventId: `${who}-1`, files: [{ name: 'a.txt', ref: { id: 'x' } }] });
      for (let copy = 0; copy < 2; copy += 1) await house.acceptor.accept(house.line, post([whole]));
      const ids = (await house.sql<{ id: string }[]>`select delivery_id as id from pending order by 1`).map(
        (r) => r.id,
      );
      await Promise.all([processBatch(house.deps, [ids[0]!]), processBatch(replica.deps, [ids[1]!])]);
      await drainPending(house.deps);
      expect((await house.shown(opened!.lead_id))[0]?.attachments).toHaveLength(1);
    }
    house.chat.files.set('x', Buffer.from('x'));
    await house.run();
  });
});

describe('what one of us writes on the phone', () => {
  test('goes to the open lead and stops its clock', async () => {
    const who = someone();
    const [opened] = await house.hear(says(who, 'Hello?'));
    expect((await house.leadRow(opened!.lead_id)).unanswered_since).not.toBeNull();
    const answeredAt = new Date(Date.now() + 5000);
    const [told] = await house.hear(writesFromPhone(who, 'Good day', { at: answeredAt }));
    expect(told).toMatchObject({ outcome: 'attached', lead_id: opened!.lead_id });
    expect(await house.leadRow(opened!.lead_id)).toMatchObject({
      first_response_at: answeredAt,
      unanswered_since: null,
      messages: 2,
    });
    await house.hear(writesFromPhone(who, 'Are you there?', { at: new Date(answeredAt.getTime() + 60_000) }));
    expect(await house.leadRow(opened!.lead_id)).toMatchObject({ first_response_at: answeredAt, messages: 3 });
    expect((await house.shown(opened!.lead_id))[1]).toMatchObject({ direction: 'outbound', text: 'Good day' });
  });

  test('goes to the last closed lead where none is open', async () => {
    const who = someone();
    const [opened] = await house.hear(says(who, 'Hello?'));
    await house.sql`update leads set stage = 'lost', closed_at = now() where id = ${opened!.lead_id}`;
    const [told] = await house.hear(writesFromPhone(who, 'One more thing'));
    expect(told).toMatchObject({ outcome: 'attached', lead_id: opened!.lead_id });
    const [next] = await house.hear(says(who, 'Yes?'));
    expect(next!.outcome).toBe('opened');
  });

  test('to somebody new opens a lead in which nobody waits', async () => {
    const [told] = await house.hear(writesFromPhone(someone(), 'You asked us to write', { at: at(0) }));
    expect(told!.outcome).toBe('opened');
    const row = await house.leadRow(told!.lead_id);
    expect(row.unanswered_since).toBeNull();
    expect(row.first_response_at).toEqual(row.opened_at); // never before it was opened
  });

  test('counts the same in one batch with the question as after it', async () => {
    const [together, apart] = [someone(), someone()];
    const talk = (who: string) => [says(who, 'Hello?'), writesFromPhone(who, 'Good day'), says(who, 'And the price?')];
    const [one] = await house.hear(...talk(together));
    const [other] = await house.hearEach(...talk(apart));
    for (const told of [one!, other!]) {
      const row = await house.leadRow(told.lead_id);
      expect([row.messages, row.first_response_at === null, row.unanswered_since === null]).toEqual([3, false, false]);
    }
    const answered = [someone(), someone()];
    const [first] = await house.hear(says(answered[0]!, 'Hi'), writesFromPhone(answered[0]!, 'Hi!'));
    const [second] = await house.hearEach(says(answered[1]!, 'Hi'), writesFromPhone(answered[1]!, 'Hi!'));
    for (const told of [first!, second!]) expect((await house.leadRow(told.lead_id)).unanswered_since).toBeNull();
  });

  test('is no answer when the messenger’s own greeting says it', async () => {
    const who = someone();
    const [opened] = await house.hear(says(who, 'Hello?'));
    await house.hear(writesFromPhone(who, 'We will write soon', { flags: ['automatic'] }));
    const row = await house.leadRow(opened!.lead_id);
    expect([row.first_response_at, row.unanswered_since === null]).toEqual([null, false]);
  });
});

describe('an automatic answer', () => {
  const away = (who: string) => says(who, 'I am away', { quiet: 'out of office', flags: ['automatic'] });

  test('is attached where there is an open lead, and leaves its clock alone', async () => {
    const who = someone();
    const [opened] = await house.hear(says(who, 'Hello?'));
    const before = await house.leadRow(opened!.lead_id);
    expect(await house.hear(away(who))).toMatchObject([{ outcome: 'attached', lead_id: opened!.lead_id }]);
    expect(await house.leadRow(opened!.lead_id)).toMatchObject({ unanswered_since: before.unanswered_since });
    expect((await house.shown(opened!.lead_id)).at(-1)).toMatchObject({ flags: ['automatic'] });
  });

  test('is otherwise ignored with its reason, and makes no contact', async () => {
    const before = await house.census();
    expect(await house.hear(away(someone()))).toMatchObject([{ outcome: 'ignored', reason: 'out of office' }]);
    expect(await house.census()).toMatchObject({ contacts: before.contacts, leads: before.leads });
  });
});

test('a replay of everything, twice, changes nothing', async () => {
  // What was ignored because it came before its message finds its place at the first replay.
  await house.replayAll();
  const before = await everything();
  const outcomes = await house.sql`select delivery_id, outcome, lead_id from outcomes order by delivery_id`;
  await house.replayAll();
  await house.replayAll();
  expect(await everything()).toEqual(before);
  expect([...(await house.sql`select delivery_id, outcome, lead_id from outcomes order by delivery_id`)]).toEqual([
    ...outcomes,
  ]);
});

test('the same deliveries on two replicas at once give one of everything', async () => {
  const replica = await house.replica();
  const who = someone();
  const story: ParsedEvent[] = [
    says(who, 'one', { eventId: `${who}-1`, at: at(0), askPhone: 'Your phone?' }),
    says(who, '', { eventId: `${who}-2`, at: at(1), incomplete: true }),
    says(who, 'two', { eventId: `${who}-2`, at: at(2), files: [{ name: 'a', ref: { id: 'x' } }] }),
    says(who, 'one!', { eventId: `${who}-1`, at: at(3), revision: 'edit' }),
    writesFromPhone(who, 'answer', { eventId: `${who}-3`, at: at(4) }),
    receipt(`${who}-3`, 'read', 5),
    { kind: 'deletion', of: `${who}-1`, at: at(6) },
  ];
  const accepted = await Promise.all(
    [...story, ...story].flatMap((one) =>
      [house.acceptor, replica.acceptor].map((acceptor) => acceptor.accept(house.line, post([one]))),
    ),
  );
  await Promise.all([drainPending(house.deps), drainPending(replica.deps), drainPending(replica.deps)]);
  const told = await Promise.all(accepted.map(({ delivery }) => house.outcomeOf(delivery)));
  const opened = told.filter((one) => one?.outcome === 'opened');
  expect(opened).toHaveLength(1);
  expect(new Set(told.flatMap((one) => one?.contact_id ?? []))).toEqual(new Set([opened[0]!.contact_id]));
  const shown = await house.shown(opened[0]!.lead_id);
  expect(shown.filter((one) => one.direction === 'inbound')).toHaveLength(2);
  expect(shown.find((one) => one.text === 'answer')?.delivery?.state).toBe('read');
  expect(shown.flatMap((one) => one.attachments)).toHaveLength(1);
  expect(shown.filter((one) => one.text === 'Your phone?')).toHaveLength(1);
});
