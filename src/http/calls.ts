/** Calls: what rings now, who is who at the provider, promises to call back, recordings. */
import { Hono } from 'hono';
import { z } from 'zod';
import { finishCallback } from '../calls/callbacks.ts';
import { forgetExtension, listExtensions, setExtension } from '../calls/extensions.ts';
import { liveCalls } from '../calls/live-cards.ts';
import { openRecording } from '../calls/recording.ts';
import type { Deps } from '../deps.ts';
import { readLeadRow } from '../leads/read.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { byteRange } from './byte-range.ts';
import { describe } from './describe.ts';
import { problem } from './problem.ts';
import * as shapes from './shapes.ts';
import { body, idParam, query } from './validate.ts';

const TAG = 'Calls';

export function callRoutes(deps: Deps) {
  return new Hono<AppEnv>().route('/', talking(deps)).route('/', people(deps)).route('/', listening(deps));
}

function talking(deps: Deps) {
  return new Hono<AppEnv>()
    .get(
      '/calls/live',
      describe({
        summary: 'Calls that ring or go on, as far as they are yours',
        description: 'The event `call` says when to look again.',
        tag: TAG,
        answer: z.object({ calls: z.array(shapes.liveCall) }),
      }),
      allow('admin', 'head', 'manager'),
      async (c) => c.json({ calls: await liveCalls(deps, c.get('actor')) }, 200),
    )
    .post(
      '/leads/:id/callback/done',
      describe({
        summary: 'The client was called back, or answered in another way',
        description: 'A call through a connected provider does this by itself.',
        tag: TAG,
        answer: shapes.lead,
        problems: { 409: 'Nobody waits for a call back on this lead' },
      }),
      allow('admin', 'head', 'manager'),
      idParam(),
      async (c) => {
        const { id } = c.req.valid('param');
        await finishCallback(deps.sql, c.get('actor'), id);
        const lead = await readLeadRow(deps, c.get('actor'), id);
        return lead === undefined ? c.body(null, 204) : c.json(lead, 200);
      },
    );
}

const named = z.object({ extension: z.string().min(1).max(200) });

function people(deps: Deps) {
  return new Hono<AppEnv>()
    .get(
      '/endpoints/:id/extensions',
      describe({
        summary: 'Who is who at the provider',
        tag: TAG,
        answer: z.object({ extensions: z.array(shapes.extension) }),
      }),
      allow('admin', 'head'),
      idParam(),
      async (c) => {
        const extensions = await listExtensions(deps.sql, c.get('actor'), c.req.valid('param').id);
        return c.json({ extensions }, 200);
      },
    )
    .put(
      '/endpoints/:id/extensions',
      describe({ summary: 'Say whose extension it is', tag: TAG }),
      allow('admin', 'head'),
      idParam(),
      body(shapes.extensionChange),
      async (c) => {
        await setExtension(deps.sql, c.get('actor'), c.req.valid('param').id, c.req.valid('json'));
        return c.body(null, 204);
      },
    )
    .delete(
      '/endpoints/:id/extensions',
      describe({ summary: 'Forget an extension; the next call shows it again', tag: TAG }),
      allow('admin', 'head'),
      idParam(),
      query(named),
      async (c) => {
        const { extension } = c.req.valid('query');
        await forgetExtension(deps.sql, c.get('actor'), c.req.valid('param').id, extension);
        return c.body(null, 204);
      },
    );
}

function listening(deps: Deps) {
  return new Hono<AppEnv>().get(
    '/recordings/:id',
    describe({
      summary: 'A recording of a call',
      description: 'For those who may listen. Takes a `Range`, so that a player can seek. Playing it is on record.',
      tag: TAG,
      status: 200,
      problems: { 403: 'You may not listen to recordings', 416: 'The range is beyond its end' },
    }),
    allow('admin', 'head', 'manager'),
    idParam(),
    async (c) => {
      const asked = c.req.header('range');
      const recording = await openRecording(deps, c.get('actor'), c.req.valid('param').id);
      if (recording === undefined) return problem(404);
      const { bytes, mediaType } = recording;
      const range = byteRange(asked, bytes.length);
      const headers = {
        'Content-Type': mediaType.startsWith('audio/') ? mediaType : 'application/octet-stream',
        'Content-Disposition': 'inline',
        'Content-Security-Policy': "default-src 'none'; sandbox",
        'X-Content-Type-Options': 'nosniff',
        'Accept-Ranges': 'bytes',
        'Cache-Control': 'private, no-store',
      };
      if (range === 'none')
        return problem(416, { headers: { 'Content-Range': `bytes */${bytes.length}`, 'Accept-Ranges': 'bytes' } });
      const { from, to } = range ?? { from: 0, to: bytes.length - 1 };
      // A copy: a slice of a Buffer still has the whole of it behind.
      const piece = new Uint8Array(bytes.subarray(from, to + 1)).buffer;
      if (range === undefined) return c.body(piece, 200, headers);
      return c.body(piece, 206, { ...headers, 'Content-Range': `bytes ${from}-${to}/${bytes.length}` });
    },
  );
}
