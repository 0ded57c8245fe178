/** Answering: replies, the files and drafts that lead up to them, what to do with those that did not arrive. */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Deps } from '../deps.ts';
import { Rejected } from '../errors.ts';
import { NO_LEAD } from '../leads/change.ts';
import { readMailHtml } from '../leads/mail-html.ts';
import { readMessage } from '../leads/timeline.ts';
import { dropUpload, keepUpload, saveDraft } from '../replies/drafts.ts';
import { reply, sendAgain, settleUnknown } from '../replies/reply.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { describe } from './describe.ts';
import { problem } from './problem.ts';
import * as shapes from './shapes.ts';
import { body, idParam, query } from './validate.ts';

const TAG = 'Replies';
const WRITERS = ['admin', 'head', 'manager'] as const;
/** The largest file that can be sent from here, whatever the way would carry: it is in memory while it is sealed. */
const MAX_UPLOAD_BYTES = 32 << 20;

export interface ReplyParts {
  /** Tells the runner of jobs that there is something to send. */
  readonly wakeJobs?: () => void;
  /** Cleans mail HTML; only Node has the library for it. */
  readonly cleanHtml?: (html: string) => string;
}

export function replyRoutes(deps: Deps, parts: ReplyParts) {
  return new Hono<AppEnv>().route('/', writing(deps, parts)).route('/', afterwards(deps, parts));
}

const withWake = (deps: Deps, { wakeJobs }: ReplyParts) => (wakeJobs === undefined ? deps : { ...deps, wakeJobs });

function writing(deps: Deps, parts: ReplyParts) {
  return new Hono<AppEnv>()
    .post(
      '/leads/:id/replies',
      describe({
        summary: 'Answer the client',
        description:
          'Queued; what became of it stands in the message. An `Idempotency-Key` header makes asking again harmless.',
        tag: TAG,
        status: 202,
        answer: shapes.timelineItem,
        problems: {
          409: 'The client cannot be written to this way now (blocked, or only a template may be sent)',
          422: 'This way cannot carry it; the fields are named',
        },
      }),
      allow(...WRITERS),
      idParam(),
      body(shapes.newReply),
      async (c) => {
        const { id } = c.req.valid('param');
        const key = c.req.header('idempotency-key')?.slice(0, 200);
        const done = await reply(withWake(deps, parts), c.get('actor'), id, c.req.valid('json'), key);
        const message = await readMessage(deps, c.get('actor'), done.contactId, done.messageId);
        if (message === undefined) throw new Rejected(404, NO_LEAD);
        return c.json(message, 202);
      },
    )
    .put(
      '/leads/:id/draft',
      describe({ summary: 'Keep what is not sent yet; only its author sees it', tag: TAG }),
      allow(...WRITERS),
      idParam(),
      body(shapes.draftBody),
      async (c) => {
        await saveDraft(deps, c.get('actor'), c.req.valid('param').id, c.req.valid('json'));
        return c.body(null, 204);
      },
    )
    .post(
      '/leads/:id/files',
      describe({
        summary: 'Upload a file for a reply',
        description: 'The bytes as application/octet-stream, at most 32 MB. Forgotten after a day.',
        tag: TAG,
        status: 201,
        answer: shapes.upload,
      }),
      allow(...WRITERS),
      bodyLimit({ maxSize: MAX_UPLOAD_BYTES, onError: () => problem(413) }),
      idParam(),
      query(shapes.uploadQuery),
      async (c) => {
        const bytes = new Uint8Array(await c.req.arrayBuffer());
        if (bytes.length === 0) throw new Rejected(422, 'The file is empty.');
        const { name } = c.req.valid('query');
        return c.json(await keepUpload(deps, c.get('actor'), c.req.valid('param').id, { name, bytes }), 201);
      },
    )
    .delete(
      '/uploads/:id',
      describe({ summary: 'Forget an upload', tag: TAG }),
      allow(...WRITERS),
      idParam(),
      async (c) => {
        await dropUpload(deps, c.get('actor'), c.req.valid('param').id);
        return c.body(null, 204);
      },
    );
}

function afterwards(deps: Deps, parts: ReplyParts) {
  return new Hono<AppEnv>()
    .post(
      '/messages/:id/send-again',
      describe({
        summary: 'Send a failed message once more',
        description: 'Also one whose outcome is not known: the client may then have it twice.',
        tag: TAG,
        status: 202,
        answer: shapes.timelineItem,
        problems: { 409: 'It is on its way or has arrived' },
      }),
      allow(...WRITERS),
      idParam(),
      async (c) => {
        const done = await sendAgain(withWake(deps, parts), c.get('actor'), c.req.valid('param').id);
        const message = await readMessage(deps, c.get('actor'), done.contactId, done.messageId);
        if (message === undefined) throw new Rejected(404, NO_LEAD);
        return c.json(message, 202);
      },
    )
    .post(
      '/messages/:id/mark-sent',
      describe({
        summary: 'The client has it: settle a message whose outcome is not known',
        tag: TAG,
        problems: { 409: 'What became of it is known' },
      }),
      allow(...WRITERS),
      idParam(),
      async (c) => {
        await settleUnknown(deps, c.get('actor'), c.req.valid('param').id);
        return c.body(null, 204);
      },
    )
    .get(
      '/messages/:id/html',
      describe({
        summary: 'A mail as it was laid out',
        description: 'Cleaned: no scripts, no remote images. Only of a contact that you have revealed.',
        tag: TAG,
        status: 200,
        problems: { 403: 'Reveal the contact first', 501: 'Only the Node server can clean HTML' },
      }),
      allow(...WRITERS),
      idParam(),
      async (c) => {
        const { cleanHtml } = parts;
        if (cleanHtml === undefined) return problem(501, { detail: 'The Node server shows this.' });
        const html = await readMailHtml(deps, c.get('actor'), c.req.valid('param').id);
        if (html === undefined) return problem(404);
        return c.body(cleanHtml(html), 200, {
          'Content-Type': 'text/html; charset=utf-8',
          'Content-Security-Policy': "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox",
          'X-Content-Type-Options': 'nosniff',
          'Cache-Control': 'no-store',
        });
      },
    );
}
