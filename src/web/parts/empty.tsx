import { Stack, Text, Title } from '@mantine/core';
import type { TablerIcon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './parts.module.css';

interface Props {
  readonly icon: TablerIcon;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** Nothing here, and what that means. */
export function Empty({ icon: Icon, title, children, action }: Props) {
  return (
    <Stack align="center" gap={6} className={classes.empty}>
      <span className={classes.emptyIcon}>
        <Icon size={28} stroke={1.5} aria-hidden="true" />
      </span>
      <Title order={2}>{title}</Title>
      {children !== undefined && (
        <Text c="dimmed" ta="center" maw={440} size="sm">
          {children}
        </Text>
      )}
      {action}
    </Stack>
  );
}
