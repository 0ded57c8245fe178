/**
 * Cross-site request forgery: a browser sends the session cookie by itself, so a change by cookie is believed only
 * when
 * the browser also says that a page of ours asked for it. Hono's own check looks at form bodies only; this one looks
 * at
 * every unsafe method.
 */
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../deps.ts';
import { Rejected } from '../errors.ts';
import { type AppEnv, isUnsafe, readSessionCookie } from './authenticate.ts';

const cross = (): Rejected => new Rejected(403, 'This request came from another site.');

export function sameOrigin(config: Pick<Config, 'publicUrl'>): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    // An API key is never sent by a browser of its own accord.
    if (!isUnsafe(c.req.method) || c.get('via') === 'key') return next();
    const site = c.req.header('sec-fetch-site');
    if (site !== undefined && site !== 'same-origin' && site !== 'none') throw cross();
    const origin = c.req.header('origin');
    // Read each time: without INLET_PUBLIC_URL it follows the port that is known only after listening.
    const isOurs =
      origin === new URL(config.publicUrl).origin || (origin !== undefined && origin === new URL(c.req.url).origin);
    // Logging in without a cookie is open to scripts, which send no Origin; a browser always does.
    const bare = origin === undefined && readSessionCookie(c, config) === undefined;
    if (!isOurs && !bare) throw cross();
    return next();
  };
}

/** A form on another site cannot send JSON without asking first (a CORS preflight, which nobody here answers). */
export function jsonOnly(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (!isUnsafe(c.req.method)) return next();
    const type = c.req.header('content-type');
    const hasBody = Number(c.req.header('content-length') ?? 0) > 0 || c.req.header('transfer-encoding') !== undefined;
    // An octet-stream needs the same preflight; only files are sent so.
    const wanted = c.req.path.endsWith('/files') ? /^application\/octet-stream\s*$/i : /^application\/json\s*(;|$)/i;
    if ((type !== undefined || hasBody) && !wanted.test(type ?? ''))
      throw new Rejected(
        415,
        `Send the body as ${c.req.path.endsWith('/files') ? 'application/octet-stream' : 'application/json'}.`,
      );
    return next();
  };
}
