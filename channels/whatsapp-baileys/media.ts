import { cleanFileName, cleanLine, type Reach, type RemoteFile } from '../../src/channel.ts';
import { type Json, pick, readBytes, readNumber, readObject, readString } from './read.ts';

/** Each kind has its own key derivation on WhatsApp's side. */
export type MediaKind = 'image' | 'video' | 'audio' | 'document' | 'sticker';

/** Everything that decrypts the file, and the message's key, by which the phone can be asked to upload it again. */
export interface MediaRef {
  readonly kind: MediaKind;
  /** Path on the media server. The full address is the sender's to choose and is not kept. */
  readonly path: string;
  /** Base64. */
  readonly mediaKey: string;
  /** Base64 SHA-256 of the encrypted file, if the sender said it. */
  readonly encSha256?: string;
  readonly message: {
    readonly remoteJid: string;
    readonly fromMe: boolean;
    readonly id: string;
    participant?: string;
  };
}

const DEFAULT_TYPES: Readonly<Record<MediaKind, string>> = {
  image: 'image/jpeg',
  video: 'video/mp4',
  audio: 'audio/ogg',
  document: 'application/octet-stream',
  sticker: 'image/webp',
};

const ENDINGS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'video/mp4': 'mp4',
  'video/3gpp': '3gp',
  'audio/ogg': 'ogg',
  'audio/mp4': 'm4a',
  'audio/mpeg': 'mp3',
  'application/pdf': 'pdf',
};

/** `undefined` when the message lacks what decrypting needs (the key, the path). */
export function readMedia(kind: MediaKind, media: Json, key: Json): RemoteFile | undefined {
  const mediaKey = readBytes(media.mediaKey);
  const path = readMediaPath(media);
  if (mediaKey === undefined || path === undefined) return undefined;
  const mimeType = readString(media.mimetype).split(';')[0]!.trim().toLowerCase();
  const mediaType = /^[a-z]+\/[a-z0-9.+-]{1,100}$/.test(mimeType) ? mimeType : DEFAULT_TYPES[kind];
  const given = cleanFileName(readString(media.fileName) || readString(media.title));
  const size = readNumber(media.fileLength);
  const encSha256 = readBytes(media.fileEncSha256);
  const participant = cleanLine(readString(key.participant), 100);
  const ref: MediaRef = {
    kind,
    path,
    mediaKey: mediaKey.slice(0, 100),
    ...(encSha256 === undefined ? {} : { encSha256: encSha256.slice(0, 100) }),
    message: {
      remoteJid: cleanLine(readString(key.remoteJid), 100),
      fromMe: key.fromMe === true,
      id: cleanLine(readString(key.id), 128),
      ...(participant === '' ? {} : { participant }),
    },
  };
  return {
    name: given === '' ? `${nameFor(kind, media)}.${pick(ENDINGS, mediaType) ?? 'bin'}` : given,
    mediaType,
    ...(size === undefined || !Number.isSafeInteger(size) || size < 0 ? {} : { size }),
    ref: ref as unknown as Reach,
  };
}

const nameFor = (kind: MediaKind, media: Json): string => {
  if (kind === 'image') return 'photo';
  return kind === 'audio' && media.ptt === true ? 'voice' : kind;
};

/** The path alone: the host in `url` is the sender's to choose, and following it would reach any address of ours. */
function readMediaPath(media: Json): string | undefined {
  const direct = readString(media.directPath);
  if (isMediaPath(direct)) return direct;
  const url = readString(media.url);
  if (!URL.canParse(url)) return undefined;
  const { hostname, pathname, search } = new URL(url);
  return /(?:^|\.)whatsapp\.net$/.test(hostname) && isMediaPath(pathname + search) ? pathname + search : undefined;
}

/** Starts with one slash, so that nothing in it can name another host. */
export const isMediaPath = (path: string): boolean => /^\/(?![/\\])[\x21-\x7e]{1,2000}$/.test(path);

export function readMediaRef(ref: Reach): MediaRef | undefined {
  const message = readObject(ref.message);
  const kind = readString(ref.kind);
  if (message === undefined || !Object.hasOwn(DEFAULT_TYPES, kind)) return undefined;
  if (readBytes(ref.mediaKey) === undefined || !isMediaPath(readString(ref.path))) return undefined;
  return ref as unknown as MediaRef;
}
