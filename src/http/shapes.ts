/**
 * The shapes of the API, once: request validation, the OpenAPI document and the web app's types all come from here.
 * Times are ISO 8601 in UTC. Ids are UUIDs. Personal data is masked unless a shape says otherwise.
 */
import { z } from 'zod';
import { id, language, role, time } from './basic-shapes.ts';
import { draft, way } from './reply-shapes.ts';

export * from './basic-shapes.ts';
export * from './intake-shapes.ts';
export * from './reply-shapes.ts';

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    fields: z.record(z.string(), z.string()).optional().meta({ description: 'field -> what is wrong with it' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });

// People and access

export const person = z.object({ id, name: z.string() }).meta({ id: 'Person' });

export const me = z
  .object({ id, email: z.string(), name: z.string(), role, language, onShift: z.boolean(), queues: z.array(id) })
  .meta({ id: 'Me' });

export const user = z
  .object({
    id,
    email: z.string(),
    name: z.string(),
    role,
    language,
    onShift: z.boolean(),
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
  .object({ name: z.string().trim().min(1).max(200), role, language, disabled: z.boolean(), onShift: z.boolean() })
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

// Leads

export const stage = z
  .object({
    id: z.string(),
    position: z.int(),
    title: z.object({ en: z.string(), ru: z.string() }),
    kind: z.enum(['open', 'won', 'lost']),
  })
  .meta({ id: 'Stage' });

export const leadSource = z
  .object({
    utm: z.record(z.string(), z.string()).optional(),
    page: z.string().optional(),
    referrer: z.string().optional(),
  })
  .meta({
    id: 'LeadSource',
    description: 'only values that cannot be personal: no query strings, nothing like a phone',
  });

export const because = z
  .object({
    rule: z.string().nullable().meta({ description: 'name of the routing rule; null: the default queue' }),
    ruleId: id.nullable(),
    matched: z.array(z.string()),
    ownerFirst: z.boolean(),
  })
  .meta({ id: 'Because', description: 'why this queue' });

export const lead = z
  .object({
    id,
    stage: z.string(),
    queue: z.object({ id, name: z.string() }),
    priority: z.int().meta({ description: '-1 low, 0 normal, 1 high' }),
    owner: person.nullable(),
    claimedAt: time.nullable(),
    offeredTo: person.nullable(),
    offerUntil: time.nullable(),
    channel: z.string(),
    endpoint: z.object({ id, name: z.string() }),
    openedAt: time,
    lastMessageAt: time,
    closedAt: time.nullable(),
    firstResponseAt: time.nullable(),
    unansweredSince: time.nullable().meta({ description: 'when the client wrote what nobody has answered yet' }),
    messages: z.int(),
    repeat: z.boolean().meta({ description: 'the contact was in the base before' }),
    language: z.string().nullable(),
    source: leadSource.nullable(),
    /** Null before the claim, and for those who may not see people. */
    contact: z
      .object({ id, name: z.string().nullable(), phone: z.string().nullable(), email: z.string().nullable() })
      .nullable()
      .meta({ description: 'phone and e-mail are masked' }),
  })
  .meta({ id: 'Lead' });

export const leadQuery = z.object({
  queue: id.optional(),
  status: z.enum(['waiting', 'mine', 'claimed', 'open', 'closed', 'all']).default('waiting'),
  stage: z.string().max(40).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});
export const leadPage = z
  .object({
    leads: z.array(lead),
    nextCursor: z.string().nullable(),
    total: z.int().meta({ description: 'how many match, counted up to 1000' }),
  })
  .meta({ id: 'LeadPage' });

export const field = z
  .object({ name: z.string(), value: z.string(), kind: z.enum(['name', 'phone', 'email', 'text']) })
  .meta({ id: 'Field', description: 'masked, until the contact is revealed' });

export const attachment = z
  .object({
    id,
    name: z.string(),
    mediaType: z.string(),
    size: z.int(),
    state: z.enum(['here', 'waiting', 'failed']).meta({ description: 'waiting: still being fetched' }),
    reason: z.string().nullable(),
  })
  .meta({ id: 'Attachment' });

export const delivery = z
  .object({
    state: z.enum(['queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unknown']),
    reason: z
      .string()
      .nullable()
      .meta({ description: 'in plain words, or one of no-answer, interrupted, no-channel, too-large, gave-up' }),
    at: time.nullable(),
  })
  .meta({
    id: 'Delivery',
    description: 'what became of a message of ours; unknown: check with the client before sending it again',
  });

/** One line of a lead's timeline: a message, a note, or something that happened to the lead. */
export const timelineItem = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('message'),
      id,
      at: time,
      kind: z.enum(['form', 'text', 'call', 'note']),
      direction: z.enum(['inbound', 'outbound', 'internal']),
      author: person.nullable(),
      endpoint: z.object({ id, name: z.string() }).nullable(),
      channel: z.string().nullable(),
      text: z.string().nullable(),
      subject: z.string().nullable(),
      rest: z.string().nullable().meta({ description: 'what the text leaves out: quotes and signatures' }),
      hasHtml: z.boolean().meta({ description: 'GET /messages/{id}/html shows it, cleaned' }),
      fields: z.array(field),
      location: z.object({ latitude: z.number(), longitude: z.number(), title: z.string().nullable() }).nullable(),
      source: z.record(z.string(), z.unknown()).nullable(),
      flags: z.array(z.string()).meta({
        description: 'automatic, list, calendar, form-mail, forwarded, unconfirmed, junk, stranger',
      }),
      quoted: z.object({ id, text: z.string().nullable() }).nullable(),
      incomplete: z.boolean().meta({ description: 'the provider has not given us the content yet' }),
      editedAt: time.nullable(),
      before: z.array(z.string()).meta({ description: 'texts that were replaced since, oldest first' }),
      deletedAt: time.nullable().meta({ description: 'taken back by its author; kept here' }),
      delivery: delivery.nullable(),
      attachments: z.array(attachment),
      leadId: id,
    }),
    z.object({
      type: z.literal('event'),
      id: z.string(),
      at: time,
      kind: z.string().meta({
        description: 'opened, attached, claimed, released, stage, owner, offered, offer_missed, queue, reopened, ...',
      }),
      actor: person.nullable().meta({ description: 'null: the machine' }),
      data: z.record(z.string(), z.unknown()),
    }),
  ])
  .meta({ id: 'TimelineItem' });

