/** The shapes of answering: ways, replies, files, drafts, templates; `shapes.ts` hands them on. */
import { z } from 'zod';
import { id, language, time } from './basic-shapes.ts';

const providerTemplate = z.object({ name: z.string(), language: z.string(), text: z.string() });

export const way = z
  .object({
    endpoint: z.object({ id, name: z.string(), channel: z.string() }),
    kind: z.enum(['conversation', 'first']).meta({ description: 'first: nobody has written here yet' }),
    identity: z
      .object({ id, kind: z.string(), value: z.string(), confirmed: z.boolean() })
      .nullable()
      .meta({ description: 'the address, masked; its id is what a reply names when kind is first' }),
    confirmed: z.boolean().meta({ description: "false: this address is not confirmed to be the client's" }),
    lastInboundAt: time.nullable(),
    windowEndsAt: time.nullable().meta({ description: 'free text only until then; later only `templates`' }),
    blocked: z.boolean().meta({ description: 'the client does not want messages here' }),
    paused: z.boolean(),
    maxTextChars: z.int(),
    files: z.object({ maxCount: z.int(), maxBytes: z.int() }).nullable(),
    quotes: z.boolean(),
    subject: z.boolean(),
    templates: z.array(providerTemplate).meta({ description: 'approved by the provider; `{{1}}` is a variable' }),
  })
  .meta({ id: 'Way', description: 'one way to answer this contact, the most recently used first' });

export const draft = z
  .object({ text: z.string(), endpointId: id.nullable(), quotes: id.nullable(), subject: z.string().nullable() })
  .meta({ id: 'Draft' });
export const draftBody = z.object({
  text: z.string().max(20_000),
  endpointId: id.nullable().default(null),
  quotes: id.nullable().default(null),
  subject: z.string().max(1000).nullable().default(null),
});

export const newReply = z
  .object({
    endpointId: id,
    identityId: id.optional().meta({ description: 'to write first: the identity of a way of kind first' }),
    text: z.string().max(20_000).default(''),
    subject: z.string().trim().max(1000).optional(),
    quotes: id.optional().meta({ description: 'the message that is answered' }),
    files: z.array(id).max(20).default([]).meta({ description: 'ids of uploads' }),
    template: z
      .object({
        name: z.string().max(600),
        language: z.string().max(20),
        variables: z.array(z.string().max(1000)).max(20).default([]),
      })
      .optional(),
  })
  .meta({ id: 'NewReply' });

export const upload = z.object({ id, name: z.string(), mediaType: z.string(), size: z.int() }).meta({ id: 'Upload' });
export const uploadQuery = z.object({ name: z.string().min(1).max(255) });

export const replyTemplate = z
  .object({ id, name: z.string(), language, text: z.string(), updatedAt: time })
  .meta({ id: 'ReplyTemplate', description: 'in the text: {{name}}, {{manager}}, {{company}}' });
export const newReplyTemplate = z.object({
  name: z.string().trim().min(1).max(200),
  language,
  text: z.string().trim().min(1).max(4000),
});

// Listeners and alarms

export const health = z
  .object({
    endpoint: id,
    listens: z.boolean().meta({ description: 'false: it only receives by webhook, and there is nothing to connect' }),
    state: z.enum(['connecting', 'connected', 'waiting', 'needs-human', 'paused', 'not-started', 'silent-holder']),
    since: time.nullable(),
    account: z.string().nullable(),
    detail: z.string().nullable(),
    retryAt: time.nullable(),
    pairing: z.object({ qr: z.string().optional(), code: z.string().optional() }).nullable(),
    lastDeliveryAt: time.nullable(),
    deliveries24h: z.int(),
    jobs: z.int().meta({ description: 'messages and files that wait to go through here' }),
  })
  .meta({ id: 'Health' });

export const alarm = z
  .object({
    id,
    endpoint: z.object({ id, name: z.string(), channel: z.string() }),
    kind: z.enum(['silent', 'logged-out', 'sending-fails']),
    raisedAt: time,
    detail: z.string().nullable(),
    seenAt: time.nullable(),
  })
  .meta({ id: 'Alarm' });
