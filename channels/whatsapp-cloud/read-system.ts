import { type Acquaintance, cleanLine, type Nothing } from '../../src/channel.ts';
import { id, type Loose, part, string } from './loose.ts';
import { identitiesOf } from './read-sender.ts';

/** `user_changed_user_id` comes since August 2026, for clients whose phone may not be told; the others are older. */
const CHANGES: ReadonlySet<string> = new Set([
  'user_changed_number',
  'customer_changed_number',
  'user_changed_user_id',
]);

/**
 * WhatsApp says that an account moved: to another number, and with it to another business-scoped id. System messages
 * have no `contacts`; everything stands in the message itself.
 */
export function readSystem(message: Loose): Acquaintance | Nothing {
  const system = part(message, 'system');
  const type = string(system.type);
  // Some payloads carry no type but the two ids.
  if (type !== '' && !CHANGES.has(type)) return { ignored: `system message: ${cleanLine(type, 100)}` };
  const identities = identitiesOf(
    // `new_wa_id` and `customer` are the names of Graph API 11 and older.
    [id(message.from), id(system.customer), id(system.wa_id), id(system.new_wa_id)],
    [id(system.previous_user_id), id(message.from_user_id), id(system.user_id), id(system.new_user_id)],
  );
  if (identities.length < 2) return { ignored: 'system message that names nobody new' };
  return { kind: 'acquaintance', identities };
}
