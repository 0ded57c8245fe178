import type { Attachment, Outbound } from '../../src/channel.ts';

/** WhatsApp's own limits (Meta, "Supported media types"). */
const MEGABYTE = 1024 * 1024;
const MAX_CAPTION_CHARS = 1024;

const MEDIA: ReadonlyMap<string, { readonly as: 'image' | 'video' | 'audio'; readonly maxBytes: number }> = new Map([
  ['image/jpeg', { as: 'image', maxBytes: 5 * MEGABYTE }],
  ['image/png', { as: 'image', maxBytes: 5 * MEGABYTE }],
  ['video/mp4', { as: 'video', maxBytes: 16 * MEGABYTE }],
  ['video/3gpp', { as: 'video', maxBytes: 16 * MEGABYTE }],
  ['audio/aac', { as: 'audio', maxBytes: 16 * MEGABYTE }],
  ['audio/amr', { as: 'audio', maxBytes: 16 * MEGABYTE }],
  ['audio/mpeg', { as: 'audio', maxBytes: 16 * MEGABYTE }],
  ['audio/mp4', { as: 'audio', maxBytes: 16 * MEGABYTE }],
  ['audio/ogg', { as: 'audio', maxBytes: 16 * MEGABYTE }],
]);

/** Too large for its own kind still arrives as a document. */
export function kindOf({ mediaType, bytes }: Attachment): 'image' | 'video' | 'audio' | 'document' {
  const media = MEDIA.get(mediaType);
  return media !== undefined && bytes.length <= media.maxBytes ? media.as : 'document';
}

/**
 * The upload takes a closed list of types and refuses the rest with error 100 ("Param file must be a file with one of
 * the following types"), text/csv among them; as text/plain it passes, and the client gets it under its own name.
 */
export const uploadType = ({ mediaType }: Attachment): string =>
  /^text\/|^application\/(?:json|xml)$/.test(mediaType) ? 'text/plain' : mediaType;

export type Piece = { readonly text: string } | { readonly file: Attachment; readonly caption: string };

/** One message of WhatsApp holds one file. The text rides on the first file where it fits, else it goes first. */
export function planPieces({ text, attachments }: Pick<Outbound, 'text' | 'attachments'>): Piece[] {
  const [first] = attachments;
  const rides = first !== undefined && kindOf(first) !== 'audio' && text.length <= MAX_CAPTION_CHARS;
  const files = attachments.map((file, at) => ({ file, caption: rides && at === 0 ? text : '' }));
  return rides || text.trim() === '' ? files : [{ text }, ...files];
}
