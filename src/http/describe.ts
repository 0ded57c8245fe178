import { describeRoute, resolver } from 'hono-openapi';
import type { z } from 'zod';
import * as shapes from './shapes.ts';

export interface About {
  readonly summary: string;
  readonly tag: string;
  readonly description?: string;
  /** Default 200, or 204 without an answer. */
  readonly status?: 200 | 201 | 202 | 204;
  readonly answer?: z.ZodType;
  /** Errors that this route is worth reading about for, with what they mean here. */
  readonly problems?: Readonly<Record<number, string>>;
  /** Works without signing in. */
  readonly open?: boolean;
}

const problemContent = (shape: z.ZodType) => ({ 'application/problem+json': { schema: resolver(shape) } });

/** The route's entry in the OpenAPI document. Who may call it is added by `require`, the input by `validate`. */
export function describe(about: About) {
  const { summary, tag, description, answer, problems = {}, open = false } = about;
  const status = about.status ?? (answer === undefined ? 204 : 200);
  return describeRoute({
    summary,
    tags: [tag],
    ...(description === undefined ? {} : { description }),
    ...(open ? { security: [] } : {}),
    responses: {
      [status]: {
        description: status === 204 ? 'Done' : summary,
        ...(answer === undefined ? {} : { content: { 'application/json': { schema: resolver(answer) } } }),
      },
      ...Object.fromEntries(
        Object.entries(problems).map(([code, text]) => [
          code,
          { description: text, content: problemContent(shapes.problem) },
        ]),
      ),
    },
  });
}
