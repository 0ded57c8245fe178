import { Button } from '@mantine/core';
import { IconKey, IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { send } from '../../api/send.ts';
import type { Endpoint } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useAction } from '../../parts/use-action.ts';
import { RotateForm } from './rotate-form.tsx';

interface Props {
  readonly endpoint: Endpoint;
  /** Somebody outside posts to it. */
  readonly hasAddress: boolean;
}

export function EndpointActions({ endpoint, hasAddress }: Props) {
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const [rotating, setRotating] = useState(false);
  const pause = useAction((paused: boolean) => send<Endpoint>('PATCH', `/endpoints/${endpoint.id}`, { paused }), {
    refresh: [['endpoints'], ['health']],
  });
  const remove = useAction(() => send<void>('DELETE', `/endpoints/${endpoint.id}`), {
    refresh: [['endpoints']],
    onDone: () => navigate({ to: '/endpoints' }),
  });
  const Icon = endpoint.paused ? IconPlayerPlay : IconPlayerPause;
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon size={17} aria-hidden="true" />}
        loading={pause.isPending}
        onClick={() => pause.mutate(!endpoint.paused)}
      >
        {endpoint.paused ? m.resume() : m.pause()}
      </Button>
      {hasAddress && (
        <Button
          variant="default"
          leftSection={<IconKey size={17} aria-hidden="true" />}
          onClick={() => setRotating(true)}
        >
          {m.rotate_button()}
        </Button>
      )}
      <Button
        variant="default"
        c="var(--mantine-color-error)"
        leftSection={<IconTrash size={17} aria-hidden="true" />}
        onClick={() => setDeleting(true)}
      >
        {m.delete()}
      </Button>
      <Dialog opened={rotating} onClose={() => setRotating(false)} title={m.rotate_title({ name: endpoint.name })}>
        <RotateForm endpoint={endpoint} onDone={() => setRotating(false)} />
      </Dialog>
      <ConfirmDialog
        opened={deleting}
        title={m.endpoint_delete_title({ name: endpoint.name })}
        button={m.delete()}
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
        onClose={() => setDeleting(false)}
      >
        {m.endpoint_delete_means()}
      </ConfirmDialog>
    </>
  );
}
