import type { Fields, Log } from './log.ts';

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** JSON lines on the console, where Workers Logs and `wrangler tail` pick them up. An unknown level is info. */
export function createLog(level: string | undefined): Log {
  const least = Math.max(LEVELS.indexOf((level ?? 'info') as (typeof LEVELS)[number]), level === 'trace' ? 0 : -1);
  const from = least < 0 ? 1 : least;
  const write = (at: (typeof LEVELS)[number], event: string, fields: Fields = {}): void => {
    if (LEVELS.indexOf(at) < from) return;
    // oxlint-disable-next-line no-console -- the Workers runtime has no other log
    console.log(JSON.stringify({ level: at, event, ...fields }));
  };
  return {
    debug: (event, fields) => write('debug', event, fields),
    info: (event, fields) => write('info', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    error: (event, fields) => write('error', event, fields),
  };
}
