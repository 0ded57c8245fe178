import {
  type ClaimedIdentity,
  cleanLine,
  cleanText,
  type Field,
  type InboundEvent,
  type Nothing,
  type RemoteFile,
} from '../../src/channel.ts';
import { id, type Loose, list, part, string } from './loose.ts';
import { cardsText, sharedPhone } from './read-cards.ts';
import { readButton, readInteractive, readOrder } from './read-choice.ts';
import { readFile } from './read-media.ts';
import type { Client } from './read-sender.ts';
import type { Words } from './words.ts';

/** What a message says, without who, when and in answer to what. */
export interface Content {
  readonly text?: string;
  readonly fields?: readonly Field[];
  readonly files?: readonly RemoteFile[];
  readonly location?: NonNullable<InboundEvent['location']>;
  /** Of the client, on top of those of the sender. */
  readonly identities?: readonly ClaimedIdentity[];
  /** A reaction points at its message by itself; everything else does by `context`. */
  readonly quotes?: string;
  readonly quiet?: string;
}

type Reader = (message: Loose, say: Words, client: Client) => Content | Nothing;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['text', (message) => ({ text: cleanText(string(part(message, 'text').body)) })],
  ['location', readLocation],
  ['contacts', readContacts],
  ['reaction', readReaction],
  ['interactive', readInteractive],
  ['button', readButton],
  ['order', readOrder],
  ['request_welcome', () => ({ ignored: 'the client opened the chat and wrote nothing' })],
]);

const MEDIA: ReadonlySet<string> = new Set(['image', 'video', 'audio', 'voice', 'document', 'sticker']);

/** The object named by the message's `type`. Never nothing at all: what cannot be read says so in words. */
export function readContent(message: Loose, say: Words, client: Client): Content | Nothing {
  const type = string(message.type);
  const read = READERS.get(type) ?? readOther;
  const content = read(message, say, client);
  if ('ignored' in content) return content;
  const product = cleanLine(string(part(part(message, 'context'), 'referred_product').product_retailer_id), 200);
  const text = [content.text ?? '', product === '' ? '' : say.product(product)].filter((one) => one !== '').join('\n');
  const empty = text === '' && content.files === undefined && content.location === undefined;
  return { ...content, ...(empty ? { text: say.unsupported(cleanLine(type, 50)) } : text === '' ? {} : { text }) };
}

/** Media, also of a kind that is new to us as long as it has an id and a media type. The rest is not passed on. */
function readOther(message: Loose, say: Words): Content {
  const type = string(message.type);
  const media = part(message, type);
  const file = MEDIA.has(type) || string(media.mime_type) !== '' ? readFile(media, type) : undefined;
  const caption = cleanText(string(media.caption));
  if (file !== undefined) return { ...(caption === '' ? {} : { text: caption }), files: [file] };
  if (MEDIA.has(type)) return { text: [caption, say.lostFile].filter((line) => line !== '').join('\n') };
  const kind = type === 'unsupported' || type === 'unknown' ? string(part(message, 'unsupported').type) : type;
  return { text: say.unsupported(cleanLine(kind, 50)) };
}

function readLocation(message: Loose): Content {
  const place = part(message, 'location');
  const latitude = Number(string(place.latitude) || Number.NaN);
  const longitude = Number(string(place.longitude) || Number.NaN);
  const [name, address] = [place.name, place.address].map((line) => cleanLine(string(line), 500));
  const lines = [name, address, cleanLine(string(place.url), 2000)].filter((line) => line !== '');
  const title = cleanLine(name || address || '', 200);
  const onMap = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  return {
    ...(lines.length === 0 ? {} : { text: lines.join('\n') }),
    ...(onMap ? { location: { latitude, longitude, ...(title === '' ? {} : { title }) } } : {}),
  };
}

function readContacts(message: Loose, say: Words, client: Client): Content {
  const cards = list(message.contacts);
  const shared = sharedPhone(cards, client.identities);
  if (shared !== undefined) return { text: say.sharedPhone, identities: [shared] };
  return { text: cleanText(cardsText(cards, say)) };
}

/** No reason to open a lead, but worth a line where there is one. A removed one has an empty emoji, or none. */
function readReaction(message: Loose, say: Words): Content | Nothing {
  const reaction = part(message, 'reaction');
  const emoji = cleanLine(string(reaction.emoji), 50);
  if (emoji === '') return { ignored: 'a reaction was taken back' };
  const quotes = id(reaction.message_id);
  return { text: say.reaction(emoji), quiet: 'a reaction', ...(quotes === undefined ? {} : { quotes }) };
}
