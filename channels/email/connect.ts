import { ImapFlow } from 'imapflow';
import type { EndpointContext, Tools } from '../../src/channel.ts';
import { BadLogin, fetchAccessToken } from './oauth.ts';
import { imapServer } from './providers.ts';
import type { EmailSettings } from './settings.ts';

export interface Connection {
  readonly client: ImapFlow;
  /** Resolves when the connection is over, whoever ended it. */
  readonly closed: Promise<void>;
}

/** Servers drop an IDLE after 30 minutes at the latest (RFC 2177); many firewalls forget a quiet one sooner. */
const IDLE_MS = 5 * 60_000;

/** A new instance each time: ImapFlow connects once. @throws BadLogin when only a person can help */
export async function connect(
  endpoint: EndpointContext<EmailSettings>,
  tools: Tools,
  signal: AbortSignal,
): Promise<Connection> {
  const { settings } = endpoint;
  const server = imapServer(settings);
  if (server === undefined) throw new Error('No IMAP server is set.');
  const user = settings.user || settings.address;
  const login =
    settings.auth === 'oauth2'
      ? { user, accessToken: await fetchAccessToken(endpoint, tools) }
      : { user, pass: settings.password };
  const mailBytes = settings.maxMessageMb * 1024 * 1024;
  const client = new ImapFlow({
    host: server.host,
    port: server.port,
    secure: server.security === 'tls',
    // Left out, it would stay in the clear whenever somebody on the way hides the server's offer.
    doSTARTTLS: server.security === 'starttls',
    auth: login,
    logger: false,
    maxIdleTime: IDLE_MS,
    maxLiteralSize: mailBytes + 1024 * 1024,
    maxResponseSize: mailBytes + 8 * 1024 * 1024,
    connectionTimeout: 30_000,
    disableCompression: true,
    clientInfo: { name: 'Inlet' },
  });
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  // Without a listener an error of the socket would end the process; what follows it is always a close.
  client.on('error', () => undefined);
  const abort = (): void => client.close();
  signal.addEventListener('abort', abort, { once: true });
  void closed.then(() => signal.removeEventListener('abort', abort));
  try {
    await client.connect();
  } catch (error) {
    client.close();
    if (isRefusedLogin(error))
      throw new BadLogin('The mail server refuses the user name or the password.', { cause: error });
    throw error;
  }
  return { client, closed };
}

/** A server that is busy says so with a code of its own (RFC 5530); that is no wrong password. */
function isRefusedLogin(error: unknown): boolean {
  const { authenticationFailed, serverResponseCode } = error as {
    authenticationFailed?: boolean;
    serverResponseCode?: string;
  };
  return authenticationFailed === true && !/^(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG)$/i.test(serverResponseCode ?? '');
}
