/** What calls become: one message each, leads, owners and promises to call back, on one processor and on two. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallFact, InboundEvent } from '../../src/channel.ts';
import { closeCalls } from '../../src/intake/close-calls.ts';
import { processBatch } from '../../src/intake/process.ts';
import { drainPending } from '../../src/intake/processor.ts';
import { LIVE_CHANNEL, type LiveNotice } from '../../src/leads/announce.ts';
import { type ChatHouse, openChatHouse } from '../setup/chat-house.ts';
import { makeUser } from '../setup/fixtures.ts';
import { post } from './house.ts';

let house: ChatHouse;
beforeAll(async () => {
  house = await openChatHouse();
});
afterAll(() => house.close());

let count = 0;
const next = (): number => {
  count += 1;
  return count;
};
const callId = (): string => `call-${next()}`;
const phone = (): string => `+7999${1_000_000 + next()}`;
const noon = Date.now() - 3_600_000;
const at = (seconds: number): Date => new Date(noon + seconds * 1000);

interface Said extends Partial<CallFact> {
  readonly from?: string;
}

const event = (id: string, happened: CallFact['happened'], { from, ...fact }: Said = {}): InboundEvent => ({
  eventId: id,
  kind: 'call',
  direction: fact.direction === 'outbound' ? 'outbound' : 'inbound',
  sender: { identities: from === undefined ? [] : [{ kind: 'phone', value: from, trust: 'observed' }] },
  call: { happened, ...fact },
});
const ringing = (id: string, from: string, more: Said = {}) =>
  event(id, 'ringing', { from, direction: 'inbound', at: at(0), line: '+74950000000', ...more });
const answered = (id: string, extension: string, more: Said = {}) =>
  event(id, 'answered', { at: at(10), extension, ...more });
const ended = (id: string, more: Said = {}) => event(id, 'ended', { at: at(70), ...more });

const rowOf = async (lead: string) =>
  (
    await house.sql<Record<string, unknown>[]>`
      select c.direction, c.state, c.outcome, c.wait_seconds, c.talk_seconds, c.answered_by, c.message_id, c.contact_id,
        l.owner_id, l.messages, l.unanswered_since, l.first_response_at, l.channel,
        (select json_agg(json_build_object('due', b.due_at, 'missed', b.missed, 'how', b.done_how)) from callbacks b
          where b.lead_id = l.id) as callbacks
      from calls c join leads l on l.id = c.lead_id where l.id = ${lead} order by c.started_at desc limit 1`
  )[0]!;

async function mapped(extension: string, more = {}) {
  const user = await makeUser(house, more);
  await house.sql`
    insert into extensions (endpoint_id, extension, user_id) values (${house.line.id}, ${extension}, ${user.userId})
    on conflict (endpoint_id, extension) do update set user_id = excluded.user_id`;
  return user;
}

describe('a missed call', () => {
  test('opens a lead with a promise to call back, at the first ring and once', async () => {
    const id = callId();
    const from = phone();
    const [told] = await house.hear(ringing(id, from));
    expect(told).toMatchObject({ outcome: 'opened' });
    expect(await rowOf(told!.lead_id)).toMatchObject({ state: 'ringing', outcome: null, callbacks: null });
    const [over] = await house.hear(ended(id, { outcome: 'missed' }));
    expect(over).toMatchObject({ outcome: 'attached', lead_id: told!.lead_id });
    const row = await rowOf(told!.lead_id);
    expect(row).toMatchObject({
      state: 'ended',
      outcome: 'missed',
      wait_seconds: 70,
      talk_seconds: null,
      messages: 1,
    });
    // The database leaves the last zeros of a fraction out.
    const [promise] = row.callbacks as { due: string }[];
    expect({ ...promise, due: new Date(promise!.due) }).toEqual({ due: at(70 + 900), missed: 1, how: null });
    expect(row.unanswered_since).not.toBeNull();
    const [again] = await house.hear(ended(id, { outcome: 'missed' }));
    expect(again).toMatchObject({ outcome: 'ignored', reason: 'duplicate' });
  });

  test('again and again is one lead and one promise', async () => {
    const from = phone();
    const [first] = await house.hear(ended(callId(), { from, direction: 'inbound', outcome: 'missed', at: at(0) }));
    const [second] = await house.hear(ended(callId(), { from, direction: 'inbound', outcome: 'busy', at: at(60) }));
    expect(second).toMatchObject({ outcome: 'attached', lead_id: first!.lead_id });
    const row = await rowOf(first!.lead_id);
    expect(row.messages).toBe(2);
    expect(row.callbacks).toMatchObject([{ missed: 2, how: null }]);
  });

  test('that was called back is done, by whoever talked', async () => {
    const user = await mapped('301');
    const from = phone();
    const [missed] = await house.hear(ended(callId(), { from, direction: 'inbound', outcome: 'missed', at: at(0) }));
    const id = callId();
    await house.hear(event(id, 'ringing', { from, direction: 'outbound', extension: '301', at: at(100) }));
    expect((await rowOf(missed!.lead_id)).callbacks).toMatchObject([{ how: null }]);
    await house.hear(event(id, 'answered', { from, direction: 'outbound', extension: '301', at: at(110) }));
    const row = await rowOf(missed!.lead_id);
    expect(row).toMatchObject({ owner_id: user.userId, unanswered_since: null, direction: 'outbound' });
    expect(row.callbacks).toMatchObject([{ how: 'called' }]);
  });

  test('that the client repaired by calling again needs nobody', async () => {
    const from = phone();
    const [missed] = await house.hear(ended(callId(), { from, direction: 'inbound', outcome: 'missed', at: at(0) }));
    await house.hear(answered(callId(), '999', { from, direction: 'inbound', at: at(100) }));
    expect((await rowOf(missed!.lead_id)).callbacks).toMatchObject([{ how: 'client-called' }]);
    // News of a missed call that come after somebody talked promise nothing.
    await house.hear(ended(callId(), { from, direction: 'inbound', outcome: 'missed', at: at(50) }));
    expect((await rowOf(missed!.lead_id)).callbacks).toHaveLength(1);
  });
});

describe('promises, in whatever order calls are told', () => {
  const missed = (from: string, seconds: number) =>
    ended(callId(), { from, direction: 'inbound', outcome: 'missed', at: at(seconds) });
  const promises = async (lead: string) =>
    (await house.sql<{ how: string | null }[]>`select done_how as how from callbacks where lead_id = ${lead}`).map(
      ({ how }) => how,
    );

  test('news of a talk between two missed calls leave the later one to be called back', async () => {
    const from = phone();
    const [first] = await house.hear(missed(from, 0));
    await house.hear(missed(from, 200));
    await house.hear(answered(callId(), '999', { from, direction: 'inbound', at: at(100) }));
    expect(await promises(first!.lead_id)).toContain(null);
    await house.hear(answered(callId(), '999', { from, direction: 'outbound', at: at(300) }));
    expect(await promises(first!.lead_id)).not.toContain(null);
  });

  test('a talk of which only the end was told counts as one', async () => {
    const from = phone();
    const [talk] = await house.hear(
      ended(callId(), { from, direction: 'inbound', outcome: 'answered', startedAt: at(100), at: at(160) }),
    );
    await house.hear(missed(from, 50));
    expect(await promises(talk!.lead_id)).toEqual([]);
  });

  test('a missed call and a talk that two replicas hear of at once', async () => {
    const replica = await house.replica();
    const accept = async (one: InboundEvent) => (await house.acceptor.accept(house.line, post([one]))).delivery;
    for (let turn = 0; turn < 40; turn += 1) {
      const from = phone();
      const [lost, talk] = [callId(), callId()];
      const [told] = await house.hear(ringing(lost, from), ringing(talk, from, { at: at(100) }));
      const end = await accept(ended(lost, { outcome: 'missed' }));
      const answer = await accept(answered(talk, '999', { at: at(110) }));
      await Promise.all([processBatch(house.deps, [end]), processBatch(replica.deps, [answer])]);
      expect(await promises(told!.lead_id)).not.toContain(null);
    }
  });
});

describe('an answered call', () => {
  test('belongs to whoever answered, and stops the clocks', async () => {
    const user = await mapped('201');
    const id = callId();
    const [told] = await house.hear(ringing(id, phone(), { extension: '201' }), answered(id, '201'));
    const row = await rowOf(told!.lead_id);
    expect(row).toMatchObject({ state: 'talking', owner_id: user.userId, answered_by: user.userId, callbacks: null });
    expect(row.unanswered_since).toBeNull();
    expect(row.first_response_at).not.toBeNull();
    const [contact] = await house.sql`select owner_id from contacts where id = ${String(row.contact_id)}`;
    expect(contact).toEqual({ owner_id: user.userId });
    const [history] = await house.sql`
      select actor_id, data from lead_events where lead_id = ${told!.lead_id} and kind = 'claimed'`;
    expect(history).toEqual({ actor_id: user.userId, data: { call: row.message_id } });
  });

  test('stays with the manager who holds the lead, whoever picks up', async () => {
    const owner = await makeUser(house);
    await mapped('202');
    const from = phone();
    const id = callId();
    const [told] = await house.hear(ringing(id, from));
    await house.sql`update leads set owner_id = ${owner.userId}, claimed_at = now() where id = ${told!.lead_id}`;
    await house.hear(answered(id, '202'), ended(id));
    expect(await rowOf(told!.lead_id)).toMatchObject({
      owner_id: owner.userId,
      outcome: 'answered',
      talk_seconds: 60,
    });
  });

  test('goes on to whom it was transferred', async () => {
    await mapped('203');
    const second = await mapped('204');
    const id = callId();
    const [told] = await house.hear(ringing(id, phone()));
    await house.hear(answered(id, '203'));
    await house.hear(
      event(id, 'transferred', { at: at(20), extension: '203', toExtension: '204' }),
      answered(id, '204', { at: at(25) }),
    );
    expect(await rowOf(told!.lead_id)).toMatchObject({ owner_id: second.userId });
  });

  test('goes on to whom it was transferred, also when everything is heard at once', async () => {
    await mapped('207');
    const second = await mapped('208');
    const id = callId();
    const [told] = await house.hear(ringing(id, phone()), answered(id, '207'), answered(id, '208', { at: at(25) }));
    expect(await rowOf(told!.lead_id)).toMatchObject({ owner_id: second.userId });
  });

  test('goes on to whom it was transferred, also when two replicas hear of it at once', async () => {
    const replica = await house.replica();
    await mapped('209');
    const second = await mapped('210');
    for (let turn = 0; turn < 40; turn += 1) {
      const id = callId();
      const [told] = await house.hear(ringing(id, phone()));
      const [one, other] = [answered(id, '209'), answered(id, '210', { at: at(25) })];
      const { delivery: first } = await house.acceptor.accept(house.line, post([one]));
      const { delivery: last } = await house.acceptor.accept(house.line, post([other]));
      await Promise.all([processBatch(house.deps, [first]), processBatch(replica.deps, [last])]);
      expect(await rowOf(told!.lead_id)).toMatchObject({ answered_by: second.userId, owner_id: second.userId });
    }
  });

  test("by an extension that is nobody's, or of somebody who has left, waits in the queue", async () => {
    await mapped('205', { disabled: true });
    for (const extension of ['205', '206']) {
      const id = callId();
      const [told] = await house.hear(ringing(id, phone()), answered(id, extension));
      expect(await rowOf(told!.lead_id)).toMatchObject({ owner_id: null, state: 'talking', unanswered_since: null });
    }
    const seen = await house.sql<{ extension: string; user_id: string | null }[]>`
      select extension, user_id from extensions where endpoint_id = ${house.line.id} and extension = '206'`;
    expect([...seen]).toEqual([{ extension: '206', user_id: null }]);
  });
});

describe('what opens nothing', () => {
  test('a call between our own people', async () => {
    const before = await house.census();
    const [told] = await house.hear(event(callId(), 'ringing', { direction: 'internal', extension: '101' }));
    expect(told).toMatchObject({ outcome: 'ignored', reason: 'internal call' });
    expect((await house.census()).leads).toBe(before.leads);
  });

  test('a call that the provider blocked', async () => {
    const [told] = await house.hear(ended(callId(), { from: phone(), direction: 'inbound', outcome: 'blocked' }));
    expect(told).toMatchObject({ outcome: 'ignored', reason: 'blocked by the provider' });
  });
});

describe('a caller whom the provider blocks only after it rang', () => {
  test('leaves a lead that is closed with the reason, unless somebody has made it theirs', async () => {
    const lone = callId();
    const [told] = await house.hear(ringing(lone, phone()));
    await house.hear(ended(lone, { outcome: 'blocked' }));
    const stageOf = async (lead: string) =>
      (await house.sql`select stage, closed_at is not null as closed from leads where id = ${lead}`)[0];
    expect(await stageOf(told!.lead_id)).toEqual({ stage: 'lost', closed: true });
    expect(await rowOf(told!.lead_id)).toMatchObject({ outcome: 'blocked', callbacks: null });
    const user = await makeUser(house);
    const taken = callId();
    const [other] = await house.hear(ringing(taken, phone()));
    await house.sql`update leads set owner_id = ${user.userId}, claimed_at = now() where id = ${other!.lead_id}`;
    await house.hear(ended(taken, { outcome: 'blocked' }));
    expect(await stageOf(other!.lead_id)).toEqual({ stage: 'new_request', closed: false });
  });
});

describe('events that come in the wrong order', () => {
  test('an answer before the ring waits for the number, and counts then', async () => {
    const user = await mapped('401');
    const id = callId();
    const [early] = await house.hear(answered(id, '401'));
    expect(early).toMatchObject({ outcome: 'ignored', lead_id: null });
    const [told] = await house.hear(ringing(id, phone()));
    expect(told).toMatchObject({ outcome: 'opened' });
    expect(await rowOf(told!.lead_id)).toMatchObject({ state: 'talking', owner_id: user.userId, wait_seconds: 10 });
  });

  test('a hidden number is a lead of somebody unknown, and no identity is made up', async () => {
    const id = callId();
    const [told] = await house.hear(event(id, 'ringing', { direction: 'inbound', hiddenNumber: true }), ended(id));
    expect(told).toMatchObject({ outcome: 'opened' });
    const row = await rowOf(told!.lead_id);
    expect(row).toMatchObject({ outcome: 'missed', callbacks: [{ missed: 1 }] });
    const [identities] = await house.sql`
      select count(*)::int as n from identities where contact_id = ${String(row.contact_id)}`;
    expect(identities).toEqual({ n: 0 });
  });

  test('a call whose caller is never told becomes a lead after ten minutes', async () => {
    const id = callId();
    const [early] = await house.hear(ended(id, { outcome: 'missed' }));
    expect(early).toMatchObject({ outcome: 'ignored' });
    expect(await closeCalls(house.deps)).toMatchObject({ unplaced: 0 });
    house.clock.set(Date.now() + 11 * 60_000);
    expect(await closeCalls(house.deps)).toMatchObject({ unplaced: 1 });
    await drainPending(house.deps);
    const told = await house.outcomeOf(early!.delivery);
    house.clock.set(undefined);
    expect(told).toMatchObject({ outcome: 'opened' });
    expect(await rowOf(told!.lead_id)).toMatchObject({ outcome: 'missed', callbacks: [{ missed: 1 }] });
  });

  test('a call whose end is never told is ended by the house, and the end may still come', async () => {
    const id = callId();
    const [told] = await house.hear(ringing(id, phone()));
    house.clock.set(Date.now() + 20 * 60_000);
    expect(await closeCalls(house.deps)).toMatchObject({ closed: 1 });
    house.clock.set(undefined);
    expect(await rowOf(told!.lead_id)).toMatchObject({
      state: 'ended',
      outcome: 'missed',
      callbacks: [{ how: null }],
    });
    await house.hear(answered(id, '999'), ended(id));
    expect(await rowOf(told!.lead_id)).toMatchObject({
      outcome: 'answered',
      callbacks: [{ how: 'answered-after-all' }],
    });
  });

  test('any order, repeats, batches and two replicas: one call, one message, one lead, the same row', async () => {
    const replica = await house.replica();
    await mapped('501');
    const file = { name: 'rec', ref: { url: 'https://pbx.example.com/r' } };
    const story = (id: string, from: string): InboundEvent[] => [
      ringing(id, from, { extension: '500' }),
      ringing(id, from, { extension: '501', at: at(4) }),
      answered(id, '501'),
      ended(id, { talkSeconds: 60 }),
      { ...event(id, 'recorded', { at: at(75) }), files: [file] },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4], { minLength: 15 }),
        fc.array(fc.boolean(), { minLength: 15, maxLength: 15 }),
        async (order, breaks) => {
          const id = callId();
          const from = phone();
          const events = story(id, from);
          const batches: string[][] = [[]];
          for (const [index, which] of order.entries()) {
            const body = post([events[which]]);
            batches.at(-1)!.push((await house.acceptor.accept(house.line, body)).delivery);
            if (breaks[index]) batches.push([]);
          }
          const work = async (deps: typeof house.deps, own: readonly string[][]): Promise<void> => {
            for (const ids of own) await processBatch(deps, ids);
          };
          // Two on each replica: more would wait for a connection, not for each other.
          const share = (part: number): string[][] => batches.filter((_, index) => index % 4 === part);
          await Promise.all([
            work(house.deps, share(0)),
            work(replica.deps, share(1)),
            work(house.deps, share(2)),
            work(replica.deps, share(3)),
          ]);
          await drainPending(house.deps);
          const rows = await house.sql`
            select c.state, c.outcome, c.wait_seconds, c.talk_seconds, u.user_id is not null as ours, l.messages,
              l.owner_id = c.answered_by as owned,
              (select count(*)::int from messages m where m.lead_id = l.id) as there,
              (select count(*)::int from attachments a where a.message_id = c.message_id and a.recording) as files
            from calls c join leads l on l.id = c.lead_id join identities i on i.contact_id = c.contact_id
              left join extensions u on u.user_id = c.answered_by
            where c.id = (select event_key from messages where contact_id = c.contact_id limit 1)
              and c.contact_id = (select contact_id from outcomes where delivery_id = any(${batches.flat()})
                and contact_id is not null limit 1)`;
          expect([...rows]).toEqual([
            {
              state: 'ended',
              outcome: 'answered',
              wait_seconds: 10,
              talk_seconds: 60,
              ours: true,
              messages: 1,
              owned: true,
              there: 1,
              files: 1,
            },
          ]);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('a replay of everything changes nothing', async () => {
    const calls = () => house.sql`select id, state, outcome, message_id, given_to, detail from calls order by id`;
    const before = [await calls(), await house.census()];
    await house.replayAll();
    expect([await calls(), await house.census()]).toEqual(before);
  });

  test('an event of a call whose client was erased since is ignored, and holds nothing up', async () => {
    const id = callId();
    const [told] = await house.hear(ringing(id, phone()));
    await house.sql`delete from contact_keys where contact_id = ${told!.contact_id}`;
    const [late] = await house.hear(ended(id));
    expect(late).toMatchObject({ outcome: 'ignored', reason: 'a call of somebody who was erased' });
  });
});

test('who hears of a ringing call: anybody, until it rings somebody; then they and the owner', async () => {
  const talker = await mapped('501');
  const other = await mapped('502');
  const heard: LiveNotice[] = [];
  const ear = await house.sql.listen(LIVE_CHANNEL, (payload) => heard.push(...JSON.parse(payload)));
  const told = async (said: InboundEvent): Promise<readonly string[] | undefined> => {
    heard.length = 0;
    await house.hear(said);
    await expect.poll(() => heard.filter(({ type }) => type === 'call')).toHaveLength(1);
    return heard.find(({ type }) => type === 'call')!.only;
  };
  const id = callId();
  const from = phone();
  expect(await told(ringing(id, from))).toBeUndefined();
  expect(await told(event(id, 'ringing', { extension: '501', at: at(2) }))).toBeUndefined();
  expect(await told(answered(id, '501'))).toEqual([talker.userId]);
  await told(ended(id));
  const again = callId();
  expect(await told(ringing(again, from, { extension: '502', at: at(200) }))).toEqual([other.userId, talker.userId]);
  await ear.unlisten();
});
