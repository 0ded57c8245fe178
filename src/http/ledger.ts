import { Hono } from 'hono';
import type { Deps } from '../deps.ts';
import { Rejected } from '../errors.ts';
import { readLedger, readMoment } from '../intake/ledger.ts';
import { type AppEnv, allow } from './authenticate.ts';
import { describe } from './describe.ts';
import * as shapes from './shapes.ts';
import { query } from './validate.ts';

function moment(name: 'since' | 'until', text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const atMs = readMoment(text, nowMs);
  if (atMs !== undefined) return atMs;
  throw new Rejected(400, 'That is not a moment.', {
    fields: { [name]: 'must be a date, an ISO 8601 time, or a span back from now such as 24h or 7d' },
  });
}

export function ledgerRoutes({ sql, clock }: Deps) {
  return new Hono<AppEnv>().get(
    '/ledger',
    describe({
      summary: 'Every delivery accounted for',
      description: '`since` and `until`: a date, an ISO 8601 time, or a span back from now (`24h`, `7d`).',
      tag: 'Ledger',
      answer: shapes.ledger,
    }),
    allow('admin', 'head', 'auditor'),
    query(shapes.ledgerQuery),
    async (c) => {
      const { endpoint, since, until } = c.req.valid('query');
      const nowMs = clock.now();
      const sinceMs = moment('since', since, nowMs);
      const untilMs = moment('until', until, nowMs);
      return c.json(await readLedger(sql, { endpoint, sinceMs, untilMs }), 200);
    },
  );
}
