/** A few kills inside `npm test`; `npm run faults -- --outside 100` is the same, longer. */
import { expect, test } from 'vitest';
import { runOutside } from './outside.ts';

test('mail, updates and answers survive kills: nothing lost, nothing doubled', { timeout: 180_000 }, async () => {
  const result = await runOutside({ kills: 2, liveMs: [500, 3000] });
  expect(result).toMatchObject({ lost: [], doubled: [], invented: [] });
  expect(result.updates).toBeGreaterThan(100);
  expect(result.mails).toBeGreaterThan(10);
  expect(result.answered.sent).toBeGreaterThan(0);
  for (const ms of result.backMs) expect(ms).toBeLessThan(15_000);
});
