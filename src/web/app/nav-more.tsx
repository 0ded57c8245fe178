import { Popover, UnstyledButton } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { m } from '../paraglide/messages.js';
import type { NavItem } from './nav.tsx';
import classes from './shell.module.css';

export function NavMore({ items }: { items: readonly NavItem[] }) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} position="top-end" shadow="md" trapFocus>
      <Popover.Target>
        <UnstyledButton className={classes.bottomLink} onClick={() => setOpened(!opened)}>
          <span className={classes.bottomIcon}>
            <IconDots size={21} stroke={1.7} aria-hidden="true" />
          </span>
          <span>{m.nav_more()}</span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown aria-label={m.nav_more()} p={6}>
        {items.map((item) => (
          <Link key={item.section} to={item.to} className={classes.moreLink} onClick={() => setOpened(false)}>
            <item.icon size={19} stroke={1.7} aria-hidden="true" />
            <span>{item.label}</span>
          </Link>
        ))}
      </Popover.Dropdown>
    </Popover>
  );
}
