/** How the channels are doing, and what to do about it. */
import { Hono } from 'hono';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { listAlarms, seeAlarm } from '../listeners/alarms.ts';
import { listHealth, restartListener } from '../listeners/overview.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { describe } from './describe.ts';
import * as shapes from './shapes.ts';
import { idParam } from './validate.ts';

export function listenerRoutes(deps: Deps) {
  return new Hono<AppEnv>()
    .get(
      '/health',
      describe({
        summary: 'How each endpoint is doing',
        tag: 'Endpoints',
        answer: z.object({ endpoints: z.array(shapes.health) }),
      }),
      allow('admin', 'head'),
      async (c) => c.json({ endpoints: await listHealth(deps, c.get('actor')) }, 200),
    )
    .post(
      '/endpoints/:id/restart',
      describe({ summary: 'Connect anew, now', tag: 'Endpoints' }),
      allow('admin'),
      idParam(),
      async (c) => {
        await restartListener(deps.sql, c.get('actor'), c.req.valid('param').id);
        return c.body(null, 204);
      },
    )
    .get(
      '/alarms',
      describe({
        summary: 'What a head should know now',
        tag: 'Endpoints',
        answer: z.object({ alarms: z.array(shapes.alarm) }),
      }),
      allow('admin', 'head'),
      async (c) => c.json({ alarms: await listAlarms(deps.sql, c.get('actor')) }, 200),
    )
    .post(
      '/alarms/:id/seen',
      describe({ summary: 'I know: it stays, and stops calling', tag: 'Endpoints' }),
      allow('admin', 'head'),
      idParam(),
      async (c) => {
        await seeAlarm(deps.sql, c.get('actor'), c.req.valid('param').id);
        return c.body(null, 204);
      },
    );
}
