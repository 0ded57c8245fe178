import { Hono } from 'hono';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { deleteRule, listRules, saveRule } from '../routing/desk-store.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { describe } from './describe.ts';
import * as shapes from './shapes.ts';
import { body, idParam } from './validate.ts';

const TAG = 'Routing rules';

export function ruleRoutes({ sql }: Deps) {
  return new Hono<AppEnv>()
    .get(
      '/rules',
      describe({
        summary: 'Routing rules in the order they are tried',
        tag: TAG,
        answer: z.object({ rules: z.array(shapes.rule) }),
      }),
      allow('admin', 'head', 'auditor'),
      async (c) => c.json({ rules: await listRules(sql, c.get('actor')) }, 200),
    )
    .post(
      '/rules',
      describe({ summary: 'Make a rule', tag: TAG, status: 201, answer: shapes.rule }),
      allow('admin', 'head'),
      body(shapes.newRule),
      async (c) => c.json(await saveRule(sql, c.get('actor'), c.req.valid('json')), 201),
    )
    .put(
      '/rules/:id',
      describe({ summary: 'Change a rule as a whole', tag: TAG, answer: shapes.rule }),
      allow('admin', 'head'),
      idParam(),
      body(shapes.newRule),
      async (c) => c.json(await saveRule(sql, c.get('actor'), c.req.valid('json'), c.req.valid('param').id), 200),
    )
    .delete(
      '/rules/:id',
      describe({ summary: 'Delete a rule', tag: TAG }),
      allow('admin', 'head'),
      idParam(),
      async (c) => {
        await deleteRule(sql, c.get('actor'), c.req.valid('param').id);
        return c.body(null, 204);
      },
    );
}
