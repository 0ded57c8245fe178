import { Hono } from 'hono';
import { z } from 'zod';
import type { Channel } from '../channel.ts';
import type { Deps } from '../deps.ts';
import { describeSettings } from '../intake/endpoint-settings.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { describe } from './describe.ts';
import * as shapes from './shapes.ts';

const authenticityOf = ({ capabilities: { authenticity } }: Channel) =>
  authenticity === undefined ? null : { setting: authenticity.setting, of: { ...authenticity.of } };

export function channelRoutes({ channels }: Deps) {
  const described = channels.map((channel) => ({
    id: channel.id,
    title: channel.title,
    settings: describeSettings(channel),
    receivesByWebhook: channel.verify !== undefined,
    hasExtensions: channel.capabilities.dials !== undefined,
    authenticity: authenticityOf(channel),
  }));
  return new Hono<AppEnv>().get(
    '/channels',
    describe({
      summary: 'Kinds of sources, and the settings each of them has',
      tag: 'Endpoints',
      answer: z.object({ channels: z.array(shapes.channel) }),
    }),
    allow('admin', 'head'),
    (c) => c.json({ channels: described }, 200),
  );
}
