/** The files that a message names. Nothing is downloaded here; `fetch` does that with what stands in `ref`. */
import { cleanFileName, type RemoteFile } from '../../src/channel.ts';
import { asCount, asKey, asList, asObject, asObjects, type Json } from './loose.ts';

/** The contract's limit of one message. Telegram itself allows ten in an album, and sends each in its own update. */
const MAX_FILES = 20;

interface Kind {
  /** What a file without a name of its own is called, before its message's id. */
  readonly name: string;
  readonly ending: string;
  readonly mediaType?: string;
}

const PHOTO: Kind = { name: 'photo', ending: 'jpg', mediaType: 'image/jpeg' };
const VIDEO: Kind = { name: 'video', ending: 'mp4', mediaType: 'video/mp4' };

const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['animation', { name: 'animation', ending: 'mp4', mediaType: 'video/mp4' }],
  ['audio', { name: 'audio', ending: 'mp3' }],
  ['document', { name: 'document', ending: 'bin' }],
  ['live_photo', VIDEO],
  ['video', VIDEO],
  ['video_note', { name: 'video-note', ending: 'mp4', mediaType: 'video/mp4' }],
  ['voice', { name: 'voice', ending: 'ogg', mediaType: 'audio/ogg' }],
]);

export function readFiles(message: Json): RemoteFile[] {
  const id = String(asCount(message.message_id) ?? 0);
  const photo = largest(message.photo);
  const found = [
    photo === undefined ? undefined : toFile(photo, PHOTO, id),
    ...[...KINDS].map(([kind, names]) => {
      const file = asObject(message[kind]);
      // Telegram repeats an animation as a document, for old programs.
      const repeated = kind === 'document' && message.animation !== undefined;
      return file === undefined || repeated ? undefined : toFile(file, names, id);
    }),
    readSticker(asObject(message.sticker), id),
    ...readPaid(asObject(message.paid_media), id),
  ];
  return found.filter((file) => file !== undefined).slice(0, MAX_FILES);
}

/** A photo comes in several sizes; neither their order nor `file_size` is promised, the measures are. */
function largest(sizes: unknown): Json | undefined {
  const area = (size: Json) => (asCount(size.width) ?? 0) * (asCount(size.height) ?? 0);
  return asObjects(sizes).reduce<Json | undefined>(
    (best, size) => (best === undefined || area(size) > area(best) ? size : best),
    undefined,
  );
}

function readSticker(sticker: Json | undefined, id: string): RemoteFile | undefined {
  if (sticker === undefined) return undefined;
  if (sticker.is_animated === true)
    return toFile(sticker, { name: 'sticker', ending: 'tgs', mediaType: 'application/x-tgsticker' }, id);
  if (sticker.is_video === true)
    return toFile(sticker, { name: 'sticker', ending: 'webm', mediaType: 'video/webm' }, id);
  return toFile(sticker, { name: 'sticker', ending: 'webp', mediaType: 'image/webp' }, id);
}

/** Only what the bot may see: a preview of unpaid media names no file. */
function readPaid(paid: Json | undefined, id: string): (RemoteFile | undefined)[] {
  return asList(paid?.paid_media).map((item, index) => {
    const media = asObject(item);
    const video = asObject(media?.video) ?? asObject(media?.live_photo);
    if (video !== undefined) return toFile(video, VIDEO, `${id}-${index + 1}`);
    const photo = largest(media?.photo);
    return photo === undefined ? undefined : toFile(photo, PHOTO, `${id}-${index + 1}`);
  });
}

function toFile(file: Json, kind: Kind, id: string): RemoteFile | undefined {
  const fileId = asKey(file.file_id, 1000);
  if (fileId === undefined) return undefined;
  const uniqueId = asKey(file.file_unique_id);
  const mediaType = readMediaType(file.mime_type) ?? kind.mediaType;
  const size = asCount(file.file_size);
  const given = typeof file.file_name === 'string' ? cleanFileName(file.file_name) : '';
  return {
    name: given || `${kind.name}-${id}.${kind.ending}`,
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(size === undefined ? {} : { size }),
    ref: { fileId, ...(uniqueId === undefined ? {} : { uniqueId }) },
  };
}

function readMediaType(value: unknown): string | undefined {
  const type = typeof value === 'string' ? value.toLowerCase() : '';
  return type.length <= 100 && /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/.test(type) ? type : undefined;
}
