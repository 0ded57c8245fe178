import { ApiError } from '../api/send.ts';
import { m } from '../paraglide/messages.js';

/** What went wrong, in a sentence for the person in front of the screen. */
export function problemWords(error: unknown): string {
  if (!(error instanceof ApiError)) return m.problem_unexpected();
  const { status, problem } = error;
  if (status === 0) return m.problem_no_answer();
  if (status === 401) return m.problem_signed_out();
  if (status === 403) return m.problem_forbidden();
  if (status === 404) return m.problem_not_found();
  if (status === 429)
    return error.retryAfterSeconds === undefined
      ? m.problem_too_many()
      : m.problem_too_many_wait({ minutes: Math.ceil(error.retryAfterSeconds / 60) });
  if (status === 503) return m.problem_busy();
  if (problem.fields !== undefined)
    return Object.entries(problem.fields)
      .map(([field, wrong]) => `${field}: ${wrong}`)
      .join('; ');
  return problem.detail ?? problem.title;
}

/** Field errors of a 422 answer, for the form that sent it. */
export function fieldProblems(error: unknown): Record<string, string> {
  return error instanceof ApiError ? (error.problem.fields ?? {}) : {};
}
