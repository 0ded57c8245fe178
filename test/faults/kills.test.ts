/** One kill of each kind inside `npm test`; `npm run faults -- --kills 300` is the same, longer. */
import { expect, test } from 'vitest';
import { MODES } from './killing.ts';
import { runKills } from './kills.ts';

test('nothing acknowledged is lost, nothing doubled, nothing invented, whatever is killed', {
  timeout: 120_000,
}, async () => {
  const { kills, findings, requests, stored } = await runKills({ modes: MODES, loadMs: [100, 500] });
  expect(findings).toEqual({ lost: [], doubled: [], invented: [], limbo: [], crooked: [] });
  expect(kills.map(({ mode }) => mode)).toEqual([...MODES]);
  expect(requests.sent).toBe(0);
  expect(stored).toBeGreaterThanOrEqual(requests.acked);
  expect(requests.acked).toBeGreaterThan(100);
});
