import { IconWifiOff } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { m } from '../paraglide/messages.js';
import classes from './shell.module.css';
import { useLiveState } from './use-live.ts';

const PATIENCE_MS = 1500;

/** Says so when the line to the server is down for longer than a blink. */
export function OfflineStrip() {
  const state = useLiveState();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (state !== 'offline') {
      setShown(false);
      return undefined;
    }
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [state]);
  return (
    <div role="status" data-testid="offline">
      {shown && (
        <div className={classes.offline}>
          <IconWifiOff size={18} aria-hidden="true" />
          {m.offline_strip()}
        </div>
      )}
    </div>
  );
}
