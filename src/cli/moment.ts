import { readMoment } from '../intake/ledger.ts';
import { UsageError } from './command.ts';

/** @returns ms since the epoch. @throws UsageError */
export function readTime(text: string | undefined, option: string, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const atMs = readMoment(text, nowMs);
  if (atMs !== undefined) return atMs;
  const what = 'must be a date, an ISO 8601 time, or a span back from now such as 90m, 24h or 7d';
  throw new UsageError(`--${option} ${what}.`, { [option]: what });
}
