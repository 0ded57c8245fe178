/** An SMTP server in this process. It keeps one mail for each Message-ID, as mail stores do with a repeated one. */
import type { AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { Got } from '../loopback.ts';

export interface Kept extends Got {
  readonly raw: string;
  readonly from: string;
  readonly to: readonly string[];
}

export interface Smtp {
  readonly port: number;
  readonly kept: Kept[];
  /** How often DATA came, repeats and refused ones too. */
  readonly tried: () => number;
  /** Who logged in, with which OAuth token. */
  readonly logins: () => readonly string[];
  /** What the next attempt meets. */
  meet: (
    what: 'nothing' | 'later' | 'refuse' | 'lose-answer' | 'refuse-recipient' | 'busy-recipient' | 'hang',
  ) => void;
  readonly close: () => Promise<void>;
}

const failure = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });

export async function openSmtp(): Promise<Smtp> {
  let next: Parameters<Smtp['meet']>[0] = 'nothing';
  let tried = 0;
  const logins: string[] = [];
  const kept: Kept[] = [];
  const take = (): typeof next => {
    const now = next;
    next = 'nothing';
    return now;
  };
  const receive = async (raw: Buffer, session: SMTPServerSession, done: (error?: Error) => void): Promise<void> => {
    tried += 1;
    const how = take();
    if (how === 'later') return done(failure(451, 'greylisted'));
    if (how === 'refuse') return done(failure(550, 'spam for anna@example.org'));
    const mail = await PostalMime.parse(raw);
    if (!kept.some((one) => one.raw.includes(mail.messageId!)))
      kept.push({
        text: mail.text ?? '',
        files: mail.attachments.map(({ filename, content }) => ({
          name: filename ?? '',
          bytes: new Uint8Array(content as ArrayBuffer),
        })),
        raw: raw.toString('utf8'),
        from: session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address,
        to: session.envelope.rcptTo.map(({ address }) => address),
      });
    if (how === 'hang') return;
    if (how === 'lose-answer') for (const connection of server.connections) connection._socket.destroy();
    else done();
  };
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password, accessToken }, _session, done) => {
      if (accessToken !== undefined) logins.push(`${username} ${accessToken}`);
      if (password === 'secret' || accessToken === 'fresh-token') return done(null, { user: username ?? '' });
      done(failure(535, 'bad credentials'));
    },
    allowInsecureAuth: true,
    authMethods: ['PLAIN', 'XOAUTH2'],
    logger: false,
    onRcptTo: (address, _session, done) => {
      if (next !== 'refuse-recipient' && next !== 'busy-recipient') return done();
      done(take() === 'refuse-recipient' ? failure(550, `no such user ${address.address}`) : failure(450, 'busy'));
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => void receive(Buffer.concat(chunks), session, done));
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    kept,
    tried: () => tried,
    logins: () => logins,
    meet: (what) => {
      next = what;
    },
    close: () =>
      new Promise((resolve) => {
        for (const connection of server.connections) connection._socket.destroy();
        server.close(() => resolve());
      }),
  };
}
