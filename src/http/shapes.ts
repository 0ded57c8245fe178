/**
 * The shapes of the API, once: request validation, the OpenAPI document and the web app's types all come from here.
 * Times are ISO 8601 in UTC. Ids are UUIDs. Personal data is masked unless a shape says otherwise.
 */
import { z } from 'zod';
import { callId, id, language, person, role, time } from './basic-shapes.ts';

export * from './basic-shapes.ts';
export * from './call-shapes.ts';
export * from './intake-shapes.ts';
export * from './lead-shapes.ts';
export * from './reply-shapes.ts';

// People and access

export const me = z
  .object({
    id,
    email: z.string(),
    name: z.string(),
    role,
    language,
    onShift: z.boolean(),
    mayListen: z.boolean().meta({ description: 'to recordings of calls' }),
    queues: z.array(id),
  })
  .meta({ id: 'Me' });

export const user = z
  .object({
    id,
    email: z.string(),
    name: z.string(),
    role,
    language,
    onShift: z.boolean(),
    mayListen: z.boolean().meta({ description: 'to recordings of calls' }),
    disabled: z.boolean(),
    ready: z.boolean().meta({ description: 'has set a password' }),
    createdAt: time,
  })
  .meta({ id: 'User' });

export const newUser = z.object({
  email: z
    .email()
    .max(254)
    .transform((text) => text.toLowerCase()),
  name: z.string().trim().min(1).max(200),
  role,
  language: language.default('en'),
});
export const userChange = z
  .object({
    name: z.string().trim().min(1).max(200),
    role,
    language,
    disabled: z.boolean(),
    onShift: z.boolean(),
    mayListen: z.boolean(),
  })
  .partial();
export const invited = user.extend({ setupUrl: z.string() }).meta({ id: 'InvitedUser' });

export const login = z.object({ email: z.string().max(254), password: z.string().min(1).max(1024) });
export const setup = z.object({
  token: z.string().min(20).max(200),
  /** Only for the first admin's link; an invited person's e-mail is known. */
  email: z.email().max(254).optional(),
  name: z.string().trim().min(1).max(200).optional(),
  password: z.string().min(10, 'at least 10 characters').max(1024),
  language: language.optional(),
});
export const setupState = z
  .object({ valid: z.boolean(), firstAdmin: z.boolean(), email: z.string().nullable(), name: z.string().nullable() })
  .meta({ id: 'SetupState' });

export const apiKey = z
  .object({
    id,
    name: z.string(),
    scope: z.enum(['read', 'write', 'admin']),
    userId: id.nullable(),
    createdAt: time,
    lastUsedAt: time.nullable(),
  })
  .meta({ id: 'ApiKey' });
export const newApiKey = z.object({
  name: z.string().trim().min(1).max(200),
  scope: z.enum(['read', 'write', 'admin']),
  userId: id.optional(),
});
export const madeApiKey = apiKey.extend({ secret: z.string() }).meta({ id: 'NewApiKey' });

// Contacts

export const contact = z
  .object({
    id,
    name: z.string().nullable(),
    language: z.string().nullable(),
    createdAt: time,
    owner: person.nullable(),
    identities: z.array(
      z.object({
        kind: z.string(),
        value: z.string(),
        trust: z.enum(['claimed', 'observed', 'attested', 'verified']),
        createdAt: time,
      }),
    ),
    leads: z.array(
      z.object({ id, stage: z.string(), openedAt: time, closedAt: time.nullable(), owner: person.nullable() }),
    ),
    consents: z.array(z.object({ textHash: z.string(), purpose: z.string(), givenAt: time })),
  })
  .meta({ id: 'Contact', description: 'identity values are masked' });
export const revealBody = z.object({ reason: z.string().trim().min(1).max(300) });
export const revealed = z
  .object({ identities: z.array(z.object({ kind: z.string(), value: z.string() })), revealsLeftThisHour: z.int() })
  .meta({ id: 'Revealed', description: 'values in clear; this request is on record' });

// The desk

export const interval = z.tuple([
  z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
  z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/),
]);
export const hours = z
  .object({
    timezone: z.string().max(64),
    week: z.partialRecord(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']), z.array(interval).max(6)),
  })
  .meta({ id: 'Hours' });
export const newQueue = z.object({
  name: z.string().trim().min(1).max(200),
  isDefault: z.boolean().default(false),
  strategy: z.enum(['by_hand', 'round_robin']).default('by_hand'),
  hours: hours.nullable().default(null),
  offerSeconds: z.int().min(5).max(86_400).default(60),
  ownerFirstSeconds: z.int().min(0).max(604_800).default(600),
  seniorAfterSeconds: z.int().min(0).nullable().default(null),
  headAfterSeconds: z.int().min(0).nullable().default(null),
  responseSeconds: z.int().min(60).max(604_800).default(900),
  members: z
    .array(z.object({ userId: id, line: z.enum(['first', 'senior']).default('first') }))
    .max(500)
    .default([]),
});
export const queue = newQueue.extend({ id, waiting: z.int(), oldestWaitingAt: time.nullable() }).meta({ id: 'Queue' });

export const conditions = z
  .object({
    channels: z.array(z.string().max(40)).max(50),
    endpoints: z.array(id).max(200),
    utm: z.partialRecord(
      z.enum(['source', 'medium', 'campaign', 'term', 'content']),
      z.array(z.string().max(200)).max(100),
    ),
    pages: z.array(z.string().max(500)).max(100),
    languages: z.array(z.string().max(10)).max(20),
    contact: z.enum(['new', 'repeat']),
    hours: z.enum(['open', 'closed']),
  })
  .partial()
  .meta({ id: 'Conditions', description: 'every condition present must hold; a list holds when one value does' });
export const newRule = z.object({
  name: z.string().trim().min(1).max(200),
  conditions: conditions.default({}),
  queueId: id,
  priority: z.int().min(-1).max(1).default(0),
  enabled: z.boolean().default(true),
  position: z.int().min(0).max(10_000).default(0),
});
export const rule = newRule.extend({ id }).meta({ id: 'Rule' });

/**
 * Server-sent events: `event:` is the type, `data:` this object. Ids only: what they stand for is read through the
 * API.
 */
export const liveEvent = z
  .object({
    type: z.enum([
      'lead.opened',
      'lead.changed',
      'lead.claimed',
      'lead.released',
      'lead.message',
      'quarantine',
      'endpoint',
      'call',
      'desk',
    ]),
    lead: id.optional(),
    queue: id.optional(),
    owner: id.nullable().optional(),
    endpoint: id.optional(),
    call: callId.optional(),
  })
  .meta({ id: 'LiveEvent' });
