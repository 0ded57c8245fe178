import { type Context, Hono } from 'hono';
import type { Deps } from '../deps.ts';
import { socketAddress } from './client-address.ts';
import { createDoor, type Door, type DoorParts } from './door.ts';
import { readBody } from './read-body.ts';

export interface Intake extends DoorParts {
  /** How the entry learns the socket's address; `socketAddress` under Node. */
  readonly peer?: (c: Context) => string;
  /** Called with each accepted delivery, before the answer leaves. The Worker processes it there. */
  readonly onAccepted?: (c: Context, delivery: string) => void;
  /** Where the process may end with the answer: what still has to be waited for. */
  readonly later?: (work: Promise<unknown>) => void;
  /** The door itself, when the entry has one already. */
  readonly door?: Door;
}

/** `/in/...` through Hono. */
export function intakeRoutes(deps: Deps, intake: Intake): Hono {
  const app = new Hono();
  const door = intake.door ?? createDoor(deps, intake);
  const peer = intake.peer ?? socketAddress;
  app.on(
    ['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'],
    ['/in/:channel/:key', '/in/:channel/:key/*'],
    async (c) => {
      const { onAccepted, later } = intake;
      const answer = await door({
        method: c.req.method,
        channel: c.req.param('channel'),
        key: c.req.param('key'),
        url: c.req.url.slice(c.req.url.indexOf('/', 8)),
        headers: c.req.header(),
        peer: peer(c),
        body: (maxBytes) => readBody(c.req.raw, maxBytes),
        ...(later === undefined ? {} : { later }),
        ...(onAccepted === undefined ? {} : { onAccepted: (delivery: string) => onAccepted(c, delivery) }),
      });
      const body = answer.body instanceof Uint8Array ? new Uint8Array(answer.body) : (answer.body ?? null);
      const headers = answer.headers === undefined ? {} : { headers: answer.headers };
      return new Response(c.req.method === 'HEAD' ? null : body, { status: answer.status, ...headers });
    },
  );
  return app;
}
