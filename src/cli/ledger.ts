import { type Counts, type Ledger, readLedger } from '../intake/ledger.ts';
import { type Done, defineCommand, PROGRAM } from './command.ts';
import { findEndpoint } from './find.ts';
import { readTime } from './moment.ts';
import { withHouse } from './open.ts';
import { table } from './table.ts';

const OUTCOMES = ['opened', 'attached', 'ignored', 'quarantined', 'pending'] as const;
/** Days and endpoints shown to a person; `--since` narrows it down. */
const MAX_ROWS = 40;

export const ledgerCommand = defineCommand({
  words: 'ledger',
  summary: 'Account for everything that was received; exit code 1 when it does not add up',
  usage: '[--endpoint <id>] [--since <time>] [--until <time>]',
  options: {
    endpoint: { type: 'string', value: 'id', help: 'Only this endpoint (id, key or name)' },
    since: { type: 'string', value: 'time', help: 'Receipts from then on: a date, an ISO 8601 time, or 90m, 24h, 7d' },
    until: { type: 'string', value: 'time', help: 'Receipts before then' },
  },
  more: 'received = opened + attached + ignored + quarantined + pending, by endpoint and day (UTC).',
  run: (call, values) =>
    withHouse(call, async ({ deps: { sql, clock } }) => {
      const now = clock.now();
      const sinceMs = readTime(values.since, 'since', now);
      const untilMs = readTime(values.until, 'until', now);
      const endpoint = values.endpoint === undefined ? undefined : (await findEndpoint(sql, values.endpoint)).id;
      return report(await readLedger(sql, { endpoint, sinceMs, untilMs }));
    }),
});

function report(ledger: Ledger): Done {
  const { received, opened, attached, ignored, quarantined, pending, balanced } = ledger;
  const json = { received, opened, attached, ignored, quarantined, pending, balanced };
  return { json, text: draw(ledger), failed: !balanced };
}

function draw(ledger: Ledger): string {
  const counts = (row: Counts): number[] => [row.received, ...OUTCOMES.map((name) => row[name])];
  const rows = ledger.rows
    .slice(0, MAX_ROWS)
    .map((row) => [row.day, row.endpoint.name, ...counts(row), row.balanced ? 'yes' : 'NO']);
  const equation = `${ledger.received} received = ${OUTCOMES.map((name) => `${ledger[name]} ${name}`).join(' + ')}`;
  const rest = ledger.rows.length - rows.length;
  return [
    table(
      ['day', 'endpoint', 'received', ...OUTCOMES, 'balanced'],
      [...rows, ['total', '', ...counts(ledger), ledger.balanced ? 'yes' : 'NO']],
    ),
    ...(rest > 0 ? [`(${rest} older lines are in the total only; narrow it down with --since)`] : []),
    '',
    ledger.balanced ? equation : equation.replace('=', '<>'),
    ledger.balanced
      ? 'Everything is accounted for.'
      : `Something was lost or counted twice. Keep the database as it is, and run: ${PROGRAM} doctor`,
  ].join('\n');
}
