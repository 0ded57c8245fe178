import { cleanLine, cleanText, type InboundEvent, type RemoteFile, type Source } from '../../src/channel.ts';
import { type Description, describeCard, type Place } from './cards.ts';
import { type MediaKind, readMedia } from './media.ts';
import { isNone, type Json, pick, readNumber, readObject, readString } from './read.ts';
import type { Words } from './words.ts';

export type Content =
  | { readonly is: 'message'; readonly parts: Parts; readonly context: Json | undefined }
  | { readonly is: 'placeholder' }
  | { readonly is: 'nothing'; readonly why: string };

export type Parts = Pick<InboundEvent, 'text' | 'files' | 'location'>;

const MEDIA: Readonly<Record<string, MediaKind>> = {
  imageMessage: 'image',
  videoMessage: 'video',
  ptvMessage: 'video',
  audioMessage: 'audio',
  documentMessage: 'document',
  stickerMessage: 'sticker',
};

/** Members that stand beside the content, never for it. */
const BESIDE: ReadonlySet<string> = new Set([
  'messageContextInfo',
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage',
]);

const NOTHING: Readonly<Record<string, string>> = {
  reactionMessage: 'a reaction',
  encReactionMessage: 'a reaction',
  pollUpdateMessage: 'a vote in a poll',
  encEventResponseMessage: 'an answer to an event',
  keepInChatMessage: 'a message was kept in a chat',
  pinInChatMessage: 'a message was pinned',
  secretEncryptedMessage: 'an edit that only the phone can read',
  requestPhoneNumberMessage: 'asks for our phone number',
  stickerSyncRmrMessage: 'synchronisation between devices',
  messageHistoryBundle: 'synchronisation between devices',
  messageHistoryNotice: 'synchronisation between devices',
  statusMentionMessage: 'a mention in a status',
  groupStatusMentionMessage: 'a mention in a status',
  albumMessage: 'the cover of an album; its pictures come by themselves',
  protocolMessage: 'a notice between devices',
  call: 'a call in a group',
  chat: 'a notice between devices',
};

export interface Reading {
  readonly words: Words;
  readonly downloadMedia: boolean;
  /** The message's key, for `fetch`. */
  readonly key: Json;
}

/** What an unwrapped message says. An unknown kind is a message too: somebody wrote something. */
export function readContent(content: Json, reading: Reading): Content {
  const names = Object.keys(content).filter((name) => !BESIDE.has(name) && !isNone(content[name]));
  const name = names.find((one) => one === 'conversation' || Object.hasOwn(MEDIA, one)) ?? names[0];
  if (name === undefined) return { is: 'nothing', why: 'carries no content' };
  if (name === 'placeholderMessage') return { is: 'placeholder' };
  const why = pick(NOTHING, name);
  if (why !== undefined) return { is: 'nothing', why };
  const inner = readObject(content[name]) ?? {};
  return { is: 'message', parts: readParts(name, content, inner, reading), context: readObject(inner.contextInfo) };
}

function readParts(name: string, content: Json, inner: Json, reading: Reading): Parts {
  const kind = pick(MEDIA, name);
  if (kind !== undefined) return mediaParts(kind, inner, reading);
  if (name === 'conversation') return textPart(readString(content.conversation));
  if (name === 'extendedTextMessage') return textPart(readString(inner.text));
  const card: Description | undefined = describeCard(name, inner, reading.words);
  if (card === undefined) return textPart(`${reading.words.unknown} (${name})`);
  return { ...textPart(card.text), ...locationPart(card.place) };
}

function mediaParts(kind: MediaKind, media: Json, { words, downloadMedia, key }: Reading): Parts {
  const file: RemoteFile | undefined = downloadMedia ? readMedia(kind, media, key) : undefined;
  const caption = readString(media.caption);
  if (file !== undefined) return { ...textPart(caption), files: [file] };
  return textPart([`[${words.file[kind]}]`, caption].filter((line) => line !== '').join('\n'));
}

function textPart(raw: string): Parts {
  const text = cleanText(raw);
  return text === '' ? {} : { text };
}

function locationPart(place: Place | undefined): Parts {
  const latitude = readNumber(place?.latitude);
  const longitude = readNumber(place?.longitude);
  if (latitude === undefined || longitude === undefined) return {};
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return {};
  const title = cleanLine(place?.title ?? '', 300);
  return { location: { latitude, longitude, ...(title === '' ? {} : { title }) } };
}

/** Click-to-WhatsApp: the ad that the chat was opened from. It sits in the context of whatever was written first. */
export function readSource(context: Json | undefined): Source | undefined {
  const ad = readObject(context?.externalAdReply);
  const clid = cleanLine(readString(ad?.ctwaClid), 500);
  const referrer = cleanLine(readString(ad?.sourceUrl), 2000);
  const from = cleanLine(readString(ad?.sourceApp) || readString(context?.entryPointConversionApp), 200);
  const medium = cleanLine(readString(ad?.sourceType), 200);
  const content = cleanLine(readString(ad?.sourceId), 200);
  const isAd = clid !== '' || content !== '' || medium === 'ad';
  if (!isAd) return undefined;
  const utm = {
    ...(from === '' ? {} : { source: from }),
    ...(medium === '' ? {} : { medium }),
    ...(content === '' ? {} : { content }),
  };
  return {
    ...(Object.keys(utm).length === 0 ? {} : { utm }),
    ...(clid === '' ? {} : { clickIds: { ctwa_clid: clid } }),
    ...(/^https?:\/\//.test(referrer) ? { referrer } : {}),
  };
}
