import { useRef, useState } from 'react';
import type { LeadDetail, NewReply, TimelineMessage, Way } from '../../api/types.ts';
import { useFromNow } from '../../parts/use-now.ts';
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
  const field = useRef<HTMLTextAreaElement>(null);
  const [chosen, setChosen] = useState(() => keyOf(firstWay(lead)));
  const pieces = usePieces(lead);
  const { text, setText, subject, provider, setProvider, uploads } = pieces;
  const quotedMessage = asked ?? pieces.restored;
  const way = pick(lead, quotedMessage, chosen);
  const quoted = way?.endpoint.id === quotedMessage?.endpoint?.id && way?.quotes ? quotedMessage : undefined;
  const over = useFromNow((now) => way !== undefined && windowIsOver(way, now));
  const keeper = useDraft(lead.id, {
    text,
    endpointId: way?.endpoint.id ?? null,
    quotes: quoted?.id ?? null,
    subject: way?.subject === true ? subject : null,
  });
  const dropQuote = (): void => {
    pieces.setRestored(undefined);
    onQuote(undefined);
  };
  const reply = useReply(lead);
  const written = { text, subject, quoted, files: uploads.files, provider };
  const ready = way !== undefined && !way.blocked && isReady(way, over, written);
  const submit = (): void => {
    if (!ready || reply.isPending) return;
    reply.mutate({
      ...wantedOf(way, over, written),
      way,
      before: once(keeper.settle),
      onFailed: () => pieces.back(written),
    });
    pieces.clear();
    dropQuote();
    field.current?.focus();
  };
  return {
    ...pieces,
    field,
    way,
    over,
    quoted,
    dropQuote,
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

/** What is typed and chosen, from the draft of last time on. */
function usePieces(lead: LeadDetail) {
  const [text, setText] = useState(lead.draft?.text ?? '');
  const [subject, setSubject] = useState(() => lead.draft?.subject ?? answerSubject(lead));
  const [restored, setRestored] = useState(() => findMessage(lead, lead.draft?.quotes));
  const [provider, setProvider] = useState<Chosen>(NOT_CHOSEN);
  const uploads = useUploads(lead.id);
  return {
    text,
    setText,
    subject,
    setSubject,
    restored,
    setRestored,
    provider,
    setProvider,
    uploads,
    clear: () => {
      setText('');
      setProvider(NOT_CHOSEN);
      uploads.put([]);
    },
    back: (written: Written) => {
      // What was typed meanwhile is not thrown away for what comes back.
      setText((typed) => [written.text, typed].filter((part) => part !== '').join('\n\n'));
      setProvider(written.provider);
      uploads.put((files) => [...written.files, ...files]);
      setRestored(written.quoted);
    },
  };
}

/** At the first attempt, not at each: what is typed meanwhile is a draft of its own. */
function once(settle: () => Promise<void>): () => Promise<void> {
  let settled: Promise<void> | undefined;
  return () => {
    settled ??= settle();
    return settled;
  };
}

const wantedOf = (way: Way, over: boolean, written: Written) =>
  over
    ? { text: chosenText(way, written.provider), body: templateBody(way, written.provider) }
    : { text: written.text, body: freeBody(way, written) };

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
