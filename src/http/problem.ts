/** Every error of the API is `application/problem+json` (RFC 9457). No answer repeats what was sent. */
import type { Context, ErrorHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { z } from 'zod';
import { Conflict } from '../conflict.ts';
import { isTransient, redact } from '../db/open.ts';
import { causeChain, Rejected } from '../errors.ts';
import { newId } from '../ids.ts';
import { fieldsOf } from '../issues.ts';
import type { Log } from '../log.ts';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Not acceptable',
  429: 'Too many requests',
  500: 'Something went wrong here',
  503: 'Temporarily unavailable',
};

export interface ProblemDetails {
  readonly detail?: string | undefined;
  /** Field -> what is wrong with it. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Members of a problem type of its own (`heldBy`, `since`). */
  readonly more?: Readonly<Record<string, unknown>>;
}

export function problem(status: number, { detail, fields, headers, more }: ProblemDetails = {}): Response {
  const body = { type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail, fields, ...more };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, 'Content-Type': 'application/problem+json' },
  });
}

const RETRY_SECONDS = 2;

/** What a thrown error means to the one who asked. Unknown ones are logged without values, and told only by an id. */
export function answerError(error: unknown, log: Log): Response {
  if (error instanceof Rejected) {
    const wait = error.retryAfterSeconds ?? (error.status === 503 ? RETRY_SECONDS : undefined);
    const headers = {
      ...(wait === undefined ? {} : { 'Retry-After': String(wait) }),
      ...(error.status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    };
    return problem(error.status, { detail: error.message, fields: error.fields, headers });
  }
  if (error instanceof Conflict) return problem(409, { detail: error.message });
  // Hono's own (malformed JSON, body limit): their messages are fixed texts, but a cause may not be.
  if (error instanceof HTTPException && error.status < 500)
    return problem(error.status, error.status === 400 ? { detail: 'The body is not valid JSON.' } : {});
  if (isTransient(error)) {
    log.warn('http.database_away', { error: causeChain(redact(error)) });
    return problem(503, {
      detail: 'The database cannot be reached right now; please try again.',
      headers: { 'Retry-After': String(RETRY_SECONDS) },
    });
  }
  const id = newId();
  const redacted = redact(error);
  log.error('http.failed', { id, error: causeChain(redacted), stack: redacted.stack ?? null });
  return problem(500, { detail: `If it happens again, tell the administrator this number: ${id}` });
}

export function onError(log: Log): ErrorHandler {
  return (error) => answerError(error, log);
}

interface Validated {
  readonly success: boolean;
  readonly error?: readonly unknown[];
}

/**
 * The hook of hono-openapi's `validator`: 422 for a body, 400 for a query, both naming the fields; an id in the path
 * that cannot be one is simply not found.
 */
export function validationHook(result: Validated & { readonly target: string }, _c: Context): Response | undefined {
  if (result.success) return undefined;
  if (result.target === 'param') return problem(404);
  const fields = fieldsOf((result.error ?? []) as z.core.$ZodIssue[]);
  return problem(result.target === 'json' ? 422 : 400, { detail: 'Some fields are not acceptable.', fields });
}
