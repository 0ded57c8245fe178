/** The shapes of leads and their timelines; `shapes.ts` hands them on. */
import { z } from 'zod';
import { id, person, problem, time } from './basic-shapes.ts';
import { call, callback, callWays } from './call-shapes.ts';
import { draft, way } from './reply-shapes.ts';

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
    callback: callback.nullable(),
    onCall: z.enum(['ringing', 'talking']).nullable().meta({ description: 'a call of the client goes on now' }),
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
    state: z
      .enum(['here', 'waiting', 'failed', 'expired'])
      .meta({ description: 'waiting: still being fetched; expired: deleted by retention' }),
    reason: z.string().nullable(),
    recording: z.boolean().meta({ description: 'of a call: GET /recordings/{id} plays it' }),
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
      call: call.nullable(),
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
    calls: callWays,
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
