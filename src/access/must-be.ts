import { Rejected } from '../errors.ts';
import type { Actor } from './actor.ts';

/** For verbs that work as the house itself, where row-level security does not stand behind them. */
export function mustBe(actor: Actor, ...roles: readonly Actor['role'][]): void {
  if (!roles.includes(actor.role)) throw new Rejected(403, `This needs the role ${roles.join(' or ')}.`);
}
