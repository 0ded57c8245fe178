import { Hono } from 'hono';
import { z } from 'zod';
import { asActor } from '../access/actor.ts';
import type { Deps } from '../deps.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { describe } from './describe.ts';
import * as shapes from './shapes.ts';

export function stageRoutes({ sql }: Deps) {
  return new Hono<AppEnv>().get(
    '/stages',
    describe({
      summary: 'The steps a lead goes through',
      tag: 'Leads',
      answer: z.object({ stages: z.array(shapes.stage) }),
    }),
    allow(),
    async (c) => {
      const stages = await asActor(sql, c.get('actor'), async (tx) => [
        ...(await tx<z.infer<typeof shapes.stage>[]>`
          select id, position, json_build_object('en', title_en, 'ru', title_ru) as title, kind
          from stages order by pipeline, position`),
      ]);
      return c.json({ stages }, 200);
    },
  );
}
