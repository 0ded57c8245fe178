import type { MiddlewareHandler } from 'hono';
import type { Config } from '../deps.ts';

/** For the web app and the API. Inline styles are the component library's; no inline script runs, from nowhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** On whatever leaves the house, through whichever door. */
export function alwaysHeaders(config: Pick<Config, 'publicUrl'>): Record<string, string> {
  return {
    'X-Content-Type-Options': 'nosniff',
    ...(config.publicUrl.startsWith('https:')
      ? { 'Strict-Transport-Security': 'max-age=31536000; includeSubDomains' }
      : {}),
  };
}

/** A handler's own header wins. `/in/` is the channels' business: their pages stand in frames of other sites. */
export function secureHeaders(config: Pick<Config, 'publicUrl'>): MiddlewareHandler {
  const always = alwaysHeaders(config);
  const pages: Record<string, string> = {
    ...always,
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=()',
    'Referrer-Policy': 'no-referrer',
    'X-Frame-Options': 'DENY',
  };
  const api: Record<string, string> = { ...pages, 'Cache-Control': 'no-store' };
  return async (c, next) => {
    await next();
    const path = c.req.path;
    const wanted = path.startsWith('/in/') ? always : path.startsWith('/api/') ? api : pages;
    for (const [name, value] of Object.entries(wanted)) if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  };
}
