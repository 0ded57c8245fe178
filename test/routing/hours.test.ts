import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterOpenSeconds, type Hours, isOpen, WEEKDAYS } from '../../src/hours.ts';

const at = (iso: string): number => Date.parse(iso);
const HOUR = 3600;
const SPLIT: Hours = {
  timezone: 'Europe/Berlin',
  week: Object.fromEntries(
    ['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [
      day,
      [
        ['09:00', '13:00'],
        ['14:00', '18:00'],
      ],
    ]),
  ),
};
const ALWAYS: Hours = {
  timezone: 'Europe/Berlin',
  week: Object.fromEntries(WEEKDAYS.map((day) => [day, [['00:00', '24:00']]])),
};
/** Sundays only, over the hour that the clock change takes or gives. */
const SUNDAY: Hours = { timezone: 'Europe/Berlin', week: { sun: [['01:00', '04:00']] } };

describe('isOpen', () => {
  it.each([
    ['2026-01-15T07:59:59Z', false],
    ['2026-01-15T08:00:00Z', true],
    ['2026-01-15T11:59:59Z', true],
    ['2026-01-15T12:00:00Z', false],
    ['2026-01-15T13:00:00Z', true],
    ['2026-01-15T17:00:00Z', false],
    ['2026-01-17T10:00:00Z', false],
    // Summer time: nine o'clock in Berlin is seven in UTC.
    ['2026-07-15T06:59:59Z', false],
    ['2026-07-15T07:00:00Z', true],
  ])('%s in Berlin, split shifts: %s', (iso, open) => expect(isOpen(SPLIT, at(iso))).toBe(open));

  it('is always open without hours, never without intervals, and knows 24:00', () => {
    expect(isOpen(null, 0)).toBe(true);
    expect(isOpen({ timezone: 'UTC', week: {} }, at('2026-01-15T12:00:00Z'))).toBe(false);
    expect(isOpen({ timezone: 'UTC', week: { thu: [['22:00', '24:00']] } }, at('2026-01-15T23:59:59Z'))).toBe(true);
  });
});

describe('afterOpenSeconds', () => {
  it.each([
    ['within a shift', '2026-01-15T08:00:00Z', 600, '2026-01-15T08:10:00Z'],
    ['over the break', '2026-01-15T11:55:00Z', 600, '2026-01-15T13:05:00Z'],
    ['to the end of a shift exactly', '2026-01-15T11:50:00Z', 600, '2026-01-15T12:00:00Z'],
    ['over night', '2026-01-15T16:55:00Z', 600, '2026-01-16T08:05:00Z'],
    ['over the weekend', '2026-01-16T16:59:30Z', 60, '2026-01-19T08:00:30Z'],
    ['from a closed hour on', '2026-01-17T10:00:00Z', 60, '2026-01-19T08:01:00Z'],
    ['over the weekend of the spring change', '2026-03-27T16:59:00Z', 120, '2026-03-30T07:01:00Z'],
    ['over the weekend of the autumn change', '2026-10-23T15:59:00Z', 120, '2026-10-26T08:01:00Z'],
  ])('%s', (_, from, seconds, until) => {
    expect(afterOpenSeconds(SPLIT, at(from), seconds)).toBe(at(until));
  });

  it('knows that the spring Sunday has an hour less between one and four, and the autumn one an hour more', () => {
    // 2026-03-29: 02:00 CET becomes 03:00 CEST. Open from 00:00Z to 02:00Z, two hours.
    const spring = at('2026-03-28T12:00:00Z');
    expect(afterOpenSeconds(SUNDAY, spring, 2 * HOUR)).toBe(at('2026-03-29T02:00:00Z'));
    expect(afterOpenSeconds(SUNDAY, spring, 2 * HOUR + 1)).toBe(at('2026-04-04T23:00:01Z'));
    // 2026-10-25: 03:00 CEST becomes 02:00 CET. Open from 23:00Z the day before to 03:00Z, four hours.
    const autumn = at('2026-10-24T12:00:00Z');
    expect(afterOpenSeconds(SUNDAY, autumn, 4 * HOUR)).toBe(at('2026-10-25T03:00:00Z'));
    expect(afterOpenSeconds(SUNDAY, autumn, 4 * HOUR + 1)).toBe(at('2026-11-01T00:00:01Z'));
  });

  it('begins at the first minute that there is when the clock jumps over the opening', () => {
    const hours: Hours = { timezone: 'Europe/Berlin', week: { sun: [['02:30', '05:00']] } };
    expect(afterOpenSeconds(hours, at('2026-03-28T12:00:00Z'), 60)).toBe(at('2026-03-29T01:01:00Z'));
  });

  it('gives up on a desk that does not open', () => {
    expect(afterOpenSeconds({ timezone: 'UTC', week: {} }, 0, 1)).toBeUndefined();
    expect(afterOpenSeconds(null, 5000, 60)).toBe(65_000);
  });

  const anInterval = fc
    .tuple(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 0, max: 1440 }))
    .filter(([from, to]) => from < to)
    .map(([from, to]) => [clock(from), clock(to)] as const);
  const someHours = fc.record({
    timezone: fc.constantFrom('Europe/Berlin', 'Europe/Moscow', 'America/New_York', 'Asia/Kolkata', 'UTC'),
    week: fc.dictionary(fc.constantFrom(...WEEKDAYS), fc.array(anInterval, { minLength: 1, maxLength: 1 })),
  }) as fc.Arbitrary<Hours>;
  const moment = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') });

  it('lands in open time, never before the seconds have passed, and later for more of them', () => {
    fc.assert(
      fc.property(someHours, moment, fc.integer({ min: 1, max: 20_000 }), (hours, from, seconds) => {
        const until = afterOpenSeconds(hours, from, seconds);
        if (until === undefined) return;
        expect(until - from).toBeGreaterThanOrEqual(seconds * 1000);
        expect(isOpen(hours, until - 1)).toBe(true);
        const more = afterOpenSeconds(hours, from, seconds + 60);
        if (more !== undefined) expect(more).toBeGreaterThanOrEqual(until + 60_000);
      }),
      { numRuns: 300 },
    );
  });

  it('counts exactly the open minutes, also on days with 23 and 25 hours', () => {
    const around = fc.constantFrom('2026-03-28T00:00:00Z', '2026-10-24T00:00:00Z', '2026-06-01T00:00:00Z');
    fc.assert(
      fc.property(
        someHours,
        around,
        fc.integer({ min: 0, max: 1439 }),
        fc.integer({ min: 1, max: 400 }),
        (h, day, m, n) => {
          const from = at(day) + m * 60_000;
          const until = afterOpenSeconds(h, from, n * 60);
          if (until === undefined || until - from > 4 * 86_400_000) return;
          let open = 0;
          for (let t = from; t < until; t += 60_000) if (isOpen(h, t)) open += 1;
          expect(open).toBe(n);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is the same as real time for a desk that is always open', () => {
    fc.assert(
      fc.property(moment, fc.integer({ min: 0, max: 500_000 }), (from, seconds) => {
        expect(afterOpenSeconds(ALWAYS, from, seconds)).toBe(from + seconds * 1000);
      }),
    );
  });
});

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
