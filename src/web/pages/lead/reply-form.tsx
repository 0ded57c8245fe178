import { ActionIcon, Button, Textarea, TextInput, Tooltip } from '@mantine/core';
import { IconPaperclip, IconSend2 } from '@tabler/icons-react';
import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import type { LeadDetail, TimelineMessage, Way } from '../../api/types.ts';
import { fileSize } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import classes from './composer.module.css';
import { unfilled } from './fill-template.ts';
import { ProviderTemplate } from './provider-template.tsx';
import { QuoteStrip } from './quote-strip.tsx';
import { TemplateMenu } from './template-menu.tsx';
import { useDrop } from './use-drop.ts';
import { type ReplyDraft, useReplyDraft } from './use-reply-draft.ts';
import { largestFile } from './use-uploads.ts';
import { WaitingFiles } from './waiting-files.tsx';
import { WayLine } from './way-line.tsx';

interface Props {
  readonly lead: LeadDetail;
  readonly quoted: TimelineMessage | undefined;
  readonly onQuote: (message: TimelineMessage | undefined) => void;
  readonly modes: ReactNode;
}

/** An answer in the making: which way, to which message, what, with which files. */
export function ReplyForm({ lead, quoted, onQuote, modes }: Props) {
  const draft = useReplyDraft(lead, quoted, onQuote);
  const { way } = draft;
  const [over, drop] = useDrop((files) => way !== undefined && !draft.over && draft.uploads.add(files, way));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        draft.submit();
      }}
      className={classes.dropping}
      {...drop}
    >
      {over && <div className={classes.drop}>{m.reply_drop()}</div>}
      <div className={classes.top}>
        {modes}
        {way !== undefined && <WayLine ways={lead.ways} way={way} onChange={draft.chooseWay} over={draft.over} />}
      </div>
      {way === undefined ? (
        <p className={classes.nothing}>{m.reply_no_ways()}</p>
      ) : (
        <Writing draft={draft} way={way} lead={lead} />
      )}
    </form>
  );
}

function Writing({ draft, way, lead }: { draft: ReplyDraft; way: Way; lead: LeadDetail }) {
  if (draft.over)
    return (
      <>
        <ProviderTemplate way={way} value={draft.provider} onChange={draft.setProvider} />
        <Bottom draft={draft} way={way} lead={lead} />
      </>
    );
  return (
    <>
      {way.subject && (
        <TextInput
          aria-label={m.reply_subject()}
          placeholder={m.reply_subject()}
          variant="unstyled"
          className={classes.subject}
          maxLength={1000}
          disabled={way.blocked}
          value={draft.subject}
          onChange={(event) => draft.setSubject(event.currentTarget.value)}
        />
      )}
      {draft.quoted !== undefined && <QuoteStrip message={draft.quoted} onCancel={draft.dropQuote} />}
      <TextField draft={draft} way={way} />
      <WaitingFiles files={draft.uploads.files} onRemove={draft.uploads.remove} />
      <Unfilled text={draft.text} />
      <Bottom draft={draft} way={way} lead={lead} />
    </>
  );
}

function TextField({ draft, way }: { draft: ReplyDraft; way: Way }) {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    draft.submit();
  };
  return (
    <Textarea
      ref={draft.field}
      aria-label={m.reply_text()}
      placeholder={m.reply_placeholder()}
      variant="unstyled"
      autosize
      minRows={2}
      maxRows={8}
      disabled={way.blocked}
      value={draft.text}
      onChange={(event) => draft.setText(event.currentTarget.value)}
      onKeyDown={onKeyDown}
      onPaste={(event) => {
        const files = [...event.clipboardData.files];
        if (files.length === 0) return;
        event.preventDefault();
        draft.uploads.add(files, way);
      }}
    />
  );
}

function Unfilled({ text }: { text: string }) {
  const left = unfilled(text);
  if (left.length === 0) return null;
  return <p className={classes.warning}>{m.reply_unfilled({ what: left.join(', ') })}</p>;
}

function Bottom({ draft, way, lead }: { draft: ReplyDraft; way: Way; lead: LeadDetail }) {
  return (
    <div className={classes.bottom}>
      {!draft.over && (
        <>
          <AttachButton way={way} onFiles={(files) => draft.uploads.add(files, way)} />
          <TemplateMenu lead={lead} disabled={way.blocked} onChoose={draft.insert} />
        </>
      )}
      <span className={classes.status} role="status">
        {!draft.over && <Counter used={draft.text.length} most={way.maxTextChars} />}
        {
          {
            idle: !draft.over && <span className={classes.hint}>{m.reply_hint()}</span>,
            saving: m.reply_draft_saving(),
            saved: m.reply_draft_saved(),
            failed: m.reply_draft_failed(),
          }[draft.state]
        }
      </span>
      <Button
        type="submit"
        size="xs"
        disabled={!draft.ready}
        loading={draft.busy}
        rightSection={<IconSend2 size={16} aria-hidden="true" />}
      >
        {m.reply_send()}
      </Button>
    </div>
  );
}

function Counter({ used, most }: { used: number; most: number }) {
  if (used > most) return <span className={classes.over}>{m.reply_too_long({ over: used - most })} · </span>;
  // Long before the end it is only noise.
  if (used < most * 0.8) return null;
  return <span className="num">{m.reply_left({ left: most - used })} · </span>;
}

function AttachButton({ way, onFiles }: { way: Way; onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  if (way.files === null) return null;
  const limit = m.reply_files_limit({ count: way.files.maxCount, size: fileSize(largestFile(way)) });
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="attach"
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
      <Tooltip label={`${m.reply_attach()}. ${limit}`} multiline maw={260}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={32}
          disabled={way.blocked}
          aria-label={`${m.reply_attach()}. ${limit}`}
          onClick={() => input.current?.click()}
        >
          <IconPaperclip size={19} aria-hidden="true" />
        </ActionIcon>
      </Tooltip>
    </>
  );
}
