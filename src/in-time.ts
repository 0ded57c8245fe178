import { Rejected } from './errors.ts';

/**
 * The outcome of a question to the database, or 503 when it does not come in time. A database that is gone refuses at
 * once; one that is frozen, or behind a cut cable, says nothing at all, and a sender must not wait for that.
 */
export async function inTime<T>(question: Promise<T>, limitMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const tooLate = new Rejected(503, 'The database does not answer; please send it again.', { retryAfterSeconds: 2 });
    timer = setTimeout(() => reject(tooLate), limitMs);
  });
  try {
    return await Promise.race([question, late]);
  } finally {
    clearTimeout(timer);
  }
}
