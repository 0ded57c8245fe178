import { CloseButton } from '@mantine/core';
import { IconPaperclip } from '@tabler/icons-react';
import { fileSize } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import classes from './composer.module.css';
import type { WaitingFile } from './use-uploads.ts';

interface Props {
  readonly files: readonly WaitingFile[];
  readonly onRemove: (file: WaitingFile) => void;
}

/** Files on their way up, or there already. */
export function WaitingFiles({ files, onRemove }: Props) {
  if (files.length === 0) return null;
  return (
    <ul className={classes.files} aria-label={m.attachments()}>
      {files.map((file) => (
        <li key={file.key} data-problem={file.problem !== undefined || undefined} data-testid="waiting-file">
          <IconPaperclip size={15} aria-hidden="true" />
          <span className={classes.fileName}>{file.name}</span>
          <span className={classes.soft}>{standing(file)}</span>
          <CloseButton
            size="xs"
            aria-label={m.reply_file_remove({ name: file.name })}
            onClick={() => onRemove(file)}
          />
          {file.id === undefined && file.problem === undefined && (
            <progress
              max={1}
              value={file.progress}
              aria-label={m.reply_file_progress({ name: file.name, percent: Math.round(file.progress * 100) })}
            />
          )}
        </li>
      ))}
    </ul>
  );
}

function standing(file: WaitingFile): string {
  if (file.problem !== undefined) return `${m.reply_file_failed()}: ${file.problem}`;
  return file.id === undefined ? `${Math.round(file.progress * 100)} %` : fileSize(file.size);
}
