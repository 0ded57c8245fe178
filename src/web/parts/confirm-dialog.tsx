import { Button, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { m } from '../paraglide/messages.js';
import { Dialog } from './dialog.tsx';

interface Props {
  readonly opened: boolean;
  readonly title: string;
  readonly button: string;
  readonly busy: boolean;
  readonly children: ReactNode;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** For what can't be taken back. */
export function ConfirmDialog({ opened, title, button, busy, children, onConfirm, onClose }: Props) {
  return (
    <Dialog opened={opened} onClose={onClose} title={title}>
      <Text size="sm">{children}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          {m.cancel()}
        </Button>
        <Button color="red" loading={busy} onClick={onConfirm}>
          {button}
        </Button>
      </Group>
    </Dialog>
  );
}
