import { IconDownload, IconNote, IconPaperclip } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Attachment, TimelineMessage } from '../../api/types.ts';
import { fileSize } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import { When } from '../../parts/when.tsx';
import classes from './lead.module.css';

const HIDDEN_SOURCE = new Set(['utm', 'page', 'referrer']);

interface Props {
  readonly message: TimelineMessage;
  /** It belongs to another lead of the same client. */
  readonly earlier: boolean;
}

/** One message. Every word of it came from outside, so it is set as text and nothing else. */
export function TimelineMessageCard({ message, earlier }: Props) {
  const internal = message.direction === 'internal';
  return (
    <article
      className={classes.message}
      data-direction={message.direction}
      data-earlier={earlier || undefined}
      data-testid="message"
    >
      <header className={classes.messageHead}>
        {internal && <IconNote size={16} aria-hidden="true" />}
        <strong>{sender(message)}</strong>
        {earlier && (
          <Link to="/leads/$id" params={{ id: message.leadId }} className={classes.soft}>
            {m.another_lead()}
          </Link>
        )}
        {!internal && <span className={classes.soft}>{messageKind(message)}</span>}
        <span className={classes.soft}>
          <When at={message.at} />
        </span>
      </header>
      {message.fields.length > 0 && (
        <dl className={classes.fields}>
          {message.fields.map((field, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: names may repeat and the order never changes
            <div key={index}>
              <dt>{field.name}</dt>
              <dd>{field.value}</dd>
            </div>
          ))}
        </dl>
      )}
      {message.text !== null && message.text !== '' && <p className={classes.text}>{message.text}</p>}
      {message.attachments.length > 0 && (
        <ul className={classes.files} aria-label={m.attachments()}>
          {message.attachments.map((file) => (
            <FileLink key={file.id} file={file} />
          ))}
        </ul>
      )}
      <MoreSource source={message.source} />
    </article>
  );
}

function FileLink({ file }: { file: Attachment }) {
  return (
    <li>
      <a href={`/api/v1/attachments/${file.id}`} download={file.name} className={classes.file}>
        <IconPaperclip size={17} aria-hidden="true" />
        <span className={classes.fileName}>{file.name}</span>
        <span className={classes.soft}>{fileSize(file.size)}</span>
        <IconDownload size={16} aria-hidden="true" />
      </a>
    </li>
  );
}

/** What is known of the way here beyond page and campaign. */
function MoreSource({ source }: { source: TimelineMessage['source'] }) {
  const rest = Object.entries(source ?? {}).filter(
    ([name, value]) => !HIDDEN_SOURCE.has(name) && (typeof value === 'string' || typeof value === 'number'),
  );
  if (rest.length === 0) return null;
  return <p className={classes.moreSource}>{rest.map(([name, value]) => `${name}: ${String(value)}`).join(' · ')}</p>;
}

function sender(message: TimelineMessage): string {
  if (message.direction === 'internal') return m.note_by({ name: message.author?.name ?? m.the_machine() });
  if (message.direction === 'outbound') return message.author?.name ?? m.the_machine();
  return m.the_client();
}

function messageKind(message: TimelineMessage): string {
  const kind = { form: m.kind_form(), text: m.kind_text(), call: m.kind_call(), note: m.kind_note() }[message.kind];
  return message.endpoint === null ? kind : `${kind} · ${message.endpoint.name}`;
}
