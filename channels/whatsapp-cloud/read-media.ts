import { cleanFileName, type RemoteFile } from '../../src/channel.ts';
import { id, type Loose, string } from './loose.ts';

/** The types that WhatsApp itself makes or takes; other files come with a name. */
const ENDINGS: Readonly<Record<string, string>> = {
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/webp': '.webp',
  'video/mp4': '.mp4',
  'video/3gpp': '.3gp',
  'audio/ogg': '.ogg',
  'audio/mpeg': '.mp3',
  'audio/mp4': '.m4a',
  'audio/aac': '.aac',
  'audio/amr': '.amr',
  'application/pdf': '.pdf',
  'text/plain': '.txt',
};

/**
 * Names the file for `fetch`. The `url` that may come along is not kept: it dies after minutes and a new one is had for
 * the id, for 7 days.
 */
export function readFile(media: Loose, type: string): RemoteFile | undefined {
  const mediaId = id(media.id);
  if (mediaId === undefined) return undefined;
  const declared = string(media.mime_type).split(';')[0]!.trim().toLowerCase();
  const mediaType = /^[a-z0-9.+-]{1,60}\/[a-z0-9.+-]{1,100}$/.test(declared) ? declared : undefined;
  const sha256 = id(media.sha256);
  const base = type === 'audio' && media.voice === true ? 'voice-message' : /^[a-z]{1,20}$/.test(type) ? type : 'file';
  const ending = mediaType !== undefined && Object.hasOwn(ENDINGS, mediaType) ? ENDINGS[mediaType]! : '';
  return {
    name: cleanFileName(string(media.filename)) || `${base}${ending}`,
    ...(mediaType === undefined ? {} : { mediaType }),
    ref: { mediaId, ...(sha256 === undefined ? {} : { sha256 }) },
  };
}
