/** News about people: two names of one account, phones that are vouched for, who has blocked us, whom we ask. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ParsedEvent } from '../../src/channel.ts';
import { processBatch } from '../../src/intake/process.ts';
import { says } from '../setup/chat-channel.ts';
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
const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 15, 12) + seconds * 1000);

describe('who is who', () => {
  test('a reference to another contact’s conversation is a flag and nothing else', async () => {
    const [one, other] = [someone(), someone()];
    const [first] = await house.hear(says(one, 'mine', { eventId: `${one}-1` }));
    const [second, own] = await house.hear(
      says(other, 'yours?', { references: [`${one}-1`], eventId: `${other}-1` }),
      says(one, 'mine too', { references: [`${one}-1`, 'nobody-knows'], quotes: `${one}-1` }),
    );
    expect(second!.contact_id).not.toBe(first!.contact_id);
    expect((await house.shown(second!.lead_id))[0]).toMatchObject({ flags: ['stranger'], quoted: null });
    expect(own!.contact_id).toBe(first!.contact_id);
    expect((await house.shown(first!.lead_id)).at(-1)).toMatchObject({ flags: [], quoted: { text: 'mine' } });
    const [suspicions] = await house.sql`
      select count(*)::int as n from duplicate_suspicions
      where contact_id in (${first!.contact_id}, ${second!.contact_id})`;
    expect(suspicions).toEqual({ n: 0 });
  });

  test('an acquaintance gives a known person one more name', async () => {
    const [one, alias] = [someone(), someone()];
    const pair: ParsedEvent = {
      kind: 'acquaintance',
      identities: [one, alias].map((value) => ({ kind: 'chatter', value, trust: 'attested' as const })),
    };
    expect(await house.hear(pair)).toMatchObject([
      { outcome: 'ignored', reason: 'names of somebody who is not here' },
    ]);
    const [opened] = await house.hear(says(one, 'Hello'));
    expect(await house.hear(pair)).toMatchObject([{ outcome: 'attached', lead_id: opened!.lead_id }]);
    expect(await house.hear(says(alias, 'also me'))).toMatchObject([
      { outcome: 'attached', contact_id: opened!.contact_id },
    ]);
  });

  test('an acquaintance of two known people is a suspicion for a person, not a merge', async () => {
    const [one, other] = [someone(), someone()];
    const [first, second] = await house.hear(says(one, 'Hello'), says(other, 'Hello'));
    await house.hear({
      kind: 'acquaintance',
      identities: [one, other].map((value) => ({ kind: 'chatter', value, trust: 'attested' as const })),
    });
    const pair = [first!.contact_id, second!.contact_id].sort();
    expect(
      await house.sql`select contact_id, other_id from duplicate_suspicions where contact_id = ${pair[0]!}`,
    ).toEqual([{ contact_id: pair[0], other_id: pair[1] }]);
    const again = await house.hear(says(one, 'still me'), says(other, 'still me'));
    expect(again.map((told) => told.contact_id)).toEqual([first!.contact_id, second!.contact_id]);
  });

  test('a phone that was typed becomes attested when the channel vouches for it, and never less again', async () => {
    const who = someone();
    const phone = '+7 999 555-00-01';
    const trustOf = async (contactId: string) =>
      (
        await house.sql<{ trust: number }[]>`
          select trust from identities where contact_id = ${contactId} and kind = 'phone'`
      ).map((row) => row.trust);
    const withPhone = (trust: 'claimed' | 'attested') =>
      says(who, 'my phone', {
        sender: {
          identities: [
            { kind: 'chatter', value: who, trust: 'attested' },
            { kind: 'phone', value: phone, trust },
          ],
        },
      });
    const [opened] = await house.hear(withPhone('claimed'));
    expect(await trustOf(opened!.contact_id)).toEqual([0]);
    await house.hear(withPhone('attested'));
    expect(await trustOf(opened!.contact_id)).toEqual([2]);
    await house.hear(withPhone('claimed'));
    expect(await trustOf(opened!.contact_id)).toEqual([2]);
  });
});

describe('reachability', () => {
  const blocked = (who: string, reachable: boolean, seconds: number): ParsedEvent => ({
    kind: 'reachability',
    identities: [{ kind: 'chatter', value: who, trust: 'attested' }],
    reachable,
    at: at(seconds),
  });
  const isBlocked = async (contactId: string) =>
    (await house.sql`select blocked_at is not null as blocked from conversations where contact_id = ${contactId}`)[0]
      ?.blocked;

  test('the newest word counts, in whichever order and how often it comes', async () => {
    const who = someone();
    const [opened] = await house.hear(says(who, 'Hello', { at: at(0) }));
    const told = await house.hearEach(blocked(who, false, 10));
    expect(told).toMatchObject([{ outcome: 'attached', lead_id: opened!.lead_id }]);
    expect(await isBlocked(opened!.contact_id)).toBe(true);
    await house.hearEach(blocked(who, true, 20), blocked(who, false, 10), blocked(who, false, 15));
    expect(await isBlocked(opened!.contact_id)).toBe(false);
    await house.hear(blocked(who, false, 40), blocked(who, true, 30));
    expect(await isBlocked(opened!.contact_id)).toBe(true);
  });

  test('whoever writes has unblocked us, and an old block that comes again does not undo that', async () => {
    const who = someone();
    const [opened] = await house.hear(says(who, 'Hello', { at: at(0) }));
    await house.hearEach(blocked(who, false, 10), says(who, 'back again', { at: at(20) }), blocked(who, false, 10));
    expect(await isBlocked(opened!.contact_id)).toBe(false);
    await house.hear(blocked(who, false, 30));
    await house.hear(says(who, 'an old one', { at: at(5) }));
    expect(await isBlocked(opened!.contact_id)).toBe(true);
  });

  test('of somebody who is not here makes nobody', async () => {
    const before = await house.census();
    expect(await house.hear(blocked(someone(), false, 0), blocked(someone(), true, 0))).toMatchObject([
      { outcome: 'ignored', reason: 'somebody blocked us' },
      { outcome: 'ignored', reason: 'somebody unblocked us' },
    ]);
    expect(await house.census()).toMatchObject({ contacts: before.contacts });
  });
});

describe('the question for a phone', () => {
  const asked = async (contactId: string): Promise<number> =>
    (await house.sql`select count(*)::int as n from sends where contact_id = ${contactId}`)[0]!.n as number;
  const asking = (who: string, text = 'Hi') => says(who, text, { askPhone: 'May we have your phone?' });

  test('is asked once a conversation, sent as such, and is no first response', async () => {
    const who = someone();
    const told = await house.hearEach(asking(who), asking(who, 'again'), [asking(who, 'and'), asking(who, 'again')]);
    expect(await asked(told[0]!.contact_id)).toBe(1);
    await house.run();
    expect(house.chat.calls.at(-1)).toMatchObject({ ask: 'phone', text: 'May we have your phone?' });
    const row = await house.leadRow(told[0]!.lead_id);
    expect([row.first_response_at, row.unanswered_since === null]).toEqual([null, false]);
    expect(await house.hear(asking(who, 'once more'))).toMatchObject([{ outcome: 'attached' }]);
    expect(await asked(told[0]!.contact_id)).toBe(1);
  });

  test('is never asked of somebody whose phone is known', async () => {
    const who = someone();
    const known = {
      ...asking(who),
      sender: {
        identities: [
          { kind: 'chatter', value: who, trust: 'attested' },
          { kind: 'phone', value: '+79995550002', trust: 'claimed' },
        ],
      },
    } as const;
    const [told] = await house.hear(known);
    expect(await asked(told!.contact_id)).toBe(0);
  });

  test('is asked once by two replicas at once', async () => {
    const replica = await house.replica();
    const who = someone();
    const [told] = await house.hear(says(who, 'Hello'));
    for (const text of ['one', 'two']) await house.acceptor.accept(house.line, post([asking(who, text)]));
    const ids = (await house.sql<{ id: string }[]>`select delivery_id as id from pending order by 1`).map((r) => r.id);
    await Promise.all([processBatch(house.deps, [ids[0]!]), processBatch(replica.deps, [ids[1]!])]);
    expect(await asked(told!.contact_id)).toBe(1);
    await house.run();
  });
});

test('a replay of all these news, twice, changes nothing', async () => {
  const state = async () => {
    const [row] = await house.sql`
      select (select json_agg(json_build_object('c', c.contact_id, 'blocked', c.blocked_at, 'asked', c.asked_at)
          order by c.contact_id) from conversations c) as conversations,
        (select json_agg(json_build_object('l', i.lookup, 't', i.trust, 'c', i.contact_id) order by i.lookup)
          from identities i) as identities,
        (select count(*)::int from duplicate_suspicions) as suspicions,
        (select count(*)::int from sends) as sends`;
    return { ...row, ...(await house.census()) };
  };
  const before = await state();
  await house.replayAll();
  await house.replayAll();
  expect(await state()).toEqual(before);
});
