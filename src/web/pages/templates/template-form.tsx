import { Button, Group, SegmentedControl, Stack, Textarea, TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import { send } from '../../api/send.ts';
import type { Language, NewReplyTemplate, ReplyTemplate } from '../../api/types.ts';
import { useMe } from '../../app/access.ts';
import { useLanguage } from '../../i18n/language.ts';
import { m } from '../../paraglide/messages.js';
import { useAction } from '../../parts/use-action.ts';
import classes from './templates.module.css';

const GAPS = [
  { gap: '{{name}}', words: m.template_fill_name, sample: m.template_sample_name },
  { gap: '{{manager}}', words: m.template_fill_manager, sample: undefined },
  { gap: '{{company}}', words: m.template_fill_company, sample: m.template_sample_company },
] as const;

interface Props {
  readonly template: ReplyTemplate | undefined;
  readonly onDone: () => void;
}

export function TemplateForm({ template, onDone }: Props) {
  const spoken = useLanguage();
  const field = useRef<HTMLTextAreaElement>(null);
  const [name, setName] = useState(template?.name ?? '');
  const [language, setLanguage] = useState<Language>(template?.language ?? spoken);
  const [text, setText] = useState(template?.text ?? '');
  const save = useAction(
    (wanted: NewReplyTemplate) =>
      template === undefined
        ? send<ReplyTemplate>('POST', '/templates', wanted)
        : send<ReplyTemplate>('PUT', `/templates/${template.id}`, wanted),
    { refresh: [['templates']], done: m.saved(), onDone },
  );
  const insert = (gap: string): void => {
    const at = field.current?.selectionStart ?? text.length;
    setText(text.slice(0, at) + gap + text.slice(field.current?.selectionEnd ?? at));
    field.current?.focus();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ name: name.trim(), language, text: text.trim() });
      }}
    >
      <Stack>
        <TextInput
          label={m.template_name()}
          placeholder={m.template_name_example()}
          required
          withAsterisk={false}
          maxLength={200}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <SegmentedControl
          aria-label={m.language()}
          value={language}
          onChange={(chosen) => setLanguage(chosen as Language)}
          data={[
            { value: 'en', label: 'English' },
            { value: 'ru', label: 'Русский' },
          ]}
        />
        <Textarea
          ref={field}
          label={m.template_text()}
          required
          withAsterisk={false}
          autosize
          minRows={4}
          maxRows={14}
          maxLength={4000}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Gaps onInsert={insert} />
        {text.trim() !== '' && <Preview text={text} />}
        <Group justify="flex-end">
          <Button type="submit" disabled={name.trim() === '' || text.trim() === ''} loading={save.isPending}>
            {m.save()}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Gaps({ onInsert }: { onInsert: (gap: string) => void }) {
  return (
    <fieldset className={classes.gaps}>
      <legend>{m.template_fill()}</legend>
      {GAPS.map(({ gap, words }) => (
        <Button key={gap} size="compact-sm" variant="default" onClick={() => onInsert(gap)}>
          {words()}
        </Button>
      ))}
    </fieldset>
  );
}

function Preview({ text }: { text: string }) {
  const me = useMe();
  const shown = GAPS.reduce((all, { gap, sample }) => all.replaceAll(gap, sample?.() ?? me.name), text);
  return (
    <figure className={classes.preview} data-testid="template-preview">
      <figcaption>{m.template_preview()}</figcaption>
      <p>{shown}</p>
    </figure>
  );
}
