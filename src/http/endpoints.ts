import { Hono } from 'hono';
import { z } from 'zod';
import { asSystem } from '../access/actor.ts';
import { audit } from '../access/audit.ts';
import type { Deps } from '../deps.ts';
import { createEndpointBook } from '../intake/endpoint-book.ts';
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  type Endpoint,
  listEndpoints,
  MAX_OLD_KEY_HOURS,
  readEndpoint,
  rotateEndpointKey,
} from '../intake/endpoints.ts';
import { makeTest, tryEndpoint } from '../intake/try-endpoint.ts';
import { createDeskBook } from '../routing/desk-book.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { describe } from './describe.ts';
import { problem } from './problem.ts';
import * as shapes from './shapes.ts';
import { body, idParam } from './validate.ts';

const TAG = 'Endpoints';

/** The defaults of a new endpoint are not a change: what is not named stays as it is. */
const endpointChange = z
  .object({
    name: shapes.newEndpoint.shape.name,
    settings: shapes.newEndpoint.shape.settings.unwrap(),
    defaultCountry: shapes.newEndpoint.shape.defaultCountry.unwrap(),
    language: shapes.language,
    ratePerAddress: shapes.newEndpoint.shape.ratePerAddress.unwrap(),
    ratePerEndpoint: shapes.newEndpoint.shape.ratePerEndpoint.unwrap(),
    paused: z.boolean(),
  })
  .partial();

const rotation = z.object({ oldKeyHours: z.int().min(0).max(MAX_OLD_KEY_HOURS).default(24) });

const render = (endpoint: Endpoint) => ({
  ...endpoint,
  lastDeliveryAt: endpoint.lastDeliveryAt?.toISOString() ?? null,
  createdAt: endpoint.createdAt.toISOString(),
});

export function endpointRoutes(deps: Deps) {
  const endpoints = createEndpointBook(deps.vault, deps.channels, deps.config, deps.clock);
  return new Hono<AppEnv>()
    .get(
      '/endpoints',
      describe({
        summary: 'Configured channels',
        tag: TAG,
        answer: z.object({ endpoints: z.array(shapes.endpoint) }),
      }),
      allow('admin', 'head'),
      async (c) => c.json({ endpoints: (await listEndpoints(deps, c.get('actor'))).map(render) }, 200),
    )
    .get(
      '/endpoints/:id',
      describe({ summary: 'One endpoint', tag: TAG, answer: shapes.endpoint }),
      allow('admin', 'head'),
      idParam(),
      async (c) => c.json(render(await readEndpoint(deps, c.get('actor'), c.req.valid('param').id)), 200),
    )
    .post(
      '/endpoints',
      describe({
        summary: 'Make an endpoint',
        tag: TAG,
        status: 201,
        answer: shapes.endpoint,
        problems: { 422: 'Some settings are not acceptable; the fields are named' },
      }),
      allow('admin'),
      body(shapes.newEndpoint),
      async (c) => c.json(render(await createEndpoint(deps, c.get('actor'), c.req.valid('json'))), 201),
    )
    .patch(
      '/endpoints/:id',
      describe({
        summary: 'Change or pause an endpoint',
        description:
          'Settings that are not named stay; a masked secret sent back stays; null goes back to the default.',
        tag: TAG,
        answer: shapes.endpoint,
        problems: { 422: 'Some settings are not acceptable; the fields are named' },
      }),
      allow('admin'),
      idParam(),
      body(endpointChange),
      async (c) =>
        c.json(render(await changeEndpoint(deps, c.get('actor'), c.req.valid('param').id, c.req.valid('json'))), 200),
    )
    .post(
      '/endpoints/:id/rotate-key',
      describe({
        summary: 'A new key, and so a new address',
        description: 'The old address goes on working for `oldKeyHours` (24), so that nothing is lost meanwhile.',
        tag: TAG,
        answer: shapes.endpoint,
      }),
      allow('admin'),
      idParam(),
      body(rotation),
      async (c) => {
        const { oldKeyHours } = c.req.valid('json');
        return c.json(
          render(await rotateEndpointKey(deps, c.get('actor'), c.req.valid('param').id, oldKeyHours)),
          200,
        );
      },
    )
    .post(
      '/endpoints/:id/test',
      describe({
        summary: 'Does it work? Takes a marked request as if the provider had sent it',
        description: 'It becomes a lead of nobody, with a number that belongs to nobody; further tests join it.',
        tag: TAG,
        answer: shapes.testOutcome,
        problems: { 403: 'It is paused', 405: 'This channel has no test: send it a real message' },
      }),
      allow('admin'),
      idParam(),
      async (c) => {
        const { id } = c.req.valid('param');
        const endpoint = await endpoints.byId(deps.sql, id);
        if (endpoint === undefined || endpoint.deleted) return problem(404);
        const test = makeTest(endpoint, new Date(deps.clock.now()));
        await asSystem(deps.sql, (tx) =>
          audit(tx, { actor: c.get('actor'), action: 'endpoint.tested', target: `endpoint:${id}` }),
        );
        const desk = createDeskBook();
        const { leadId, ...told } = await tryEndpoint({ ...deps, endpoints, desk }, endpoint, test);
        return c.json({ ...told, lead: leadId, verified: test.unverifiable === undefined }, 200);
      },
    )
    .delete(
      '/endpoints/:id',
      describe({ summary: 'Delete an endpoint; what it received stays', tag: TAG }),
      allow('admin'),
      idParam(),
      async (c) => {
        await deleteEndpoint(deps, c.get('actor'), c.req.valid('param').id);
        return c.body(null, 204);
      },
    );
}
