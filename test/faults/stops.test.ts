import { expect, test } from 'vitest';
import { stopUnderLoad } from './stops.ts';

test('a stop under load finishes what is under way and loses nothing', { timeout: 90_000 }, async () => {
  const { findings, acked, ...rest } = await stopUnderLoad(2);
  expect(findings).toEqual({ lost: [], doubled: [], invented: [], limbo: [], crooked: [] });
  expect(rest).toMatchObject({ stops: 2, serverErrors: 0, unfinished: 0, badExits: 0 });
  expect(acked).toBeGreaterThan(10);
});
