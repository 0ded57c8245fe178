/** Who is asking: the session cookie of the web app, or the API key of a script. Everything is closed by default. */
import type { Context, MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { uniqueSymbol } from 'hono-openapi';
import type { Actor } from '../access/actor.ts';
import { findApiKey } from '../access/api-keys.ts';
import { findSession, SESSION_DAYS } from '../access/sessions.ts';
import type { Config, Deps } from '../deps.ts';
import { Rejected } from '../errors.ts';

export interface AppEnv {
  Variables: {
    /** Set on every route of /api/v1 but the few open ones. */
    actor: Actor;
    /** How the actor was recognized; `nobody` on open routes only. */
    via: 'session' | 'key' | 'nobody';
    /** The client's address after the trusted-proxy rule, `''` when unknown. */
    address: string;
  };
}

const UNSAFE = /^(?!GET$|HEAD$|OPTIONS$)/;

export function isUnsafe(method: string): boolean {
  return UNSAFE.test(method);
}

const isHttps = (config: Pick<Config, 'publicUrl'>): boolean => config.publicUrl.startsWith('https:');

/** `__Host-` ties the cookie to this very host over https; browsers refuse it over http. */
function cookieName(config: Pick<Config, 'publicUrl'>): string {
  return isHttps(config) ? '__Host-inlet' : 'inlet_session';
}

export function readSessionCookie(c: Context, config: Pick<Config, 'publicUrl'>): string | undefined {
  const token = getCookie(c, cookieName(config));
  return token !== undefined && /^[A-Za-z0-9_-]{43}$/.test(token) ? token : undefined;
}

export function writeSessionCookie(c: Context, config: Pick<Config, 'publicUrl'>, token: string): void {
  setCookie(c, cookieName(config), token, {
    path: '/',
    httpOnly: true,
    sameSite: 'Lax',
    secure: isHttps(config),
    maxAge: SESSION_DAYS * 86_400,
  });
}

export function dropSessionCookie(c: Context, config: Pick<Config, 'publicUrl'>): void {
  deleteCookie(c, cookieName(config), { path: '/', secure: isHttps(config) });
}

/** The routes that work without signing in: method and path, exact or with one last segment. */
const OPEN = [/^POST \/api\/v1\/session$/, /^GET \/api\/v1\/setup\/[^/]+$/, /^POST \/api\/v1\/setup$/];

/** 401 for everybody who is nobody, except on the open routes; a key of scope read gets 403 for any change. */
export function authenticate({
  sql,
  clock,
  config,
}: Pick<Deps, 'sql' | 'clock' | 'config'>): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (bearer !== undefined) {
      const found = await findApiKey(sql, bearer, clock);
      if (found === undefined) throw new Rejected(401, 'This API key is not valid.');
      if (found.readOnly && isUnsafe(c.req.method))
        throw new Rejected(403, 'A key of scope read changes nothing; make one of scope write.');
      c.set('actor', found.actor);
      c.set('via', 'key');
      return next();
    }
    const token = readSessionCookie(c, config);
    const actor = token === undefined ? undefined : await findSession(sql, token, clock);
    if (actor !== undefined) {
      c.set('actor', actor);
      c.set('via', 'session');
      return next();
    }
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
    if (!OPEN.some((route) => route.test(`${method} ${c.req.path}`)))
      throw new Rejected(401, 'Please log in, or send an API key as a bearer token.');
    c.set('via', 'nobody');
    return next();
  };
}

/**
 * Lets only these roles on; none named: anybody who is signed in. It writes itself into the OpenAPI document
 * (`x-roles`), so that what is documented is what is checked.
 */
export function allow(...roles: readonly Actor['role'][]): MiddlewareHandler<AppEnv> {
  const check: MiddlewareHandler<AppEnv> = async (c, next) => {
    const actor = c.get('actor') as Actor | undefined;
    if (actor === undefined) throw new Rejected(401, 'Please log in.');
    if (roles.length > 0 && !roles.includes(actor.role))
      throw new Rejected(403, `This needs the role ${roles.join(' or ')}.`);
    return next();
  };
  const spec = { 'x-roles': roles.length > 0 ? roles : ['admin', 'head', 'manager', 'auditor'] };
  return Object.assign(check, { [uniqueSymbol]: { spec } });
}
