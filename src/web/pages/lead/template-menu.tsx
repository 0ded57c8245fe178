import { ActionIcon, Popover, TextInput, Tooltip } from '@mantine/core';
import { IconMessages, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { templatesQuery } from '../../api/queries.ts';
import type { LeadDetail, ReplyTemplate } from '../../api/types.ts';
import { useMe } from '../../app/access.ts';
import { m } from '../../paraglide/messages.js';
import classes from './composer.module.css';
import { fillTemplate } from './fill-template.ts';

interface Props {
  readonly lead: LeadDetail;
  readonly disabled: boolean;
  readonly onChoose: (text: string) => void;
}

/** The team's own texts, found by a few letters. */
export function TemplateMenu({ lead, disabled, onChoose }: Props) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} position="top-start" shadow="md" width={320} radius="lg" trapFocus>
      <Popover.Target>
        <Tooltip label={m.reply_templates()} disabled={opened}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={32}
            disabled={disabled}
            aria-label={m.reply_templates()}
            onClick={() => setOpened(!opened)}
          >
            <IconMessages size={19} aria-hidden="true" />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label={m.reply_templates()} p={8}>
        <Choices
          lead={lead}
          onChoose={(text) => {
            setOpened(false);
            onChoose(text);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function Choices({ lead, onChoose }: Pick<Props, 'lead' | 'onChoose'>) {
  const me = useMe();
  const { data: templates = [] } = useQuery(templatesQuery);
  const [search, setSearch] = useState('');
  const filling = { name: lead.contact?.name ?? null, manager: me.name };
  const found = inOrder(templates, lead.language).filter(({ name, text }) =>
    `${name} ${text}`.toLowerCase().includes(search.trim().toLowerCase()),
  );
  return (
    <>
      <TextInput
        size="sm"
        aria-label={m.reply_templates_search()}
        placeholder={m.reply_templates_search()}
        leftSection={<IconSearch size={16} aria-hidden="true" />}
        data-autofocus
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      <ul className={classes.templates}>
        {found.map((template) => (
          <li key={template.id}>
            <button type="button" onClick={() => onChoose(fillTemplate(template.text, filling))}>
              <strong>{template.name}</strong>
              <span>{fillTemplate(template.text, filling)}</span>
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && (
        <p className={classes.nothing}>{templates.length === 0 ? m.reply_templates_none() : m.nothing_found()}</p>
      )}
    </>
  );
}

/** Those in the client's language first. */
const inOrder = (templates: readonly ReplyTemplate[], language: string | null): ReplyTemplate[] =>
  templates.toSorted((one, other) => Number(other.language === language) - Number(one.language === language));
