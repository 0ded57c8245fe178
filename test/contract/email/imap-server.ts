/**
 * A real IMAP server on the loopback, behind a small proxy that can cut every line: Dovecot where it is installed, and
 * hoodiecrow otherwise, which knows less (no QRESYNC, no Maildir to write into) and says so.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ImapFlow } from 'imapflow';
import { until } from '../stand-ins.ts';

export interface ImapServer {
  readonly kind: 'dovecot' | 'hoodiecrow';
  /** Of the proxy. */
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Connections so far. */
  readonly connections: () => number;
  /** Log-ins that were tried. */
  readonly commands: () => string;
  readonly append: (raw: string | Buffer, folder?: string, at?: Date) => Promise<void>;
  /** Where Dovecot keeps the inbox; `undefined` with hoodiecrow. */
  readonly maildir: string | undefined;
  /** Cuts every connection, as a server that is restarted does. */
  readonly drop: () => void;
  /** While set, the proxy takes no connections. */
  readonly refuse: (on: boolean) => void;
  readonly close: () => Promise<void>;
}

/** `INLET_TEST_IMAP=hoodiecrow` tries what runs where Dovecot is not. */
export const hasDovecot = process.env.INLET_TEST_IMAP !== 'hoodiecrow' && existsSync('/usr/sbin/dovecot');
if (!hasDovecot) console.log('Dovecot was not found: the IMAP tests run against hoodiecrow, the Dovecot ones do not.');

export async function openImap(): Promise<ImapServer> {
  const behind = hasDovecot ? await startDovecot() : await startHoodiecrow();
  const proxy = await startProxy(behind.port);
  const append = async (raw: string | Buffer, folder = 'INBOX', at?: Date): Promise<void> => {
    const auth = { user: behind.user, pass: behind.password };
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: behind.port,
      secure: false,
      doSTARTTLS: false,
      auth,
      logger: false,
    });
    client.on('error', () => undefined);
    await client.connect();
    await client.append(folder, typeof raw === 'string' ? Buffer.from(raw) : raw, [], at);
    await client.logout();
  };
  return {
    ...behind,
    ...proxy,
    append,
    close: async () => {
      await proxy.close();
      await behind.close();
    },
  };
}

type Behind = Pick<ImapServer, 'kind' | 'port' | 'user' | 'password' | 'maildir' | 'close'>;

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startDovecot(): Promise<Behind> {
  const folder = mkdtempSync(path.join(tmpdir(), 'inlet-dovecot-'));
  const port = await freePort();
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? 'nobody' : execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
  const [uid, gid] = ['-u', '-g'].map((what) => Number(execFileSync('id', [what, user], { encoding: 'utf8' })));
  const group = execFileSync('id', ['-gn', user], { encoding: 'utf8' }).trim();
  mkdirSync(path.join(folder, 'mail'));
  mkdirSync(path.join(folder, 'run'));
  if (isRoot) for (const name of ['', 'mail', 'run']) chownSync(path.join(folder, name), uid!, gid!);
  const config = path.join(folder, 'dovecot.conf');
  writeFileSync(config, dovecotConfig(folder, port, user, group));
  const child = spawn('/usr/sbin/dovecot', ['-F', '-c', config], { stdio: 'ignore' });
  // A run that is stopped in the middle leaves no server behind.
  const stop = (): void => void child.kill('SIGTERM');
  process.once('exit', stop);
  await untilOpen(port, child);
  return {
    kind: 'dovecot',
    port,
    user: 'sales',
    password: 'secret',
    maildir: path.join(folder, 'mail', 'sales'),
    close: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      process.off('exit', stop);
      stop();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const dovecotConfig = (folder: string, port: number, user: string, group: string): string => `
base_dir = ${folder}/run
state_dir = ${folder}/run
log_path = ${folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = ${user}
default_login_user = ${user}
default_internal_group = ${group}
first_valid_uid = 1
mail_location = maildir:${folder}/mail/%u
auth_mechanisms = plain login
auth_failure_delay = 0 secs
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=${user} gid=${group} home=${folder}/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
namespace inbox {
  inbox = yes
  mailbox Junk {
    auto = create
    special_use = \\Junk
  }
  mailbox Sent {
    auto = create
    special_use = \\Sent
  }
}
`;

async function untilOpen(port: number, child: ChildProcess): Promise<void> {
  await until(
    () =>
      new Promise<boolean>((resolve) => {
        if (child.exitCode !== null) throw new Error(`Dovecot ended with ${child.exitCode}`);
        const socket = net.connect(port, '127.0.0.1');
        socket.once('data', () => socket.destroy(undefined).once('close', () => resolve(true)));
        socket.once('error', () => resolve(false));
      }),
  );
}

interface Hoodiecrow {
  listen: (port: number, done: () => void) => void;
  close: (done: () => void) => void;
}

async function startHoodiecrow(): Promise<Behind> {
  const make = createRequire(import.meta.url)('hoodiecrow-imap') as (options: unknown) => Hoodiecrow;
  const server = make({
    plugins: ['ID', 'SASL-IR', 'AUTH-PLAIN', 'NAMESPACE', 'IDLE', 'ENABLE', 'LITERALPLUS', 'UNSELECT', 'SPECIAL-USE'],
    users: { sales: { password: 'secret' } },
    storage: {
      INBOX: { messages: [] },
      '': { separator: '/', folders: { Junk: { 'special-use': '\\Junk' }, Sent: { 'special-use': '\\Sent' } } },
    },
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, resolve));
  return {
    kind: 'hoodiecrow',
    port,
    user: 'sales',
    password: 'secret',
    maildir: undefined,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

type Proxy = Pick<ImapServer, 'port' | 'connections' | 'commands' | 'drop' | 'refuse' | 'close'>;

async function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<net.Socket>();
  let count = 0;
  let commands = '';
  let refusing = false;
  const server = net.createServer((near) => {
    count += 1;
    if (refusing) return void near.destroy();
    const far = net.connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
    near.on('data', (data: Buffer) => {
      commands += data.toString('latin1');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as net.AddressInfo).port,
    connections: () => count,
    commands: () => commands,
    drop,
    refuse: (on) => {
      refusing = on;
    },
    close: async () => {
      drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
