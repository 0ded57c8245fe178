import type { ReactNode } from 'react';
import { Mark } from '../app/mark.tsx';
import { LanguageSwitch } from '../app/switches.tsx';
import { speak, useLanguage } from '../i18n/language.ts';
import { m } from '../paraglide/messages.js';
import classes from './doorway.module.css';

/** The frame of the pages before signing in. */
export function Doorway({ children }: { children: ReactNode }) {
  const language = useLanguage();
  return (
    <div className={classes.doorway}>
      <main className={classes.box}>
        <div className={classes.brand}>
          <Mark size={34} />
          <span className={classes.wordmark}>Inlet</span>
        </div>
        <div className={`card ${classes.card}`}>{children}</div>
        <p className={classes.motto}>{m.motto()}</p>
      </main>
      <footer className={classes.foot}>
        <LanguageSwitch value={language} onChange={speak} />
      </footer>
    </div>
  );
}
