import { Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { titlePage } from '../app/tab-title.ts';
import classes from './parts.module.css';

interface Props {
  readonly title: string;
  /** The heading when it is more than the title. */
  readonly heading?: ReactNode;
  readonly intro?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of every page: one heading, what can be done, the content. */
export function Page({ title, heading, intro, actions, children }: Props) {
  useEffect(() => titlePage(title), [title]);
  return (
    <div className={classes.page}>
      <header className={classes.pageHead}>
        <div className={classes.pageTitle}>
          {heading ?? <Title order={1}>{title}</Title>}
          {intro !== undefined && <div className={classes.pageIntro}>{intro}</div>}
        </div>
        {actions !== undefined && <div className={classes.pageActions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
