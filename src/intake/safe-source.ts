import type { Source } from '../channel.ts';

/**
 * The part of a source that may stand unencrypted beside the lead, for routing, queues and reports: it comes from the
 * visitor's address bar, where people and mail campaigns put anything. Whatever looks like a person stays sealed in
 * the
 * message only.
 */
export function safeSource(source: Source | undefined): object | null {
  if (source === undefined) return null;
  const utm: Record<string, string> = {};
  for (const [name, value] of Object.entries(source.utm ?? {}))
    if (isImpersonal(value)) utm[name] = value.slice(0, 120);
  const page = addressWithoutQuery(source.page);
  const referrer = addressWithoutQuery(source.referrer);
  const safe = {
    ...(Object.keys(utm).length > 0 ? { utm } : {}),
    ...(page === undefined ? {} : { page }),
    ...(referrer === undefined ? {} : { referrer }),
  };
  return Object.keys(safe).length > 0 ? safe : null;
}

/**
 * Campaign names are words, digits and a few joints; anything with an @, a space-separated name or a phone is not
 * one.
 */
function isImpersonal(value: string): boolean {
  return /^[\p{L}\p{N}_.|:+-]{1,120}$/u.test(value) && !/\d[\d\-.+]{6,}/.test(value);
}

function addressWithoutQuery(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  const path = /@|%40|\d{7,}/i.test(url.pathname) ? '/' : url.pathname;
  return `${url.origin}${path}`.slice(0, 300);
}
