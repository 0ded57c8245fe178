import { fileTypeFromBuffer } from 'file-type';
import { type Attachment, cleanFileName } from '../../src/channel.ts';
import { Rejected } from '../../src/errors.ts';
import type { SentFile } from './read.ts';
import type { FormSettings } from './settings.ts';
import type { Words } from './words.ts';

/** The files of a submission as attachments, or `Rejected` with the field named. Types are told by content alone. */
export async function checkFiles(
  files: readonly SentFile[],
  settings: FormSettings,
  say: Words,
): Promise<Attachment[]> {
  const refuse = (status: 413 | 415 | 422, field: string, what: string): Rejected =>
    new Rejected(status, what, { fields: Object.fromEntries([[field, what]]) });
  if (files.length > settings.maxFiles) {
    const what =
      settings.maxFiles === 0 ? say.noFiles : say.tooManyFiles.replace('{count}', String(settings.maxFiles));
    throw refuse(422, files[settings.maxFiles]!.field, what);
  }
  const attachments: Attachment[] = [];
  for (const file of files) {
    if (file.bytes.length > settings.maxFileBytes) {
      throw refuse(413, file.field, say.fileTooLarge.replace('{size}', readable(settings.maxFileBytes, say)));
    }
    const mediaType = await detect(file.bytes);
    if (mediaType === undefined || !settings.allowedFileTypes.includes(mediaType))
      throw refuse(415, file.field, say.fileType);
    attachments.push({ name: cleanFileName(file.name) || 'file', mediaType, bytes: file.bytes });
  }
  return attachments;
}

function readable(size: number, say: Words): string {
  const megabytes = Math.round((size / 1024 / 1024) * 10) / 10;
  return megabytes >= 1 ? `${megabytes} ${say.megabytes}` : `${Math.ceil(size / 1024)} ${say.kilobytes}`;
}

async function detect(bytes: Uint8Array): Promise<string | undefined> {
  try {
    return (await fileTypeFromBuffer(bytes))?.mime;
  } catch {
    return undefined;
  }
}
