import type { LiveEvent } from './types.ts';

/** `polling`: this server holds no connections (a Worker); lists are read again from time to time. */
export type LiveState = 'connecting' | 'live' | 'offline' | 'polling';

const TYPES = [
  'lead.opened',
  'lead.changed',
  'lead.claimed',
  'lead.released',
  'lead.message',
  'quarantine',
  'endpoint',
  'call',
  'desk',
] as const satisfies readonly LiveEvent['type'][];

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Listens to the server's events and reconnects by itself. EventSource's own reconnecting gives up for good after some
 * answers (a 503 of a restarting server among them), so each break opens a new one, later and later.
 */
export function listen(
  onEvent: (event: LiveEvent) => void,
  onState: (state: LiveState, again: boolean) => void,
): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMs = FIRST_WAIT_MS;
  let opened = 0;
  let stopped = false;

  const connect = (): void => {
    clearTimeout(timer);
    source?.close();
    source = new EventSource('/api/v1/events');
    source.onopen = () => {
      waitMs = FIRST_WAIT_MS;
      onState('live', opened > 0);
      opened += 1;
    };
    source.onerror = async () => {
      source?.close();
      clearTimeout(timer);
      if (opened === 0 && (await holdsNoConnections())) {
        if (!stopped) onState('polling', false);
        stopped = true;
        return;
      }
      if (stopped) return;
      onState('offline', opened > 0);
      timer = setTimeout(connect, waitMs * (0.75 + Math.random() / 2));
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    };
    for (const type of TYPES)
      source.addEventListener(type, (message: MessageEvent<string>) => onEvent(JSON.parse(message.data) as LiveEvent));
  };

  const atOnce = (): void => {
    if (!stopped && source?.readyState !== EventSource.OPEN) connect();
  };
  window.addEventListener('online', atOnce);
  connect();
  return () => {
    stopped = true;
    window.removeEventListener('online', atOnce);
    clearTimeout(timer);
    source?.close();
  };
}

/** EventSource does not tell the status, so it is asked for once by hand. */
async function holdsNoConnections(): Promise<boolean> {
  const patience = new AbortController();
  const status = await fetch('/api/v1/events', { signal: patience.signal }).then(
    (response) => response.status,
    () => 0,
  );
  patience.abort();
  return status === 501;
}
