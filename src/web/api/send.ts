import { getLocale } from '../paraglide/runtime.js';
import { noteServerDate } from './server-clock.ts';
import type { Problem } from './types.ts';

/** An answer other than 2xx: `problem` is the body, status 0 means that no answer came at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly problem: Problem & Record<string, unknown>;
  readonly retryAfterSeconds: number | undefined;
  constructor(problem: Problem & Record<string, unknown>, retryAfterSeconds?: number) {
    super(problem.title);
    this.status = problem.status;
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const TIMEOUT_MS = 30_000;

/** Sends one request to the API and reads its answer. `path` is what comes after /api/v1. */
export async function send<Answer>(
  method: Method,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
  headers?: Readonly<Record<string, string>>,
): Promise<Answer> {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(`/api/v1${path}`, {
    method,
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    headers: {
      Accept: 'application/json',
      'Accept-Language': getLocale(),
      ...(method === 'GET' ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
  }).catch((cause: unknown) => {
    if (signal?.aborted === true) throw cause;
    throw new ApiError({ type: 'about:blank', title: 'no answer', status: 0 });
  });
  noteServerDate(response.headers.get('date'));
  const text = await response.text();
  if (!response.ok) throw asError(response, text);
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

/** A page of the API that is not JSON. */
export async function readText(path: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(`/api/v1${path}`, { signal, headers: { 'Accept-Language': getLocale() } });
  const text = await response.text();
  if (!response.ok) throw asError(response, text);
  return text;
}

function asError(response: Response, text: string): ApiError {
  return readProblem(response.status, text, response.headers.get('retry-after'));
}

export function readProblem(status: number, text: string, after: string | null): ApiError {
  const retryAfter = Number(after);
  const seconds = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : undefined;
  const fallback = { type: 'about:blank', title: `HTTP ${status}`, status };
  try {
    const problem = JSON.parse(text) as Problem & Record<string, unknown>;
    return new ApiError({ ...fallback, ...problem, status }, seconds);
  } catch {
    return new ApiError(fallback, seconds);
  }
}
