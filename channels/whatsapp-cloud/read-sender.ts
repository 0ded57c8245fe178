import { type ClaimedIdentity, cleanLine, type Reach } from '../../src/channel.ts';
import { id, isRecord, type Loose, list, part, string } from './loose.ts';

/** The client of a message: who wrote it, or whom an echo was written to. */
export interface Client {
  readonly name?: string;
  readonly identities: readonly ClaimedIdentity[];
  readonly reach?: Reach;
}

/**
 * WhatsApp's own id of an account with a visible phone. It is not always the dialled number (the ninth digit of Brazil,
 * the 1 of Mexico, the 9 of Argentina): as a phone it is matched by the house, and answers go to it letter by letter.
 */
export function phoneIdentity(waId: string): ClaimedIdentity {
  const digits = /^\+?(\d{5,20})$/.exec(waId)?.[1];
  return digits === undefined
    ? { kind: 'whatsapp', value: waId, trust: 'attested' }
    : { kind: 'phone', value: `+${digits}`, trust: 'attested' };
}

const userIdentity = (userId: string): ClaimedIdentity => ({
  kind: 'whatsapp-bsuid',
  value: userId,
  trust: 'attested',
});

/** Without repeats: `from` and `wa_id` are mostly the same. */
export function identitiesOf(
  phones: readonly (string | undefined)[],
  userIds: readonly (string | undefined)[],
): ClaimedIdentity[] {
  const all = [
    ...phones.flatMap((phone) => (phone === undefined ? [] : [phoneIdentity(phone)])),
    ...userIds.flatMap((userId) => (userId === undefined ? [] : [userIdentity(userId)])),
  ];
  return all.filter(
    (one, at) => all.findIndex((other) => other.kind === one.kind && other.value === one.value) === at,
  );
}

/**
 * Since 2026 the phone may be missing, for clients with a username; the business-scoped user id then stands alone.
 *
 * @param value of the change: its `contacts` name the clients, and system messages have none
 * @param phone `from` of a message, `to` of an echo
 * @param userId `from_user_id` of a message, `to_user_id` of an echo
 * @param alone whether this is the only message of the change, so that a single contact must be its client
 */
export function readClient(value: Loose, phone: unknown, userId: unknown, alone: boolean): Client {
  const given = { phone: id(phone), userId: id(userId) };
  const contact = contactOf(value, given, alone);
  const to = given.phone ?? id(contact.wa_id);
  const bsuid = given.userId ?? id(contact.user_id);
  const profile = part(contact, 'profile');
  const username = cleanLine(string(profile.username), 100);
  const name = cleanLine(string(profile.name), 200) || (username === '' ? '' : `@${username}`);
  const reach = to !== undefined ? { to } : bsuid !== undefined ? { recipient: bsuid } : undefined;
  return {
    ...(name === '' ? {} : { name }),
    identities: identitiesOf([given.phone, id(contact.wa_id)], [bsuid]),
    ...(reach === undefined ? {} : { reach }),
  };
}

function contactOf(value: Loose, given: { phone: string | undefined; userId: string | undefined }, alone: boolean) {
  const contacts = list(value.contacts).filter(isRecord);
  const same = (one: Loose): boolean =>
    // Echoes have been documented with a plus before the number.
    (given.phone !== undefined && id(one.wa_id) === given.phone.replace(/^\+/, '')) ||
    (given.userId !== undefined && id(one.user_id) === given.userId);
  return contacts.find(same) ?? (alone && contacts.length === 1 ? contacts[0]! : {});
}
