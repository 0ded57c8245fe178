import { createHash, timingSafeEqual } from 'node:crypto';
import type { Endpoint } from './adapter.ts';

/** Constant time, whatever the lengths. */
export function sameText(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/**
 * The secrets that are good now: the one that is set, and the previous one while it is being changed. Each is tried, so
 * that the time tells nothing. An empty secret never matches anything.
 */
export function anySecret(
  current: string | undefined,
  { settings }: Pick<Endpoint, 'settings'>,
  matches: (secret: string) => boolean,
): boolean {
  const secrets = [current ?? '', settings.previousSecret].filter((secret) => secret !== '');
  return secrets.map(matches).includes(true);
}
