import { Badge } from '@mantine/core';
import { IconArrowBackUp, IconNote, IconShieldQuestion, IconUserQuestion } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { TimelineMessage } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { CallIcon } from '../../parts/call-icon.tsx';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { When } from '../../parts/when.tsx';
import { CallContent, CallTitle } from './call-content.tsx';
import { flagWords } from './flag-words.ts';
import { MessageContent } from './message-content.tsx';
import { MessageFiles } from './message-files.tsx';
import { MessageState } from './message-state.tsx';
import { Recording } from './recording-player.tsx';
import classes from './talk.module.css';

interface Props {
  readonly message: TimelineMessage;
  /** It belongs to another lead of the same client. */
  readonly earlier: boolean;
  /** It came another way than the message before it. */
  readonly elsewhere: boolean;
  /** Undefined where it cannot be quoted, or not by this person. */
  readonly onQuote: ((message: TimelineMessage) => void) | undefined;
  readonly mayChange: boolean;
}

/** One message. Every word of it came from outside, so it is set as text and nothing else. */
export function MessageBubble({ message, earlier, elsewhere, onQuote, mayChange }: Props) {
  return (
    <article
      className={classes.message}
      data-direction={message.direction}
      data-earlier={earlier || undefined}
      data-gone={message.deletedAt !== null || undefined}
      data-testid="message"
      id={`message-${message.id}`}
      tabIndex={-1}
    >
      <Head message={message} earlier={earlier} elsewhere={elsewhere} />
      <Warnings flags={message.flags} />
      {message.call !== null && <CallContent call={message.call} />}
      <MessageContent message={message} />
      {message.attachments
        .filter((file) => file.recording)
        .map((file) => (
          <Recording key={file.id} file={file} talkSeconds={message.call?.talkSeconds ?? null} />
        ))}
      <MessageFiles files={message.attachments.filter((file) => !file.recording)} />
      <MoreSource source={message.source} />
      <footer className={classes.foot}>
        {onQuote !== undefined && (
          <button type="button" className={classes.quoteButton} onClick={() => onQuote(message)}>
            <IconArrowBackUp size={15} aria-hidden="true" />
            {m.talk_quote()}
          </button>
        )}
        <span className={classes.soft}>
          <When at={message.at} />
        </span>
        {message.delivery !== null && message.call === null && (
          <MessageState message={message} mayChange={mayChange} />
        )}
      </footer>
    </article>
  );
}

function Head({ message, earlier, elsewhere }: Pick<Props, 'message' | 'earlier' | 'elsewhere'>) {
  const internal = message.direction === 'internal';
  const kind = { form: m.kind_form(), call: m.kind_call(), text: undefined, note: undefined }[message.kind];
  return (
    <header className={classes.head}>
      {internal && <IconNote size={16} aria-hidden="true" />}
      {message.call === null ? (
        <strong>{sender(message)}</strong>
      ) : (
        <>
          <CallIcon call={message.call} size={17} />
          <CallTitle call={message.call} />
        </>
      )}
      {!internal && elsewhere && message.endpoint !== null && (
        <span className={classes.place}>
          <ChannelIcon channel={message.channel ?? ''} size={15} plain />
          {message.endpoint.name}
        </span>
      )}
      {kind !== undefined && message.call === null && <span className={classes.soft}>{kind}</span>}
      {earlier && (
        <Link to="/leads/$id" params={{ id: message.leadId }} className={classes.soft}>
          {m.another_lead()}
        </Link>
      )}
      {message.flags
        .map(flagWords)
        .filter((words) => words !== undefined)
        .map((words) => (
          <Badge key={words} size="xs" color="gray">
            {words}
          </Badge>
        ))}
    </header>
  );
}

function Warnings({ flags }: { flags: readonly string[] }) {
  return (
    <>
      {flags.includes('unconfirmed') && (
        <p className={classes.warning}>
          <IconShieldQuestion size={17} aria-hidden="true" />
          {m.talk_unconfirmed()}
        </p>
      )}
      {flags.includes('stranger') && (
        <p className={classes.warning}>
          <IconUserQuestion size={17} aria-hidden="true" />
          {m.talk_stranger()}
        </p>
      )}
    </>
  );
}

const HIDDEN_SOURCE = new Set(['utm', 'page', 'referrer']);

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
  if (message.direction === 'inbound') return m.the_client();
  return message.author?.name ?? m.talk_own_side();
}
