import { fileTypeFromBuffer } from 'file-type';
import { type Attachment, cleanFileName } from '../../src/channel.ts';
import type { Mail } from './read-mail.ts';
import { restore } from './repair.ts';
import type { Words } from './words.ts';

type Part = Mail['parts'][number];

const MAX_FILES = 50;
const MAX_FILE_BYTES = 25 * 1024 * 1024;

export interface Files {
  readonly attachments: readonly Attachment[];
  /** One line for each thing a reader should know: what was left out, what is packed strangely. */
  readonly notes: readonly string[];
}

/** The files of a mail, also pictures inside its HTML, attached letters and calendar entries. Nothing is unpacked. */
export async function readAttachments(mail: Mail, say: Words): Promise<Files> {
  const attachments: Attachment[] = [];
  const notes: string[] = [];
  let left = 0;
  for (const [index, part] of mail.parts.entries()) {
    if (REPORT_PARTS.has(part.mimeType)) continue;
    const bytes =
      typeof part.content === 'string' ? new TextEncoder().encode(part.content) : new Uint8Array(part.content);
    if (bytes.length === 0) continue;
    const name = nameOf(part, index);
    if (attachments.length >= MAX_FILES || bytes.length > MAX_FILE_BYTES) {
      left += 1;
      if (left <= 5)
        notes.push(say.left.replace('{name}', name).replace('{size}', String(Math.ceil(bytes.length / 1024))));
      continue;
    }
    const mediaType = await mediaTypeOf(bytes);
    if (mediaType === TNEF) notes.push(say.tnef.replace('{name}', name));
    attachments.push({ name, mediaType, bytes });
  }
  if (left > 5) notes.push(say.leftMore.replace('{count}', String(left - 5)));
  return { attachments, notes };
}

const REPORT_PARTS = new Set(['message/delivery-status', 'message/disposition-notification']);

/** Nothing but a display name, and one for parts that have none: pictures, letters, calendar entries. */
function nameOf(part: Part, index: number): string {
  const ending = /^image\/(png|jpeg|gif|webp)$/.exec(part.mimeType)?.[1]?.replace('jpeg', 'jpg');
  const made =
    part.mimeType === 'message/rfc822'
      ? `letter-${index + 1}.eml`
      : part.mimeType === 'text/calendar'
        ? `invite-${index + 1}.ics`
        : ending === undefined
          ? `file-${index + 1}`
          : `picture-${index + 1}.${ending}`;
  return cleanFileName(restore(part.filename ?? '')) || made;
}

const TNEF = 'application/ms-tnef';

/** By the bytes alone. What has no signature is text when it reads as text, and else just bytes. */
async function mediaTypeOf(bytes: Uint8Array): Promise<string> {
  // MS-OXTNEF 2.1.3.1: the signature 0x223E9F78, low byte first.
  if (bytes[0] === 0x78 && bytes[1] === 0x9f && bytes[2] === 0x3e && bytes[3] === 0x22) return TNEF;
  try {
    const found = await fileTypeFromBuffer(bytes);
    if (found !== undefined) return found.mime;
  } catch {
    return 'application/octet-stream';
  }
  return isText(bytes) ? 'text/plain' : 'application/octet-stream';
}

function isText(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, 4096);
  return start.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d || byte === 0x1b);
}