export const leadDetail = lead
  .extend({
    because: because.nullable(),
    timeline: z.array(timelineItem),
    ways: z.array(way),
    draft: draft.nullable(),
    suspects: z.int().meta({ description: 'how many other contacts this one may be the same person as' }),
    mayClaim: z.boolean(),
    mayChange: z.boolean(),
  })
  .meta({ id: 'LeadDetail' });

export const heldBy = problem
  .extend({ heldBy: person, since: time })
  .meta({ id: 'AlreadyClaimed', description: 'somebody else holds the lead' });

export const recentClaims = z
  .object({
    claims: z.array(
      z.object({
        lead: id,
        owner: person,
        since: time,
        channel: z.string(),
        endpoint: z.object({ id, name: z.string() }),
        queue: z.object({ id, name: z.string() }),
      }),
    ),
  })
  .meta({ id: 'RecentClaims', description: 'who took what lately, in the queues that you may look into' });

export const claimBody = z.object({ userId: id.optional() }).meta({
  description: 'userId: for API keys that are not bound to a person, the manager on whose behalf the lead is claimed',
});
export const stageChange = z.object({ stage: z.string().max(40), reason: z.string().max(500).optional() });
export const ownerChange = z.object({ userId: id.nullable() });
export const queueChange = z.object({ queueId: id });
export const newNote = z.object({ text: z.string().trim().min(1).max(10_000) });

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
    call: id.optional(),
  })
  .meta({ id: 'LiveEvent' });
