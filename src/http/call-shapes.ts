/** The shapes of calls; `shapes.ts` hands them on. */
import { z } from 'zod';
import { callId, id, person, time } from './basic-shapes.ts';

const outcome = z.enum(['answered', 'voicemail', 'blocked', 'declined', 'busy', 'missed', 'cancelled', 'failed']);
const state = z.enum(['ringing', 'talking', 'ended']);
const direction = z.enum(['inbound', 'outbound', 'internal']);

export const call = z
  .object({
    id: callId,
    direction,
    state,
    outcome: outcome.nullable(),
    startedAt: time,
    answeredAt: time.nullable(),
    endedAt: time.nullable(),
    waitSeconds: z.int().nullable(),
    talkSeconds: z.int().nullable(),
    line: z.string().nullable().meta({ description: 'our number' }),
    lineTitle: z.string().nullable().meta({ description: 'what the endpoint calls that number' }),
    rang: z.array(z.object({ extension: z.string(), person: person.nullable() })),
    answeredBy: z.object({ extension: z.string().nullable(), person: person.nullable() }).nullable(),
    transfers: z.array(z.object({ from: z.string().nullable(), to: z.string().nullable() })),
    hiddenNumber: z.boolean(),
    cause: z.string().nullable().meta({ description: "the provider's reason" }),
    endUnknown: z.boolean().meta({ description: 'nobody told us of its end' }),
    route: z
      .object({
        because: z.enum(['own-manager', 'queue', 'default', 'too-slow']),
        people: z.array(person),
        at: time,
        tookMs: z.int(),
      })
      .nullable()
      .meta({ description: 'what we told the provider while it rang' }),
  })
  .meta({ id: 'Call' });

export const callback = z
  .object({ dueAt: time, missedAt: time, missed: z.int().meta({ description: 'how many calls were missed' }) })
  .meta({ id: 'Callback', description: 'somebody has to call back by then' });

export const callWays = z
  .object({
    ways: z.array(z.object({ endpoint: z.object({ id, name: z.string() }), extension: z.string() })),
    hasPhone: z.boolean(),
    lacksExtension: z.boolean().meta({ description: 'an extension of their own is all that is missing' }),
  })
  .meta({ id: 'CallWays', description: 'endpoints through which this person can call the client; empty: none' });

export const liveCall = z
  .object({
    id: callId,
    direction,
    state,
    outcome: outcome.nullable(),
    startedAt: time,
    answeredAt: time.nullable(),
    endedAt: time.nullable(),
    mine: z.boolean().meta({ description: 'my phone rings, or I talk' }),
    answeredBy: person.nullable(),
    line: z.string().nullable(),
    lineTitle: z.string().nullable(),
    caller: z.object({
      name: z.string().nullable().meta({ description: 'null: unknown, or not yours to see' }),
      phone: z.string().nullable().meta({ description: 'masked' }),
      hidden: z.boolean(),
      known: z.boolean().meta({ description: 'was in the base before this call' }),
    }),
    lead: z.object({
      id,
      stage: z.string(),
      queue: z.object({ id, name: z.string() }),
      owner: person.nullable(),
      visible: z.boolean().meta({ description: 'this person may open it' }),
    }),
    lastMessages: z
      .array(
        z.object({
          at: time,
          direction: z.string(),
          kind: z.string(),
          channel: z.string().nullable(),
          text: z.string(),
        }),
      )
      .meta({ description: 'the newest first; masked; empty where the contact is not yours to see' }),
  })
  .meta({ id: 'LiveCall' });

export const extension = z
  .object({
    extension: z.string().meta({ description: 'as the provider names this person' }),
    person: person.nullable(),
    dial: z.string().nullable().meta({ description: 'where calls are sent instead: a number, a SIP address' }),
    seenAt: time.nullable(),
  })
  .meta({ id: 'Extension' });
export const extensionChange = z.object({
  extension: z.string().trim().min(1).max(200),
  userId: id.nullable(),
  dial: z
    .string()
    .trim()
    .max(200)
    .nullable()
    .default(null)
    .transform((text) => text || null),
});

export const newCall = z.object({ endpointId: id }).meta({ description: 'the endpoint to call through' });
export const testOutcome = z
  .object({
    delivery: id,
    outcome: z.enum(['opened', 'attached', 'ignored', 'quarantined', 'pending']),
    reason: z.string().nullable(),
    lead: id.nullable(),
    verified: z.boolean().meta({ description: 'the check of genuineness was part of the test' }),
  })
  .meta({ id: 'TestOutcome' });
