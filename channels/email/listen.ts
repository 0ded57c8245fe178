import type { EndpointContext, ListenTools } from '../../src/channel.ts';
import { type Connection, connect } from './connect.ts';
import { type Folder, findFolders } from './folders.ts';
import { BadLogin } from './oauth.ts';
import { imapServer } from './providers.ts';
import type { EmailSettings } from './settings.ts';
import { syncFolder } from './sync.ts';

/** IDLE is a hint. Every folder is looked at this often whatever it says; only the inbox is idled on. */
const SWEEP_MS = 90_000;
const FIRST_RETRY_MS = 2000;
const LAST_RETRY_MS = 5 * 60_000;
/** A connection that held this long was a good one: the next break starts from the shortest wait again. */
const STEADY_MS = 60_000;

/**
 * One connection to the mailbox, until the signal aborts. A lost connection is made anew with growing waits; a refused
 * log-in is not tried again, because providers lock accounts for that: it ends in `needs-human`.
 */
export async function listen(
  endpoint: EndpointContext<EmailSettings>,
  tools: ListenTools,
  signal: AbortSignal,
  sweepMs = SWEEP_MS,
): Promise<void> {
  const as = endpoint.settings.address;
  if (imapServer(endpoint.settings) === undefined) {
    tools.report({ state: 'connected', as, detail: 'No IMAP server is set: mail comes by posts only.' });
    await untilAborted(signal);
    return;
  }
  let waitMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    const began = Date.now();
    let reason = 'The mail server closed the connection.';
    try {
      tools.report({ state: 'connecting', as });
      await watch(endpoint, tools, signal, sweepMs);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof BadLogin) {
        tools.report({ state: 'needs-human', as, detail: error.message });
        return;
      }
      reason = plainReason(error);
    }
    if (signal.aborted) return;
    if (Date.now() - began > STEADY_MS) waitMs = FIRST_RETRY_MS;
    // Half to whole of it, so that many mailboxes do not come back all at once.
    const pauseMs = waitMs * (0.5 + Math.random() / 2);
    waitMs = Math.min(LAST_RETRY_MS, waitMs * 2);
    tools.log('email.disconnected', { retryMs: Math.round(pauseMs) });
    tools.report({ state: 'waiting', as, detail: reason, retryAt: new Date(Date.now() + pauseMs) });
    await pause(pauseMs, signal);
  }
}

/** From one log-in to the end of that connection. */
async function watch(
  endpoint: EndpointContext<EmailSettings>,
  tools: ListenTools,
  signal: AbortSignal,
  sweepMs: number,
): Promise<void> {
  const { settings } = endpoint;
  const connection = await connect(endpoint, tools, signal);
  const { client } = connection;
  try {
    const { folders, missing } = await findFolders(client, settings);
    const [main, ...others] = folders;
    if (main === undefined) throw new Error('None of the folders to watch is in the mailbox.');
    const reading = {
      client,
      tools,
      signal,
      startFrom: settings.startFrom,
      maxMessageBytes: settings.maxMessageMb * 1024 * 1024,
    };
    const sync = async (list: readonly Folder[]): Promise<void> => {
      for (const folder of list) if (!signal.aborted) await syncFolder(reading, folder);
    };
    // The other folders first: IDLE then stays on the one that was opened last.
    await sync([...others, main]);
    const detail = missing.length === 0 ? {} : { detail: `Not in the mailbox: ${missing.join(', ').slice(0, 300)}.` };
    tools.report({ state: 'connected', as: settings.address, ...detail });
    await follow(
      connection,
      signal,
      sweepMs,
      () => sync([main]),
      () => sync([...others, main]),
    );
  } finally {
    client.close();
    await connection.closed;
  }
}

/** Idles, and reads when the server speaks up or the time has come. Ends with the connection. */
async function follow(
  { client, closed }: Connection,
  signal: AbortSignal,
  sweepMs: number,
  readMain: () => Promise<void>,
  readAll: () => Promise<void>,
): Promise<void> {
  let ended = false;
  // Something may have come between the first reading and now.
  let arrived = true;
  let wake: () => void = () => undefined;
  void closed.then(() => {
    ended = true;
    wake();
  });
  const hear = (): void => {
    arrived = true;
    wake();
  };
  client.on('exists', hear);
  let sweepAt = Date.now() + sweepMs;
  while (!ended && !signal.aborted) {
    if (!arrived && Date.now() < sweepAt) {
      const timer = setTimeout(() => wake(), sweepAt - Date.now());
      const heard = new Promise<void>((resolve) => {
        wake = resolve;
      });
      // Rejects only with the connection, and that is heard as its close.
      client.idle().catch(() => undefined);
      await heard;
      clearTimeout(timer);
      if (ended || signal.aborted) break;
    }
    arrived = false;
    if (Date.now() >= sweepAt) {
      sweepAt = Date.now() + sweepMs;
      await readAll();
    } else await readMain();
  }
}

/** What a person can do something about, without the words of the server, which may name anybody. */
function plainReason(error: unknown): string {
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  if (/ENOTFOUND|EAI_AGAIN/.test(code)) return 'The name of the IMAP server cannot be resolved.';
  if (/ECONNREFUSED/.test(code)) return 'The IMAP server takes no connections on this port.';
  if (/TIMEOUT|ETIMEDOUT/i.test(code)) return 'The IMAP server does not answer.';
  if (/CERT|TLS|SSL|SELF_SIGNED/i.test(code)) return 'The encryption of the IMAP server is not trustworthy.';
  return 'The mailbox could not be read; it is tried again.';
}

const untilAborted = (signal: AbortSignal): Promise<void> => pause(2 ** 31 - 1, signal);

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
