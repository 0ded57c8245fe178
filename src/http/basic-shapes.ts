import { z } from 'zod';

export const id = z.uuid().meta({ description: 'UUID' });
export const time = z.string().meta({ format: 'date-time', description: 'ISO 8601, UTC' });
export const role = z.enum(['admin', 'head', 'manager', 'auditor']);
export const language = z.enum(['en', 'ru']);
