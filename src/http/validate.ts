/** The three places of a request's input, validated and documented by one schema. */
import { validator } from 'hono-openapi';
import { z } from 'zod';
import { validationHook } from './problem.ts';
import { id } from './shapes.ts';

export const body = <Shape extends z.ZodType>(shape: Shape) => validator('json', shape, validationHook);
export const query = <Shape extends z.ZodType>(shape: Shape) => validator('query', shape, validationHook);
export const params = <Shape extends z.ZodType>(shape: Shape) => validator('param', shape, validationHook);

/** `/:id` as a UUID; anything else is 404. */
export const idParam = () => params(z.object({ id }));
