import { Hono } from 'hono';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { Hours } from '../hours.ts';
import { deleteQueue, listQueues, type QueueView, saveQueue } from '../routing/desk-store.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { describe } from './describe.ts';
import * as shapes from './shapes.ts';
import { body, idParam } from './validate.ts';

const TAG = 'Queues';

const isTimezone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format(0);
    return true;
  } catch {
    return false;
  }
};

/** A desk with a zone nobody knows, or a day that ends before it begins, would never open. */
const newQueue = shapes.newQueue.superRefine(({ hours }, context) => {
  if (hours === null) return;
  if (!isTimezone(hours.timezone))
    context.addIssue({ code: 'custom', path: ['hours', 'timezone'], message: 'is no IANA time zone' });
  for (const [day, intervals] of Object.entries(hours.week))
    if (intervals?.some(([from, to]) => from >= to))
      context.addIssue({ code: 'custom', path: ['hours', 'week', day], message: 'ends before it begins' });
});

const render = (queue: QueueView) => ({
  ...queue,
  hours: queue.hours as (Hours & z.infer<typeof shapes.hours>) | null,
  oldestWaitingAt: queue.oldestWaitingAt?.toISOString() ?? null,
});

export function queueRoutes({ sql }: Deps) {
  return new Hono<AppEnv>()
    .get(
      '/queues',
      describe({ summary: 'Queues and who waits', tag: TAG, answer: z.object({ queues: z.array(shapes.queue) }) }),
      allow(),
      async (c) => c.json({ queues: (await listQueues(sql, c.get('actor'))).map(render) }, 200),
    )
    .post(
      '/queues',
      describe({ summary: 'Make a queue', tag: TAG, status: 201, answer: shapes.queue }),
      allow('admin', 'head'),
      body(newQueue),
      async (c) => c.json(render(await saveQueue(sql, c.get('actor'), c.req.valid('json'))), 201),
    )
    .put(
      '/queues/:id',
      describe({
        summary: 'Change a queue as a whole, members included',
        tag: TAG,
        answer: shapes.queue,
        problems: { 409: 'There is always one default queue' },
      }),
      allow('admin', 'head'),
      idParam(),
      body(newQueue),
      async (c) =>
        c.json(render(await saveQueue(sql, c.get('actor'), c.req.valid('json'), c.req.valid('param').id)), 200),
    )
    .delete(
      '/queues/:id',
      describe({
        summary: 'Delete a queue',
        tag: TAG,
        problems: { 409: 'It is the default, or open leads or rules are in it' },
      }),
      allow('admin', 'head'),
      idParam(),
      async (c) => {
        await deleteQueue(sql, c.get('actor'), c.req.valid('param').id);
        return c.body(null, 204);
      },
    );
}
