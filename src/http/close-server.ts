import type { Server, ServerResponse } from 'node:http';

/** Idle connections are looked for so often while the last requests are being answered. */
const SWEEP_MS = 50;

/**
 * Takes no more connections and resolves when every request under way has been answered. `close` alone would wait for
 * ever for clients that keep their connections busy (a proxy does): each answer from now on tells them to go.
 */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.prependListener('request', (_, response: ServerResponse) => response.setHeader('Connection', 'close'));
  const sweeping = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  await closed;
  clearInterval(sweeping);
}
