import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Desk, Queue } from '../../src/routing/desk.ts';
import { type Reachable, type RingingFacts, whomToRing } from '../../src/routing/whom-to-ring.ts';

const NOON = Date.UTC(2026, 0, 15, 12); // a Thursday
const queue = (id: string, more: Partial<Queue> = {}): Queue => ({
  id,
  name: id,
  isDefault: id === 'sales',
  strategy: 'by_hand',
  hours: null,
  offerSeconds: 60,
  ownerFirstSeconds: 600,
  seniorAfterSeconds: null,
  headAfterSeconds: null,
  responseSeconds: 900,
  ...more,
});
const PEOPLE = ['anna', 'boris', 'vera', 'gleb'];
const deskOf = (...queues: Queue[]): Desk => ({
  version: 1,
  queues: new Map(queues.map((one) => [one.id, one])),
  defaultQueueId: 'sales',
  rules: [],
  people: new Map(PEOPLE.map((id) => [id, { id, name: id, role: id === 'gleb' ? 'auditor' : 'manager' }])),
});
const person = (userId: string, more: Partial<Reachable> = {}): Reachable => ({
  userId,
  extension: `1-${userId}`,
  dial: null,
  onShift: true,
  busy: false,
  queues: [{ queueId: 'sales', line: 'first', lastOfferedAtMs: null }],
  ...more,
});
const facts = (more: Partial<RingingFacts> = {}): RingingFacts => ({
  channel: 'telephony',
  endpointId: 'line',
  source: undefined,
  language: undefined,
  repeat: false,
  ownerId: undefined,
  queueId: undefined,
  ...more,
});
const ring = (desk: Desk, more: Partial<RingingFacts>, ...people: Reachable[]) => {
  const { people: chosen, reason, queueId } = whomToRing(desk, facts(more), people, NOON);
  return { ring: chosen.map(({ userId }) => userId), reason, queueId };
};

describe('whom to ring', () => {
  const desk = deskOf(queue('sales'), queue('repairs'));

  it('the own manager alone, also one who is in no queue', () => {
    const anna = person('anna', { queues: [] });
    expect(ring(desk, { ownerId: 'anna' }, anna, person('boris'))).toEqual({
      ring: ['anna'],
      reason: 'own-manager',
      queueId: 'sales',
    });
  });

  it('the queue of the open lead, before the one that the rules would choose', () => {
    const vera = person('vera', { queues: [{ queueId: 'repairs', line: 'first', lastOfferedAtMs: null }] });
    expect(ring(desk, { queueId: 'repairs' }, person('anna'), vera)).toMatchObject({
      ring: ['vera'],
      queueId: 'repairs',
    });
    expect(ring(desk, { queueId: 'gone' }, person('anna'), vera)).toMatchObject({ ring: ['anna'], queueId: 'sales' });
  });

  it('seniors only when nobody of the first line is free', () => {
    const senior = person('vera', { queues: [{ queueId: 'sales', line: 'senior', lastOfferedAtMs: null }] });
    expect(ring(desk, {}, person('anna'), senior).ring).toEqual(['anna']);
    expect(ring(desk, {}, person('anna', { busy: true }), senior).ring).toEqual(['vera']);
  });

  it('nobody of the queue outside its hours; the own manager, if on shift, all the same', () => {
    const closed = deskOf(queue('sales', { hours: { timezone: 'UTC', week: { fri: [['09:00', '18:00']] } } }));
    expect(ring(closed, {}, person('anna'))).toMatchObject({ ring: [], reason: 'default' });
    expect(ring(closed, { ownerId: 'anna' }, person('anna'))).toMatchObject({ ring: ['anna'], reason: 'own-manager' });
  });

  it('one by one in a round robin, whoever waited longest for a turn', () => {
    const turns = deskOf(queue('sales', { strategy: 'round_robin' }));
    const at = (userId: string, ms: number | null) =>
      person(userId, { queues: [{ queueId: 'sales', line: 'first', lastOfferedAtMs: ms }] });
    expect(ring(turns, {}, at('anna', 200), at('boris', 100), at('vera', null)).ring).toEqual(['vera']);
    expect(ring(turns, {}, at('anna', 200), at('boris', 100)).ring).toEqual(['boris']);
  });

  it('never somebody who is away, talks, reads only, or is not of the house; ten at most', () => {
    const anybody = fc.record({
      userId: fc.constantFrom(...PEOPLE, 'stranger'),
      onShift: fc.boolean(),
      busy: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(anybody, { selector: (one) => one.userId, maxLength: 5 }),
        fc.constantFrom(undefined, ...PEOPLE),
        fc.constantFrom('by_hand' as const, 'round_robin' as const),
        (who, ownerId, strategy) => {
          const people = who.map((one) => person(one.userId, one));
          const chosen = whomToRing(deskOf(queue('sales', { strategy })), facts({ ownerId }), people, NOON);
          expect(chosen.people.length).toBeLessThanOrEqual(10);
          for (const one of chosen.people) {
            expect(one).toMatchObject({ onShift: true, busy: false });
            expect(['gleb', 'stranger']).not.toContain(one.userId);
          }
          expect(chosen.reason === 'default').toBe(chosen.people.length === 0);
          const own = people.find(({ userId }) => userId === ownerId);
          const ownCan = own?.onShift === true && !own.busy && own.userId !== 'gleb';
          expect(chosen.reason === 'own-manager').toBe(ownCan);
        },
      ),
    );
  });
});
