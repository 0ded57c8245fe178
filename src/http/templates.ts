import { Hono } from 'hono';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { changeTemplate, deleteTemplate, listTemplates, makeTemplate } from '../replies/templates.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { describe } from './describe.ts';
import * as shapes from './shapes.ts';
import { body, idParam } from './validate.ts';

const TAG = 'Templates';

export function templateRoutes({ sql }: Deps) {
  return new Hono<AppEnv>()
    .get(
      '/templates',
      describe({
        summary: 'Texts that are used again and again',
        tag: TAG,
        answer: z.object({ templates: z.array(shapes.replyTemplate) }),
      }),
      allow('admin', 'head', 'manager'),
      async (c) => c.json({ templates: await listTemplates(sql) }, 200),
    )
    .post(
      '/templates',
      describe({ summary: 'Make a template', tag: TAG, status: 201, answer: shapes.replyTemplate }),
      allow('admin', 'head'),
      body(shapes.newReplyTemplate),
      async (c) => c.json(await makeTemplate(sql, c.get('actor'), c.req.valid('json')), 201),
    )
    .put(
      '/templates/:id',
      describe({ summary: 'Change a template', tag: TAG, answer: shapes.replyTemplate }),
      allow('admin', 'head'),
      idParam(),
      body(shapes.newReplyTemplate),
      async (c) =>
        c.json(await changeTemplate(sql, c.get('actor'), c.req.valid('param').id, c.req.valid('json')), 200),
    )
    .delete(
      '/templates/:id',
      describe({ summary: 'Delete a template', tag: TAG }),
      allow('admin', 'head'),
      idParam(),
      async (c) => {
        await deleteTemplate(sql, c.get('actor'), c.req.valid('param').id);
        return c.body(null, 204);
      },
    );
}
