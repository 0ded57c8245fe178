/** Moments of receipt over some days, oldest first: many at noon, few at night, by Moscow's clock. */

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
const MOSCOW_MINUTES = 180;

/** By the hour of the day. */
const BUSY = [1, 1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 18, 16, 16, 18, 16, 14, 12, 12, 12, 10, 8, 4, 2];

/** The last one is 90 s before the end. */
export function spread(count: number, endMs: number, days: number): number[] {
  const lastMs = endMs - 90_000;
  const startMs = lastMs - days * DAY_MINUTES * MINUTE_MS;
  const weights = Array.from({ length: days * DAY_MINUTES }, (_, minute) => {
    const local = Math.floor(startMs / MINUTE_MS) + minute + MOSCOW_MINUTES;
    return BUSY[Math.floor((local % DAY_MINUTES) / 60)]!;
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const times: number[] = [];
  let passed = 0;
  weights.forEach((weight, minute) => {
    passed += weight;
    while (times.length < count - 1 && passed >= ((times.length + 0.5) / (count - 1)) * total)
      // Not on the full minute: people are not punctual.
      times.push(startMs + minute * MINUTE_MS + ((times.length * 37) % 60) * 1000);
  });
  return [...times, lastMs];
}
