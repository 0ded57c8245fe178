/** One thing that was looked at: what is the matter, and what to do about it. */
import { redact } from '../../db/open.ts';
import { causeChain } from '../../errors.ts';

export interface Verdict {
  readonly status: 'ok' | 'warn' | 'fail';
  readonly message: string;
  /** What to do, as a sentence; null where nothing needs doing. */
  readonly remedy: string | null;
}

export interface Check extends Verdict {
  readonly name: string;
}

export const ok = (message: string): Verdict => ({ status: 'ok', message, remedy: null });
export const warn = (message: string, remedy: string): Verdict => ({ status: 'warn', message, remedy });
export const fail = (message: string, remedy: string): Verdict => ({ status: 'fail', message, remedy });

/** A look that cannot be taken is a finding too, and never ends the others. */
export async function check(name: string, look: () => Promise<Verdict> | Verdict): Promise<Check> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    return { name, ...fail(`could not be looked at: ${words(error)}`, 'Put right what it says, then ask again.') };
  }
}

/** Without class names and without what a database error quotes. */
export function words(error: unknown): string {
  return causeChain(redact(error))
    .map((line) => line.replace(/^\w*Error: /, ''))
    .join(' <- ');
}

export function many(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}
