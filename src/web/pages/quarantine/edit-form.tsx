import { Alert, Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { type QueryKey, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { contentQuery } from '../../api/queries.ts';
import { ApiError, send } from '../../api/send.ts';
import type { DeliveryContent } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import { useAction } from '../../parts/use-action.ts';
import classes from './quarantine.module.css';

interface Props {
  readonly id: string;
  readonly refresh: readonly QueryKey[];
  readonly onDone: () => void;
}

/** The delivery as it came, to be put right by hand. The original is kept whatever is written here. */
export function EditForm({ id, refresh, onDone }: Props) {
  const { data, error, refetch } = useQuery(contentQuery(id));
  if (error instanceof ApiError && error.status === 429) return <Alert color="amber">{m.reveal_used_up()}</Alert>;
  if (error !== null) return <Failed error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loading />;
  return <Editor content={data} refresh={refresh} onDone={onDone} />;
}

interface EditorProps extends Omit<Props, 'id'> {
  readonly content: DeliveryContent;
}

function Editor({ content, refresh, onDone }: EditorProps) {
  const [body, setBody] = useState(content.body);
  const [contentType, setContentType] = useState(content.contentType ?? '');
  const edit = useAction(
    () =>
      send<void>('POST', `/quarantine/${content.id}/edit`, {
        body,
        ...(contentType === (content.contentType ?? '') ? {} : { contentType }),
      }),
    { refresh, done: m.quarantine_retried(), onDone },
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        edit.mutate();
      }}
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {m.quarantine_edit_intro()}
        </Text>
        {content.binary && <Alert color="amber">{m.quarantine_binary()}</Alert>}
        <TextInput
          label={m.content_type()}
          value={contentType}
          maxLength={200}
          onChange={(event) => setContentType(event.currentTarget.value)}
        />
        <Textarea
          label={m.content()}
          classNames={{ input: classes.body }}
          autosize
          minRows={8}
          maxRows={20}
          spellCheck={false}
          readOnly={content.binary}
          data-autofocus
          value={body}
          onChange={(event) => setBody(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button type="submit" disabled={content.binary} loading={edit.isPending}>
            {m.quarantine_edit_button()}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
