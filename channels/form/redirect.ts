import type { Answer, EndpointContext, InboundRequest } from '../../src/channel.ts';
import type { FormSettings } from './settings.ts';
import type { Language } from './words.ts';

/** A browser that sent a plain form and now waits for a page; scripts and servers ask for JSON. */
export function isPlainPost(request: InboundRequest): boolean {
  const { accept = '', 'content-type': type = '', 'x-requested-with': by = '' } = request.headers;
  return accept.includes('text/html') && by === '' && !/^\s*application\/json/i.test(type);
}

/** See Other, to an address that the endpoint's owner has listed and nowhere else. */
export function seeOther(wanted: string | undefined, endpoint: EndpointContext<FormSettings>, lang: Language): Answer {
  const { thankYouUrl, allowedRedirects } = endpoint.settings;
  const allowed = allowedRedirects.concat(thankYouUrl === '' ? [] : thankYouUrl);
  const target = wanted === undefined ? undefined : matchRedirect(wanted, allowed);
  const location =
    target ?? (thankYouUrl === '' ? `${endpoint.address}?thanks&lang=${lang}` : new URL(thankYouUrl).href);
  return { status: 303, headers: { location, 'cache-control': 'no-store' } };
}

/** `wanted`, written out, if it is one of the allowed addresses or a page under one of them. */
function matchRedirect(wanted: string, allowed: readonly string[]): string | undefined {
  if (wanted.length > 2000 || !/^https?:\/\/[^\s\\\u0000-\u001f\u007f]+$/i.test(wanted)) return undefined;
  if (!URL.canParse(wanted)) return undefined;
  const url = new URL(wanted);
  if (url.username !== '' || url.password !== '') return undefined;
  const fits = allowed.some((entry) => {
    const base = new URL(entry);
    if (base.origin !== url.origin) return false;
    if (base.href === url.href) return true;
    if (base.search !== '' || base.hash !== '') return false;
    const folder = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`;
    return url.pathname === base.pathname || url.pathname.startsWith(folder);
  });
  // A path of `/a/%2e%2e/b` is already resolved by URL; an encoded slash could be resolved later by a server.
  return fits && !/%2f|%5c/i.test(url.pathname) ? url.href : undefined;
}
