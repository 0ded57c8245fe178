import { z } from 'zod';

export const id = z.uuid().meta({ description: 'UUID' });
/** Of a call: made of the provider's, so without a version. */
export const callId = z.guid().meta({ description: 'GUID' });
export const time = z.string().meta({ format: 'date-time', description: 'ISO 8601, UTC' });
export const role = z.enum(['admin', 'head', 'manager', 'auditor']);
export const language = z.enum(['en', 'ru']);

export const person = z.object({ id, name: z.string() }).meta({ id: 'Person' });

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    fields: z.record(z.string(), z.string()).optional().meta({ description: 'field -> what is wrong with it' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });
