import { type Json, pick, readList, readNumber, readObject, readString } from './read.ts';
import type { Words } from './words.ts';

export interface Place {
  readonly latitude: unknown;
  readonly longitude: unknown;
  readonly title: string;
}

export interface Description {
  readonly text: string;
  readonly place?: Place;
}

const lines = (...parts: readonly string[]): string => parts.filter((part) => part.trim() !== '').join('\n');
const titled = (title: string, ...parts: readonly string[]): string =>
  lines(`${title}: ${parts[0] ?? ''}`, ...parts.slice(1));

type Describe = (card: Json, words: Words) => Description;

const place = (card: Json, text: string): Description => ({
  text,
  place: { latitude: card.degreesLatitude, longitude: card.degreesLongitude, title: placeTitle(card) },
});
const placeTitle = (card: Json): string =>
  [readString(card.name), readString(card.address)].filter((part) => part !== '').join(', ');

const poll: Describe = (card, words) => {
  const options = readList(card.options).slice(0, 20);
  const named = options.map((option) => `- ${readString(readObject(option)?.optionName)}`);
  return { text: titled(words.poll, readString(card.name), ...named) };
};

/** `1000` is how the protocol writes one unit of money. */
function money(amount: unknown, currency: unknown): string {
  const units = readNumber(amount);
  return units === undefined ? '' : `${units / 1000} ${readString(currency)}`.trim();
}

const hydrated = (card: Json): Json =>
  readObject(card.hydratedTemplate) ?? readObject(card.hydratedFourRowTemplate) ?? {};

const CARDS: Readonly<Record<string, Describe>> = {
  locationMessage: (card) => place(card, readString(card.comment)),
  liveLocationMessage: (card, words) => place(card, lines(words.liveLocation, readString(card.caption))),
  contactMessage: (card, words) => ({ text: contact(card, words) }),
  contactsArrayMessage: (card, words) => ({
    text: lines(
      ...readList(card.contacts)
        .slice(0, 20)
        .map((one) => contact(readObject(one) ?? {}, words)),
    ),
  }),
  buttonsResponseMessage: (card) => ({
    text: readString(card.selectedDisplayText) || readString(card.selectedButtonId),
  }),
  templateButtonReplyMessage: (card) => ({
    text: readString(card.selectedDisplayText) || readString(card.selectedId),
  }),
  listResponseMessage: (card) => {
    const row = readString(readObject(card.singleSelectReply)?.selectedRowId);
    return { text: lines(readString(card.title) || row, readString(card.description)) };
  },
  interactiveResponseMessage: (card) => ({
    text: readString(readObject(card.body)?.text) || readString(readObject(card.nativeFlowResponseMessage)?.name),
  }),
  pollCreationMessage: poll,
  pollCreationMessageV2: poll,
  pollCreationMessageV3: poll,
  pollCreationMessageV5: poll,
  orderMessage: (card, words) => {
    const count = readNumber(card.itemCount);
    const items = count === undefined ? '' : `${count} ${words.items}`;
    const sum = money(card.totalAmount1000, card.totalCurrencyCode);
    return { text: titled(words.order, readString(card.orderTitle), items, sum, readString(card.message)) };
  },
  productMessage: (card, words) => {
    const product = readObject(card.product) ?? {};
    const price = money(product.priceAmount1000, product.currencyCode);
    const body = lines(readString(product.description), price, readString(card.body));
    return { text: titled(words.product, readString(product.title), body) };
  },
  eventMessage: (card, words) => ({
    text: titled(words.event, readString(card.name), readString(card.description)),
  }),
  groupInviteMessage: (card, words) => ({
    text: titled(words.group, readString(card.groupName), readString(card.caption)),
  }),
  templateMessage: (card) => ({
    text: lines(readString(hydrated(card).hydratedTitleText), readString(hydrated(card).hydratedContentText)),
  }),
  buttonsMessage: (card) => ({ text: lines(readString(card.text), readString(card.contentText)) }),
  listMessage: (card) => ({ text: lines(readString(card.title), readString(card.description)) }),
  interactiveMessage: (card) => ({ text: readString(readObject(card.body)?.text) }),
};

/** In words, what is more than text or a file; `undefined` for a kind that nobody here knows. */
export function describeCard(name: string, card: Json, words: Words): Description | undefined {
  return pick(CARDS, name)?.(card, words);
}

/** Somebody else's card: text for a manager, never an identity of the sender. */
function contact(card: Json, words: Words): string {
  const numbers = [
    ...readString(card.vcard)
      .slice(0, 20_000)
      .matchAll(/^(?:item\d+\.)?TEL[^:\r\n]{0,200}:([^\r\n]{1,60})/gim),
  ];
  const phones = numbers.slice(0, 5).map((match) => match[1]!.trim());
  return `${words.contact}: ${[readString(card.displayName), ...phones].filter((part) => part !== '').join(', ')}`;
}
