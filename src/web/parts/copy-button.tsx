import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { m } from '../paraglide/messages.js';
import { useCopied } from './use-copied.ts';

interface Props {
  readonly text: string;
  /** What is copied, for the button's name: "Copy the address". */
  readonly label: string;
  readonly icon?: boolean;
}

export function CopyButton({ text, label, icon = false }: Props) {
  const [copied, copy] = useCopied();
  const face = copied ? <IconCheck size={17} aria-hidden="true" /> : <IconCopy size={17} aria-hidden="true" />;
  if (icon)
    return (
      <Tooltip label={copied ? m.copied() : label}>
        <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={() => void copy(text)}>
          {face}
        </ActionIcon>
      </Tooltip>
    );
  return (
    <Button variant="default" size="sm" leftSection={face} onClick={() => void copy(text)}>
      {copied ? m.copied() : label}
    </Button>
  );
}
