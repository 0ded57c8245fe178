import { Stack, Text, Title } from '@mantine/core';
import type { TablerIcon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './parts.module.css';

interface Props {
  readonly icon: TablerIcon;
  readonly title: string;
  /** 1 where nothing else on the page is its heading. */
  readonly order?: 1 | 2;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** Nothing here, and what that means. */
export function Empty({ icon: Icon, title, order = 2, children, action }: Props) {
  return (
    <Stack align="center" gap={6} className={classes.empty}>
      <span className={classes.emptyIcon}>
        <Icon size={28} stroke={1.5} aria-hidden="true" />
      </span>
      <Title order={order} size="h2">
        {title}
      </Title>
      {children !== undefined && (
        <Text c="dimmed" ta="center" maw={440} size="sm">
          {children}
        </Text>
      )}
      {action}
    </Stack>
  );
}
