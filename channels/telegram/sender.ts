import { type ClaimedIdentity, cleanLine, type InboundEvent } from '../../src/channel.ts';
import { asId, asObject, asText, type Json } from './loose.ts';

type Sender = InboundEvent['sender'];

/** Telegram vouches for its own ids: nobody can send under another's. */
export function telegramIdentity(id: number): ClaimedIdentity {
  return { kind: 'telegram', value: String(id), trust: 'attested' };
}

/** A user, or the private chat with one: both have the person's id and names. */
export function readPerson(person: Json, more: readonly ClaimedIdentity[] = []): Sender | undefined {
  const id = asId(person.id);
  if (id === undefined) return undefined;
  const name = readName(person);
  const language = /^([a-z]{2,3})(?![a-z])/i.exec(asText(person.language_code))?.[1]?.toLowerCase();
  return {
    ...(name === '' ? {} : { name }),
    ...(language === undefined ? {} : { language }),
    identities: [telegramIdentity(id), ...more],
  };
}

function readName(person: Json): string {
  const name = cleanLine([person.first_name, person.last_name].map(asText).join(' '), 200);
  const username = asText(person.username);
  return name === '' && /^\w{1,64}$/.test(username) ? `@${username}` : name;
}

export const isBot = (user: unknown): boolean => asObject(user)?.is_bot === true;
