import { Hono } from 'hono';
import { z } from 'zod';
import { type ApiKey, listApiKeys, makeApiKey, revokeApiKey } from '../access/api-keys.ts';
import type { Deps } from '../deps.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { describe } from './describe.ts';
import * as shapes from './shapes.ts';
import { body, idParam } from './validate.ts';

const TAG = 'API keys';

const render = ({ id, name, scope, userId, createdAt, lastUsedAt }: ApiKey) => ({
  id,
  name,
  scope,
  userId,
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
});

export function apiKeyRoutes(deps: Deps) {
  return new Hono<AppEnv>()
    .get(
      '/api-keys',
      describe({ summary: 'Keys in use', tag: TAG, answer: z.object({ apiKeys: z.array(shapes.apiKey) }) }),
      allow('admin'),
      async (c) => c.json({ apiKeys: (await listApiKeys(deps.sql, c.get('actor'))).map(render) }, 200),
    )
    .post(
      '/api-keys',
      describe({
        summary: 'Make a key',
        description: 'The secret is shown in this answer and never again.',
        tag: TAG,
        status: 201,
        answer: shapes.madeApiKey,
      }),
      allow('admin'),
      body(shapes.newApiKey),
      async (c) => {
        const made = await makeApiKey(deps, c.get('actor'), c.req.valid('json'));
        return c.json({ ...render(made), secret: made.secret }, 201);
      },
    )
    .delete('/api-keys/:id', describe({ summary: 'Revoke a key', tag: TAG }), allow('admin'), idParam(), async (c) => {
      await revokeApiKey(deps, c.get('actor'), c.req.valid('param').id);
      return c.body(null, 204);
    });
}
