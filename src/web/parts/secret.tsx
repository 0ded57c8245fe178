import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { CopyButton } from './copy-button.tsx';
import classes from './parts.module.css';

interface Props {
  readonly value: string;
  readonly label: string;
  readonly testId: string;
  readonly children: ReactNode;
}

/** Something shown once, to be handed over. */
export function Secret({ value, label, testId, children }: Props) {
  return (
    <Stack gap="sm" align="flex-start">
      <Text size="sm">{children}</Text>
      <code className={classes.secret} data-testid={testId}>
        {value}
      </code>
      <CopyButton text={value} label={label} />
    </Stack>
  );
}
