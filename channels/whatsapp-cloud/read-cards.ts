import { type ClaimedIdentity, cleanLine } from '../../src/channel.ts';
import { id, isRecord, type Loose, list, part, string } from './loose.ts';
import { phoneIdentity } from './read-sender.ts';
import type { Words } from './words.ts';

const MOST_CARDS = 50;
const MOST_NUMBERS = 10;

/** A shared card is somebody's number, mostly not the sender's: it is text, and identifies nobody. */
export function cardsText(cards: readonly unknown[], say: Words): string {
  return cards
    .filter(isRecord)
    .slice(0, MOST_CARDS)
    .map((card) => `${say.contact}: ${cardLine(card)}`)
    .join('\n');
}

function cardLine(card: Loose): string {
  const name = part(card, 'name');
  const full = string(name.formatted_name) || [name.first_name, name.last_name].map(string).join(' ');
  const of = (key: string, read: (one: Loose) => string): string[] =>
    list(card[key]).filter(isRecord).slice(0, MOST_NUMBERS).map(read);
  const parts = [
    full,
    string(part(card, 'org').company),
    ...of('phones', (one) => string(one.phone) || string(one.wa_id)),
    ...of('emails', (one) => string(one.email)),
  ];
  return parts
    .map((one) => cleanLine(one, 300))
    .filter((one) => one !== '')
    .join(', ');
}

/**
 * The number that the client shared about themself, by WhatsApp's button under our question. WhatsApp fills in that
 * card (`origin` is `contact_request`); any other card can say anything. With a visible phone the card must carry the
 * sender's own, without one there is nothing to compare with but the origin.
 *
 * @param visible the sender's own identities
 */
export function sharedPhone(
  cards: readonly unknown[],
  visible: readonly ClaimedIdentity[],
): ClaimedIdentity | undefined {
  const card = cards.length === 1 && isRecord(cards[0]) ? cards[0] : undefined;
  if (card === undefined || card.origin !== 'contact_request') return undefined;
  const waIds = list(card.phones)
    .filter(isRecord)
    .map((phone) => id(phone.wa_id))
    .filter((waId) => waId !== undefined);
  const shared = waIds.map(phoneIdentity).filter(({ kind }) => kind === 'phone');
  const own = visible.filter(({ kind }) => kind === 'phone');
  if (own.length === 0) return shared.length === 1 ? shared[0] : undefined;
  return shared.find(({ value }) => own.some((one) => one.value === value));
}
