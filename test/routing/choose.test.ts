import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choose, chooseAll, type Member, UNANSWERED_AT_MOST, type Waiting } from '../../src/routing/choose.ts';

const NOW = Date.UTC(2026, 0, 15, 12);
const lead = (id: number, more: Partial<Waiting> = {}): Waiting => ({
  leadId: `lead-${id}`,
  queueId: 'q',
  seniorAtMs: null,
  missed: new Set(),
  ...more,
});
const member = (userId: string, more: Partial<Member> = {}): Member => ({
  userId,
  line: 'first',
  lastOfferedAtMs: null,
  unanswered: 0,
  ...more,
});

const PEOPLE = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const aMember = fc.record({
  userId: fc.constantFrom(...PEOPLE),
  line: fc.constantFrom('first' as const, 'senior' as const),
  lastOfferedAtMs: fc.option(fc.integer({ min: NOW - 1_000_000, max: NOW })),
  unanswered: fc.integer({ min: 0, max: UNANSWERED_AT_MOST + 1 }),
});
const someMembers = fc.uniqueArray(aMember, { selector: (one) => one.userId, maxLength: 8 });
const aLead = fc.record({
  leadId: fc.uuid(),
  queueId: fc.constant('q'),
  seniorAtMs: fc.option(fc.integer({ min: NOW - 1000, max: NOW + 1000 })),
  missed: fc.array(fc.constantFrom(...PEOPLE)).map((ids) => new Set(ids)),
});

describe('choose', () => {
  it('takes nobody who missed the lead, is buried, or is not asked in yet; nobody only when there is nobody', () => {
    fc.assert(
      fc.property(aLead, someMembers, (one, members) => {
        const chosen = choose(one, members, NOW);
        const escalated = one.seniorAtMs !== null && one.seniorAtMs <= NOW;
        const able = members.filter(
          (m) => !one.missed.has(m.userId) && m.unanswered < UNANSWERED_AT_MOST && (m.line === 'first' || escalated),
        );
        if (chosen === undefined) {
          expect(able).toEqual([]);
          return;
        }
        expect(able).toContain(chosen);
        const line = escalated && able.some((m) => m.line === 'senior') ? 'senior' : 'first';
        expect(chosen.line).toBe(line);
        const turn = (m: Member): number => m.lastOfferedAtMs ?? Number.NEGATIVE_INFINITY;
        expect(able.filter((m) => m.line === line && turn(m) < turn(chosen))).toEqual([]);
      }),
    );
  });

  it('does not depend on the order of the members', () => {
    fc.assert(
      fc.property(aLead, someMembers, (one, members) => {
        expect(choose(one, [...members].reverse(), NOW)).toEqual(choose(one, members, NOW));
      }),
    );
  });

  it('comes to everybody before anybody a second time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 60 }), (people, leads) => {
        let members = Array.from({ length: people }, (_, i) => member(`m${i}`));
        const turns = new Map<string, number>();
        for (let i = 0; i < leads; i += 1) {
          const chosen = choose(lead(i), members, NOW + i)!;
          turns.set(chosen.userId, (turns.get(chosen.userId) ?? 0) + 1);
          members = members.map((one) => (one === chosen ? { ...one, lastOfferedAtMs: NOW + i } : one));
        }
        const counts = members.map((one) => turns.get(one.userId) ?? 0);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('brings one turn to whoever comes back from holidays, not all that were missed', () => {
    const members = [
      member('away', { lastOfferedAtMs: NOW - 14 * 86_400_000 }),
      member('here', { lastOfferedAtMs: NOW - 60_000 }),
      member('there', { lastOfferedAtMs: NOW - 30_000 }),
    ];
    const offers = chooseAll(
      [1, 2, 3, 4].map((id) => lead(id)),
      new Map([['q', members]]),
      NOW,
    );
    expect(offers.map((one) => one.userId)).toEqual(['away', 'here', 'there', 'away']);
  });
});

describe('chooseAll', () => {
  it('offers each lead once, the first ones first, and buries nobody, whatever queues they share', () => {
    const twoQueues = fc.array(fc.tuple(aLead, fc.constantFrom('q', 'r')), { maxLength: 30 });
    fc.assert(
      fc.property(twoQueues, someMembers, someMembers, (pairs, first, second) => {
        const leads = pairs.map(([one, queueId]) => ({ ...one, queueId }));
        // A person is as buried in one queue as in the other.
        const known = new Map(first.map((one) => [one.userId, one.unanswered]));
        const others = second.map((one) => ({ ...one, unanswered: known.get(one.userId) ?? one.unanswered }));
        const offers = chooseAll(
          leads,
          new Map([
            ['q', first],
            ['r', others],
          ]),
          NOW,
        );
        expect(new Set(offers.map((one) => one.leadId)).size).toBe(offers.length);
        for (const userId of PEOPLE) {
          const before = [...first, ...others].find((one) => one.userId === userId)?.unanswered ?? 0;
          const got = offers.filter((one) => one.userId === userId).length;
          expect(got).toBeLessThanOrEqual(Math.max(0, UNANSWERED_AT_MOST - before));
        }
      }),
    );
  });

  it('changes nothing that it was given', () => {
    const members = [Object.freeze(member('a'))];
    chooseAll([lead(1)], new Map([['q', members]]), NOW);
    expect(members).toEqual([member('a')]);
  });
});
