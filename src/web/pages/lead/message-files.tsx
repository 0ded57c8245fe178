import { IconAlertCircle, IconDownload, IconLoader, IconPaperclip } from '@tabler/icons-react';
import type { Attachment } from '../../api/types.ts';
import { fileSize } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import classes from './talk.module.css';

export function MessageFiles({ files }: { files: readonly Attachment[] }) {
  if (files.length === 0) return null;
  return (
    <ul className={classes.files} aria-label={m.attachments()}>
      {files.map((file) => (
        <li key={file.id}>{file.state === 'here' ? <FileLink file={file} /> : <Missing file={file} />}</li>
      ))}
    </ul>
  );
}

function FileLink({ file }: { file: Attachment }) {
  return (
    <a href={`/api/v1/attachments/${file.id}`} download={file.name} className={classes.file}>
      <IconPaperclip size={17} aria-hidden="true" />
      <span className={classes.fileName}>{file.name}</span>
      <span className={classes.soft}>{fileSize(file.size)}</span>
      <IconDownload size={16} aria-hidden="true" />
    </a>
  );
}

/** Still with the provider, or lost there. */
function Missing({ file }: { file: Attachment }) {
  const Icon = file.state === 'waiting' ? IconLoader : IconAlertCircle;
  return (
    <span className={classes.file} data-state={file.state}>
      <Icon size={17} aria-hidden="true" />
      <span className={classes.fileName}>{file.name}</span>
      <span className={classes.fileWhy}>
        {file.state === 'waiting' ? m.file_waiting() : `${m.file_failed()}: ${fileReason(file.reason)}`}
      </span>
    </span>
  );
}

const WHY: Readonly<Record<string, () => string>> = {
  'too-large': m.file_too_large,
  'gave-up': m.file_gave_up,
  'no-channel': m.file_no_channel,
};

/** Why a file is not here. The house's own words are translated; a provider's are shown as they came. */
export const fileReason = (reason: string | null): string => WHY[reason ?? '']?.() ?? reason ?? m.file_gave_up();
