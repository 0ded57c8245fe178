/** One person of the client base: masked, revealed on purpose, and the files they sent. */
import { Hono } from 'hono';
import { readAttachment } from '../contacts/attachment.ts';
import { readContact } from '../contacts/read.ts';
import { reveal } from '../contacts/reveal.ts';
import type { Deps } from '../deps.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { describe } from './describe.ts';
import { problem } from './problem.ts';
import * as shapes from './shapes.ts';
import { body, idParam } from './validate.ts';

const TAG = 'Contacts';

/** RFC 6266: a plain name for old clients, the true one in UTF-8. Never a path, never a line end. */
function contentDisposition(name: string): string {
  const clean =
    name
      .toWellFormed()
      .replaceAll(/[\p{Cc}\p{Cf}/\\]/gu, '_')
      .slice(0, 200) || 'file';
  const plain = clean.replaceAll(/[^\x20-\x7e]|["%]/g, '_');
  const coded = encodeURIComponent(clean).replaceAll(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${coded}`;
}

export function contactRoutes(deps: Deps) {
  const { clock } = deps;
  return new Hono<AppEnv>()
    .get(
      '/contacts/:id',
      describe({ summary: 'One contact, masked', tag: TAG, answer: shapes.contact }),
      allow('admin', 'head', 'manager'),
      idParam(),
      async (c) => {
        const contact = await readContact(deps, c.get('actor'), c.req.valid('param').id);
        return contact === undefined ? problem(404) : c.json(contact, 200);
      },
    )
    .post(
      '/contacts/:id/reveal',
      describe({
        summary: 'Phones and addresses in clear',
        description: 'With a reason, on record; 30 contacts an hour and 150 a day.',
        tag: TAG,
        answer: shapes.revealed,
        problems: { 429: 'The quota is used up' },
      }),
      allow('admin', 'head', 'manager'),
      idParam(),
      body(shapes.revealBody),
      async (c) => {
        const { reason } = c.req.valid('json');
        const shown = await reveal(deps, c.get('actor'), c.req.valid('param').id, reason, clock.now());
        return c.json({ ...shown, identities: [...shown.identities] }, 200);
      },
    )
    .get(
      '/attachments/:id',
      describe({
        summary: 'A file that a contact sent',
        description: 'Its bytes, to be saved and never shown in place. Reading it is on record.',
        tag: TAG,
        status: 200,
      }),
      allow('admin', 'head', 'manager'),
      idParam(),
      async (c) => {
        const file = await readAttachment(deps, c.get('actor'), c.req.valid('param').id);
        if (file === undefined) return problem(404);
        return c.body(new Uint8Array(file.bytes).buffer, 200, {
          'Content-Type': file.mediaType,
          'Content-Disposition': contentDisposition(file.name),
          'Content-Security-Policy': "default-src 'none'; sandbox",
          'X-Content-Type-Options': 'nosniff',
          'Cache-Control': 'no-store',
        });
      },
    );
}
