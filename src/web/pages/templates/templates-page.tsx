import '../../app/form-styles.ts';
import { ActionIcon, Badge, Button } from '@mantine/core';
import { IconMessages, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { templatesQuery } from '../../api/queries.ts';
import { send } from '../../api/send.ts';
import type { ReplyTemplate } from '../../api/types.ts';
import { isLeading, useMe } from '../../app/access.ts';
import { m } from '../../paraglide/messages.js';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { useAction } from '../../parts/use-action.ts';
import { TemplateForm } from './template-form.tsx';
import classes from './templates.module.css';

/** Texts that managers put into their answers. Whoever leads writes them. */
export function TemplatesPage() {
  const me = useMe();
  const found = useQuery(templatesQuery);
  const [editing, setEditing] = useState<ReplyTemplate | 'new'>();
  const [deleting, setDeleting] = useState<ReplyTemplate>();
  const remove = useAction((id: string) => send<void>('DELETE', `/templates/${id}`), {
    refresh: [['templates']],
    onDone: () => setDeleting(undefined),
  });
  const may = isLeading(me.role);
  const add = (
    <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => setEditing('new')}>
      {m.template_add()}
    </Button>
  );
  return (
    <Page title={m.template_title()} intro={m.template_intro()} actions={may ? add : undefined}>
      {found.isPending && <Loading />}
      {found.isError && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {found.data?.length === 0 && (
        <div className="card">
          <Empty icon={IconMessages} title={m.template_empty_title()}>
            {may ? m.template_empty() : undefined}
          </Empty>
        </div>
      )}
      {found.data !== undefined && found.data.length > 0 && (
        <ul className={`card ${classes.rows}`} data-testid="template-list">
          {found.data.map((template) => (
            <Row key={template.id} template={template} onEdit={may ? setEditing : undefined} onDelete={setDeleting} />
          ))}
        </ul>
      )}
      <Dialog
        opened={editing !== undefined}
        onClose={() => setEditing(undefined)}
        title={editing === 'new' ? m.template_add() : m.template_edit()}
        size="lg"
      >
        <TemplateForm template={editing === 'new' ? undefined : editing} onDone={() => setEditing(undefined)} />
      </Dialog>
      <ConfirmDialog
        opened={deleting !== undefined}
        title={m.delete_what({ name: deleting?.name ?? '' })}
        button={m.delete()}
        busy={remove.isPending}
        onConfirm={() => deleting !== undefined && remove.mutate(deleting.id)}
        onClose={() => setDeleting(undefined)}
      >
        {m.template_delete_means()}
      </ConfirmDialog>
    </Page>
  );
}

interface RowProps {
  readonly template: ReplyTemplate;
  readonly onEdit: ((template: ReplyTemplate) => void) | undefined;
  readonly onDelete: (template: ReplyTemplate) => void;
}

function Row({ template, onEdit, onDelete }: RowProps) {
  return (
    <li className={classes.row} data-testid="template-row">
      <div className={classes.what}>
        <div className={classes.name}>
          <strong>{template.name}</strong>
          <Badge size="sm" color="gray">
            {{ en: 'English', ru: 'Русский' }[template.language]}
          </Badge>
        </div>
        <p className={classes.text}>{template.text}</p>
      </div>
      {onEdit !== undefined && (
        <div className={classes.actions}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={m.edit_what({ name: template.name })}
            onClick={() => onEdit(template)}
          >
            <IconPencil size={18} aria-hidden="true" />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`${m.delete()}: ${template.name}`}
            onClick={() => onDelete(template)}
          >
            <IconTrash size={18} aria-hidden="true" />
          </ActionIcon>
        </div>
      )}
    </li>
  );
}
