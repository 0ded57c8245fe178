/** A call is the set of what was told about it: order, repeats and gaps do not matter, and nothing moves backwards. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addFacts, type Call, foldCall, type HeardFact } from '../../src/calls/fold.ts';
import type { CallFact } from '../../src/channel.ts';

const NOON = Date.UTC(2026, 0, 15, 12);
const at = (second: number): Date => new Date(NOON + second * 1000);
const heard = (fact: CallFact, second = 0): HeardFact => ({ fact, heardAtMs: NOON + second * 1000 });
const fold = (...facts: HeardFact[]): Call => foldCall(addFacts([], facts));

const anyFact: fc.Arbitrary<CallFact> = fc.record(
  {
    happened: fc.constantFrom('ringing', 'answered', 'held', 'transferred', 'leg-ended', 'ended', 'recorded', 'noted'),
    at: fc.nat(600).map(at),
    order: fc.nat(3),
    direction: fc.constantFrom('inbound', 'outbound', 'internal'),
    line: fc.constantFrom('+74950000000', '+74950000001'),
    extension: fc.constantFrom('101', '102', '103'),
    toExtension: fc.constantFrom('101', '102'),
    outcome: fc.constantFrom('answered', 'missed', 'busy', 'cancelled', 'declined', 'failed', 'voicemail', 'blocked'),
    startedAt: fc.nat(600).map(at),
    answeredAt: fc.nat(600).map(at),
    endedAt: fc.nat(600).map(at),
    waitSeconds: fc.nat(100),
    talkSeconds: fc.nat(100),
    hiddenNumber: fc.constant(true),
    cause: fc.constantFrom('16', 'busy here'),
  },
  { requiredKeys: ['happened'] },
);
const anyHeard = fc
  .tuple(anyFact, fc.nat(600), fc.boolean())
  .map(([fact, second, closing]): HeardFact => ({ ...heard(fact, second), ...(closing ? { closing: true } : {}) }));
const some = fc.array(anyHeard, { minLength: 1, maxLength: 12 });

const RANK = { ringing: 0, talking: 1, ended: 2 };

describe('whatever was told', () => {
  test('any order and any repeats give the same call', () => {
    fc.assert(
      fc.property(
        some.chain((facts) =>
          fc.tuple(
            fc.constant(facts),
            fc.shuffledSubarray([...facts, ...facts, ...facts], { minLength: facts.length * 3 }),
          ),
        ),
        ([facts, shuffled]) => {
          let grown: readonly HeardFact[] = [];
          for (const one of shuffled) grown = addFacts(grown, [one]);
          expect(foldCall(grown)).toEqual(fold(...facts));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a further fact never takes the state or an answer back', () => {
    fc.assert(
      fc.property(some, anyHeard, (facts, one) => {
        const before = fold(...facts);
        const after = fold(...facts, one);
        expect(RANK[after.state]).toBeGreaterThanOrEqual(RANK[before.state]);
        if (before.outcome === 'answered') expect(after.outcome).toBe('answered');
        if (before.state === 'ended') expect(after.outcome).toBeDefined();
        expect(after.rang).toEqual(expect.arrayContaining([...before.rang]));
        expect(after.hiddenNumber || !before.hiddenNumber).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('a gap loses what it would have told, and nothing else breaks', () => {
    fc.assert(
      fc.property(some, fc.nat(), (facts, gap) => {
        const rest = facts.filter((_, index) => index !== gap % facts.length);
        if (rest.length === 0) return;
        const call = fold(...rest);
        expect(call.startedAtMs).toBeGreaterThan(0);
        for (const seconds of [call.waitSeconds, call.talkSeconds])
          if (seconds !== undefined) expect(seconds).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });

  test('more facts than are kept: which ones does not depend on the order', () => {
    const many = Array.from({ length: 260 }, (_, index) =>
      heard({ happened: index % 2 === 0 ? 'ringing' : 'noted', cause: `n${index}` }, index),
    );
    const end = heard({ happened: 'ended', outcome: 'busy' }, 300);
    const one = addFacts([], [...many, end]);
    let other: readonly HeardFact[] = [];
    for (const fact of [end, ...many.toReversed()]) other = addFacts(other, [fact]);
    expect(one).toHaveLength(200);
    expect(other).toEqual(one);
    expect(foldCall(one).outcome).toBe('busy');
  });
});

describe('what it adds up to', () => {
  const ringing = heard({
    happened: 'ringing',
    at: at(0),
    direction: 'inbound',
    extension: '101',
    line: '+74950000000',
  });
  const second = heard({ happened: 'ringing', at: at(5), direction: 'inbound', extension: '102' });
  const answered = heard({ happened: 'answered', at: at(12), extension: '102' });
  const ended = heard({ happened: 'ended', at: at(72) });

  test('answered by the second phone that rang', () => {
    expect(fold(ended, answered, second, ringing)).toMatchObject({
      direction: 'inbound',
      state: 'ended',
      outcome: 'answered',
      line: '+74950000000',
      rang: ['101', '102'],
      answeredBy: '102',
      waitSeconds: 12,
      talkSeconds: 60,
    });
  });

  test('while somebody talks it is answered, and not over', () => {
    expect(fold(ringing, answered)).toMatchObject({ state: 'talking', outcome: 'answered', talkSeconds: undefined });
  });

  test('an end without an answer is a missed call, however the provider leaves it unsaid', () => {
    expect(fold(ringing, ended)).toMatchObject({
      state: 'ended',
      outcome: 'missed',
      waitSeconds: 72,
      talkSeconds: undefined,
    });
  });

  test('the strongest outcome counts: one leg was busy, another was answered', () => {
    const busy = heard({ happened: 'ended', outcome: 'busy' });
    const taken = heard({ happened: 'ended', outcome: 'answered', talkSeconds: 30 });
    expect(fold(busy, taken)).toMatchObject({ outcome: 'answered', talkSeconds: 30 });
    expect(fold(busy, heard({ happened: 'ended', outcome: 'cancelled' })).outcome).toBe('busy');
  });

  test("the provider's own seconds before ours", () => {
    const told = heard({ happened: 'ended', at: at(72), waitSeconds: 10, talkSeconds: 58 });
    expect(fold(ringing, answered, told)).toMatchObject({ waitSeconds: 10, talkSeconds: 58 });
  });

  test('a provider without a clock: ours, and never the one against the other', () => {
    const hours = 3 * 3_600_000;
    const local = heard({ happened: 'ringing', at: new Date(NOON + hours) }, 0);
    const taken = heard({ happened: 'answered', extension: '101' }, 9);
    expect(fold(local, taken)).toMatchObject({ waitSeconds: 9 });
  });

  test('after a transfer the one who talked last is known as well', () => {
    const passed = heard({ happened: 'transferred', at: at(30), extension: '102', toExtension: '103' });
    const taken = heard({ happened: 'answered', at: at(35), extension: '103' });
    expect(fold(ringing, answered, passed, taken, ended)).toMatchObject({
      answeredBy: '102',
      spokeLast: '103',
      transfers: [{ from: '102', to: '103' }],
    });
  });

  test('giving up waiting for the end is undone by any word of it', () => {
    const gaveUp: HeardFact = { ...heard({ happened: 'ended' }, 600), closing: true };
    expect(fold(ringing, gaveUp)).toMatchObject({ state: 'ended', outcome: 'missed', endUnknown: true });
    expect(fold(ringing, gaveUp, answered)).toMatchObject({ state: 'ended', outcome: 'answered', endUnknown: true });
    expect(fold(ringing, gaveUp, answered, ended)).toMatchObject({ endUnknown: false, talkSeconds: 60 });
  });

  test('a call of ours belongs to whoever made it, answered or not', () => {
    const made = heard({ happened: 'ringing', direction: 'outbound', extension: '101' });
    const over = heard({ happened: 'ended', direction: 'outbound', extension: '101', outcome: 'busy' }, 9);
    expect(fold(made, over)).toMatchObject({ direction: 'outbound', outcome: 'busy', answeredBy: '101' });
  });

  test('one leg with the world outside makes it a call with the world outside', () => {
    const inside = heard({ happened: 'ringing', direction: 'internal', extension: '101' });
    expect(fold(inside).direction).toBe('internal');
    expect(fold(inside, ringing).direction).toBe('inbound');
  });
});
