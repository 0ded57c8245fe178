import { useRef, useState } from 'react';
import type { LeadDetail, NewReply, TimelineMessage, Way } from '../../api/types.ts';
import { useNow } from '../../parts/use-now.ts';
import { type Chosen, chosenText, isFilled, NOT_CHOSEN } from './provider-choice.ts';
import { useDraft } from './use-draft.ts';
import { useReply } from './use-reply.ts';
import { useUploads } from './use-uploads.ts';
import { answerSubject, findMessage, firstWay, wayKey, windowIsOver } from './ways.ts';

export type ReplyDraft = ReturnType<typeof useReplyDraft>;

/** Everything about an answer that is not sent yet. */
export function useReplyDraft(
  lead: LeadDetail,
  asked: TimelineMessage | undefined,
  onQuote: (message: TimelineMessage | undefined) => void,
) {
  const now = useNow();
  const field = useRef<HTMLTextAreaElement>(null);
  const [chosen, setChosen] = useState(() => keyOf(firstWay(lead)));
  const [text, setText] = useState(lead.draft?.text ?? '');
  const [subject, setSubject] = useState(() => lead.draft?.subject ?? answerSubject(lead));
  const [restored, setRestored] = useState(() => findMessage(lead, lead.draft?.quotes));
  const [provider, setProvider] = useState<Chosen>(NOT_CHOSEN);
  const uploads = useUploads(lead.id);
  const quotedMessage = asked ?? restored;
  const way = pick(lead, quotedMessage, chosen);
  const quoted = way?.endpoint.id === quotedMessage?.endpoint?.id && way?.quotes ? quotedMessage : undefined;
  const over = way !== undefined && windowIsOver(way, now);
  const keeper = useDraft(lead.id, {
    text,
    endpointId: way?.endpoint.id ?? null,
    quotes: quoted?.id ?? null,
    subject: way?.subject === true ? subject : null,
  });
  const reply = useReply(lead);
  const dropQuote = (): void => {
    setRestored(undefined);
    onQuote(undefined);
  };
  const written = { text, subject, quoted, files: uploads.files, provider };
  const ready = way !== undefined && !way.blocked && isReady(way, over, written);

  const submit = (): void => {
    if (!ready || reply.isPending) return;
    const whole = over ? chosenText(way, provider) : text;
    const body = over ? templateBody(way, provider) : freeBody(way, written);
    setText('');
    setProvider(NOT_CHOSEN);
    uploads.put([]);
    dropQuote();
    reply.mutate({
      body,
      way,
      text: whole,
      before: keeper.settle,
      onFailed: () => {
        // What was typed meanwhile is not thrown away for what comes back.
        setText((typed) => [written.text, typed].filter((part) => part !== '').join('\n\n'));
        setProvider(written.provider);
        uploads.put((files) => [...written.files, ...files]);
        setRestored(written.quoted);
      },
    });
    field.current?.focus();
  };
  return {
    field,
    way,
    over,
    text,
    setText,
    subject,
    setSubject,
    quoted,
    dropQuote,
    provider,
    setProvider,
    uploads,
    ready,
    busy: reply.isPending,
    state: keeper.state,
    submit,
    chooseWay: (wanted: Way) => {
      dropQuote();
      setProvider(NOT_CHOSEN);
      setChosen(wayKey(wanted));
    },
    insert: (template: string) => {
      setText((typed) => (typed.trim() === '' ? template : `${typed.trimEnd()}\n${template}`));
      // After the menu has given the focus back.
      setTimeout(() => field.current?.focus(), 50);
    },
  };
}

const keyOf = (way: Way | undefined): string => (way === undefined ? '' : wayKey(way));

/** Who quotes a message answers the way it came. */
function pick(lead: LeadDetail, quoted: TimelineMessage | undefined, chosen: string): Way | undefined {
  const same = lead.ways.find((way) => way.kind === 'conversation' && way.endpoint.id === quoted?.endpoint?.id);
  return same ?? lead.ways.find((way) => wayKey(way) === chosen) ?? lead.ways[0];
}

interface Written {
  readonly text: string;
  readonly subject: string;
  readonly quoted: TimelineMessage | undefined;
  readonly files: ReturnType<typeof useUploads>['files'];
  readonly provider: Chosen;
}

function isReady(way: Way, over: boolean, { text, files, provider }: Written): boolean {
  if (over) return isFilled(way, provider);
  if (files.some((file) => file.id === undefined)) return false;
  return (text.trim() !== '' || files.length > 0) && text.length <= way.maxTextChars;
}

const to = (way: Way) => ({
  endpointId: way.endpoint.id,
  ...(way.kind === 'first' && way.identity !== null ? { identityId: way.identity.id } : {}),
});

const freeBody = (way: Way, { text, subject, quoted, files }: Written): NewReply => ({
  ...to(way),
  text,
  ...(way.subject && subject.trim() !== '' ? { subject: subject.trim() } : {}),
  ...(quoted === undefined ? {} : { quotes: quoted.id }),
  files: files.flatMap((file) => (file.id === undefined ? [] : [file.id])),
});

function templateBody(way: Way, { index, variables }: Chosen): NewReply {
  const template = way.templates[index];
  if (template === undefined) throw new Error('no template is chosen');
  return { ...to(way), template: { name: template.name, language: template.language, variables: [...variables] } };
}
