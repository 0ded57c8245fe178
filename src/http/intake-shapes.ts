/** The shapes of endpoints, quarantine, replay and ledger; `shapes.ts` hands them on. */
import { z } from 'zod';
import { id, language, time } from './basic-shapes.ts';

// Endpoints and channels

const worded = z.object({ en: z.string(), ru: z.string() });

export const settingField = z
  .object({
    name: z.string(),
    title: worded,
    description: worded.nullable(),
    kind: z.enum(['text', 'longtext', 'number', 'boolean', 'choice', 'list', 'json']),
    choices: z.array(z.string()).nullable(),
    columns: z
      .array(z.string())
      .nullable()
      .meta({ description: 'of a list of flat objects: the names of their texts' }),
    choiceTitles: z.record(z.string(), worded).nullable().meta({ description: 'what people read, by choice' }),
    group: z
      .enum([
        'form',
        'account',
        'receiving',
        'sending',
        'senders',
        'calls',
        'recordings',
        'consent',
        'files',
        'protection',
        'advanced',
      ])
      .nullable()
      .meta({ description: 'the section it is shown in' }),
    when: z
      .object({ setting: z.string(), is: z.array(z.string()) })
      .nullable()
      .meta({ description: 'it matters only while another setting has one of these values' }),
    secret: z.boolean(),
    default: z.unknown(),
  })
  .meta({ id: 'SettingField' });
export const channel = z
  .object({
    id: z.string(),
    title: worded,
    settings: z.array(settingField),
    receivesByWebhook: z.boolean(),
    hasExtensions: z.boolean().meta({ description: 'its endpoints have people with extensions' }),
    authenticity: z
      .object({
        setting: z.string(),
        of: z.record(z.string(), z.enum(['signed-fresh', 'signed', 'secret', 'address'])),
      })
      .nullable()
      .meta({ description: 'how sure a request is genuine, by the value of a setting' }),
  })
  .meta({ id: 'Channel' });
export const newEndpoint = z.object({
  channel: z.string().max(40),
  name: z.string().trim().min(1).max(200),
  settings: z.record(z.string(), z.unknown()).default({}),
  defaultCountry: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .default('RU'),
  language: language.default('en'),
  ratePerAddress: z.int().min(0).nullable().default(null),
  ratePerEndpoint: z.int().min(0).nullable().default(null),
});
export const endpointChange = newEndpoint.omit({ channel: true }).partial().extend({ paused: z.boolean().optional() });
export const endpoint = z
  .object({
    id,
    channel: z.string(),
    name: z.string(),
    key: z.string(),
    address: z.string().meta({ description: 'where to post' }),
    snippet: z.string().nullable().meta({ description: 'HTML to paste into a site' }),
    settings: z
      .record(z.string(), z.unknown())
      .meta({ description: 'secrets are masked; sending a mask back keeps them' }),
    defaultCountry: z.string(),
    language,
    ratePerAddress: z.int().nullable(),
    ratePerEndpoint: z.int().nullable(),
    paused: z.boolean(),
    lastDeliveryAt: time.nullable(),
    createdAt: time,
  })
  .meta({ id: 'Endpoint' });

// Quarantine, replay, ledger

export const quarantined = z
  .object({
    id: id.meta({ description: 'the delivery' }),
    endpoint: z.object({ id, name: z.string(), channel: z.string() }),
    receivedAt: time,
    decidedAt: time,
    reason: z.string(),
    attempts: z.int(),
    size: z.int(),
  })
  .meta({ id: 'Quarantined' });
export const quarantinePage = z
  .object({ deliveries: z.array(quarantined), nextCursor: z.string().nullable(), total: z.int() })
  .meta({ id: 'QuarantinePage' });
export const deliveryContent = z
  .object({
    id,
    url: z.string(),
    contentType: z.string().nullable(),
    body: z.string().meta({ description: 'as text; reading it is on record' }),
    binary: z.boolean(),
  })
  .meta({ id: 'DeliveryContent' });
export const editBody = z.object({ body: z.string().max(2_000_000), contentType: z.string().max(200).optional() });
export const dismissBody = z.object({ reason: z.string().trim().min(1).max(300) });
export const replayBody = z
  .object({ delivery: id, endpoint: id, from: z.iso.datetime({ offset: true }), to: z.iso.datetime({ offset: true }) })
  .partial()
  .meta({ description: 'one delivery, or a range of an endpoint or of all' });
export const replayed = z.object({ replayed: z.int() }).meta({ id: 'Replayed' });

const counts = {
  received: z.int(),
  opened: z.int(),
  attached: z.int(),
  ignored: z.int(),
  quarantined: z.int(),
  pending: z.int(),
  balanced: z.boolean(),
};
export const ledgerQuery = z.object({
  endpoint: id.optional(),
  since: z.string().max(40).optional(),
  until: z.string().max(40).optional(),
});
export const ledger = z
  .object({
    ...counts,
    rows: z.array(
      z.object({
        ...counts,
        day: z.string().meta({ description: 'YYYY-MM-DD, UTC' }),
        endpoint: z.object({ id, name: z.string(), channel: z.string() }),
      }),
    ),
  })
  .meta({ id: 'Ledger', description: 'received = opened + attached + ignored + quarantined + pending' });
