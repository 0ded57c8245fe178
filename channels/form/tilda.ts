import type { Entry } from './read.ts';

/** What Tilda sends when the webhook is saved: `test=test`, perhaps its API key, and nothing else. */
export const isTildaPing = (entries: readonly Entry[], apiKeyName: string): boolean =>
  entries.some(({ name, value }) => name === 'test' && value === 'test') &&
  entries.every(({ name }) => name === 'test' || name.toLowerCase() === apiKeyName.toLowerCase());

/** Tilda wants 200 within five seconds, and tries twice more without it. */
export const isTilda = (entries: readonly Entry[]): boolean =>
  entries.some(({ name }) => name === 'tranid' || name === 'formid' || name === 'COOKIES');

/** `123:456`: project and submission. The same on all three tries. */
export const tildaId = (entries: readonly Entry[]): string | undefined =>
  entries.find(({ name, value }) => name === 'tranid' && /^[\w:.-]{1,64}$/.test(value))?.value;

/**
 * The utm tags inside Tilda's `COOKIES` field: `TILDAUTM=utm_source%3Dvk%7C%7C%7Cutm_medium%3Dsocial`. All the other
 * cookies of the site's visitor may be secrets: nothing else of the field is looked at or kept.
 */
export function tildaUtm(cookies: string): Entry[] {
  const cookie = cookies
    .slice(0, 20_000)
    .split(';')
    .find((part) => part.trim().startsWith('TILDAUTM='));
  if (cookie === undefined) return [];
  return decode(cookie.trim().slice('TILDAUTM='.length))
    .split('|||')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return { name: pair.slice(0, Math.max(0, equals)).trim(), value: pair.slice(equals + 1) };
    })
    .filter(({ name }) => name.startsWith('utm_'))
    .slice(0, 10);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
