/** Deliveries that could not become a lead by themselves, and processing again what was processed before. */
import { Hono } from 'hono';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import {
  dismiss,
  editAndRetry,
  listQuarantine,
  type QuarantineDeps,
  readContent,
  retry,
} from '../intake/quarantine.ts';
import { replay } from '../intake/replay.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { describe } from './describe.ts';
import * as shapes from './shapes.ts';
import { body, idParam, query } from './validate.ts';

const TAG = 'Quarantine';

const pageQuery = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export function quarantineRoutes(deps: Deps & QuarantineDeps) {
  return new Hono<AppEnv>()
    .get(
      '/quarantine',
      describe({ summary: 'Quarantined deliveries, newest first', tag: TAG, answer: shapes.quarantinePage }),
      allow('admin', 'head', 'manager', 'auditor'),
      query(pageQuery),
      async (c) => c.json(await listQuarantine(deps, c.req.valid('query')), 200),
    )
    .get(
      '/deliveries/:id/content',
      describe({
        summary: 'What was received',
        description: "On record, and one of a manager's reveals.",
        tag: TAG,
        answer: shapes.deliveryContent,
      }),
      allow('admin', 'head', 'manager'),
      idParam(),
      async (c) => c.json(await readContent(deps, c.get('actor'), c.req.valid('param').id), 200),
    )
    .post(
      '/quarantine/:id/retry',
      describe({ summary: 'Process it once more', tag: TAG }),
      allow('admin', 'head', 'manager'),
      idParam(),
      async (c) => {
        await retry(deps, c.get('actor'), c.req.valid('param').id);
        return c.body(null, 204);
      },
    )
    .post(
      '/quarantine/:id/edit',
      describe({ summary: 'Correct it and process it once more', description: 'The original stays.', tag: TAG }),
      allow('admin', 'head', 'manager'),
      idParam(),
      body(shapes.editBody),
      async (c) => {
        await editAndRetry(deps, c.get('actor'), c.req.valid('param').id, c.req.valid('json'));
        return c.body(null, 204);
      },
    )
    .post(
      '/quarantine/:id/dismiss',
      describe({ summary: 'It is nothing for us', tag: TAG }),
      allow('admin', 'head', 'manager'),
      idParam(),
      body(shapes.dismissBody),
      async (c) => {
        await dismiss(deps, c.get('actor'), c.req.valid('param').id, c.req.valid('json').reason);
        return c.body(null, 204);
      },
    )
    .post(
      '/replay',
      describe({
        summary: 'Process deliveries again',
        description:
          'One delivery, or a range of an endpoint or of all. Adds what is missing, never a second of anything.',
        tag: TAG,
        answer: shapes.replayed,
      }),
      allow('admin', 'head'),
      body(shapes.replayBody),
      async (c) => {
        const done = await replay(deps, c.get('actor'), c.req.valid('json'));
        deps.wake();
        return c.json(done, 200);
      },
    );
}
