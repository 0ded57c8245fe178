import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { EndpointContext, Outbound, Sent, Tools } from '../../src/channel.ts';
import { Later, Refused } from '../../src/errors.ts';
import { type Composed, compose } from './compose.ts';
import { BadLogin, fetchAccessToken } from './oauth.ts';
import { smtpServer } from './providers.ts';
import type { EmailSettings } from './settings.ts';

/** RFC 5321 4.5.3.2 allows ten minutes after the last dot; a sender that waits so long holds a worker for nothing. */
const SOCKET_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 20_000;
const RETRY_SECONDS = 60;
const LAST_RETRY_SECONDS = 30 * 60;

/**
 * Sends one mail by SMTP. The connection is driven step by step, because what a failure means depends on how far it
 * got: before the server asked for the mail nothing was sent; after that the outcome is not known.
 */
export async function send(
  message: Outbound,
  endpoint: EndpointContext<EmailSettings>,
  tools: Tools,
  signal: AbortSignal,
): Promise<Sent> {
  const mail = await compose(message, endpoint);
  const retry = Math.min(LAST_RETRY_SECONDS, RETRY_SECONDS * 2 ** Math.min(10, message.attempt - 1));
  const progress = { begun: false };
  try {
    return await deliver(mail, endpoint, tools, signal, progress);
  } catch (error) {
    if (error instanceof Later || error instanceof Refused) throw error;
    throw judge(error, progress.begun, retry);
  }
}

async function deliver(
  mail: Composed,
  endpoint: EndpointContext<EmailSettings>,
  tools: Tools,
  signal: AbortSignal,
  progress: { begun: boolean },
): Promise<Sent> {
  const { settings } = endpoint;
  const server = smtpServer(settings);
  if (server === undefined) throw new Refused('No SMTP server is set for this mailbox.');
  signal.throwIfAborted();
  const accessToken = settings.auth === 'oauth2' ? await fetchAccessToken(endpoint, tools) : undefined;
  const connection = new SMTPConnection({
    host: server.host,
    port: server.port,
    secure: server.security === 'tls',
    requireTLS: server.security === 'starttls',
    ignoreTLS: server.security === 'none',
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    dnsTimeout: CONNECT_TIMEOUT_MS,
  });
  const abort = (): void => connection.close();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await talk(connection, mail, settings, accessToken, signal, progress);
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Greeting, log-in, envelope, mail. */
function talk(
  connection: SMTPConnection,
  mail: Composed,
  settings: EmailSettings,
  accessToken: string | undefined,
  signal: AbortSignal,
  progress: { begun: boolean },
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    connection.on('error', reject);
    connection.once('end', () => reject(new Error('The SMTP server closed the connection.')));
    signal.addEventListener('abort', () => reject(new Error('Sending was stopped.')), { once: true });
    const transmit = (): void => {
      // Read for the first time when the server has said 354: from here on the mail may be on its way.
      const source = Readable.from(
        (function* () {
          progress.begun = true;
          yield mail.raw;
        })(),
        { objectMode: false },
      );
      const envelope = { from: mail.from, to: [mail.to], size: mail.raw.length };
      connection.send(envelope, source, (error, info) => {
        if (error !== null) return reject(error);
        const extra = (info as { serverMessageId?: string }).serverMessageId;
        // Microsoft and Amazon put an id of their own in place of ours: answers and bounces name that one.
        const more = extra !== undefined && extra !== mail.messageId ? { moreIds: [extra] } : {};
        connection.quit();
        resolve({ providerId: mail.messageId, ...more });
      });
    };
    connection.connect((error) => {
      if (error !== undefined && error !== null) return reject(error);
      const user = settings.user || settings.address;
      // A relay of one's own may know its senders by their address and offer no log-in.
      if (!connection.allowsAuth || (accessToken === undefined && settings.password === '')) return transmit();
      const auth =
        accessToken === undefined
          ? { user, credentials: { user, pass: settings.password } }
          : { user, method: 'XOAUTH2', oauth2: tokenOf(user, accessToken) };
      connection.login(auth as Parameters<SMTPConnection['login']>[0], (failed) =>
        failed !== undefined && failed !== null ? reject(failed) : transmit(),
      );
    });
  });
}

/** In place of nodemailer's own OAuth client: the token was fetched just now, a refused one is not fetched again. */
const tokenOf = (user: string, accessToken: string) => ({
  getToken: (_renew: boolean, done: (error: Error | null, token: string) => void) => done(null, accessToken),
  buildXOAuth2Token: (token: string) =>
    Buffer.from(`user=${user}\u0001auth=Bearer ${token}\u0001\u0001`, 'utf8').toString('base64'),
});

/** In plain words and without the server's own, which name the client. */
function judge(error: unknown, begun: boolean, retry: number): Error {
  if (error instanceof BadLogin) return new Later(LAST_RETRY_SECONDS, error.message);
  const { code, responseCode, permanent, command } = error as {
    code?: string;
    responseCode?: number;
    permanent?: boolean;
    command?: string;
  };
  const said = responseCode === undefined ? '' : ` (${responseCode})`;
  // A wrong password will not get better by itself, but the mail is still good once somebody has mended it.
  if (code === 'EAUTH' || code === 'ENOAUTH')
    return new Later(LAST_RETRY_SECONDS, `The SMTP server refuses the log-in of this mailbox${said}.`);
  if (permanent === true) return new Refused(`${REASONS.find(([test]) => test(code, command))![1]}${said}.`);
  if (permanent === false) return new Later(retry, `The SMTP server asks to come back later${said}.`);
  if (code === 'EMESSAGE' && !begun) return new Refused('The mail is larger than the SMTP server takes.');
  if (!begun) return new Later(retry, 'The SMTP server cannot be reached.');
  return new Error('The connection broke while the mail was being handed over.', { cause: error });
}

const REASONS: readonly (readonly [(code?: string, command?: string) => boolean, string])[] = [
  [(_code, command) => command === 'RCPT TO', 'The mail server refuses the address of the client'],
  [(_code, command) => command === 'MAIL FROM', 'The mail server does not let this mailbox send'],
  [() => true, 'The mail server refuses this mail'],
];
