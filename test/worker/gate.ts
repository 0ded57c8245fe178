/** A door in front of PostgreSQL that can be shut, and that writes down what each session asks for at its start. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Gate {
  readonly port: number;
  /** The parameters of every start-up message so far. */
  readonly asked: Record<string, string>[];
  readonly shut: () => void;
  readonly open: () => void;
  readonly close: () => void;
}

const PROTOCOL_3 = 196_608;

/** `length | protocol | name NUL value NUL ... NUL`; `undefined` for anything else (a question for TLS). */
function readStartup(bytes: Buffer): Record<string, string> | undefined {
  if (bytes.length < 8 || bytes.readInt32BE(4) !== PROTOCOL_3) return undefined;
  const words = bytes.toString('utf8', 8, bytes.readInt32BE(0)).split('\0');
  const pairs = Array.from({ length: words.length >> 1 }, (_, at) => [words[2 * at]!, words[2 * at + 1]!] as const);
  return Object.fromEntries(pairs.filter(([name]) => name !== ''));
}

export async function openGate(to: URL): Promise<Gate> {
  let shut = false;
  const asked: Record<string, string>[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (shut) {
      client.destroy();
      return;
    }
    const database = connect(Number(to.port), to.hostname.replace(/^\[|\]$/g, ''));
    for (const [one, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    let started = false;
    client.on('data', (chunk: Buffer) => {
      const startup = started ? undefined : readStartup(chunk);
      if (startup !== undefined) asked.push(startup);
      started ||= startup !== undefined;
    });
    client.pipe(database).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    shut: () => {
      shut = true;
      cut();
    },
    open: () => {
      shut = false;
    },
    close: () => {
      server.close();
      cut();
    },
  };
}
