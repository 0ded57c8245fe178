import pino from 'pino';
import type { Fields, Log } from './log.ts';

/** JSON lines on stderr, so that stdout stays free for what a person or a script asked for. */
export function createLog(level: string): Log {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event' },
    pino.destination({ fd: 2, sync: false }),
  );
  return {
    debug: (event: string, fields?: Fields) => logger.debug(fields ?? {}, event),
    info: (event: string, fields?: Fields) => logger.info(fields ?? {}, event),
    warn: (event: string, fields?: Fields) => logger.warn(fields ?? {}, event),
    error: (event: string, fields?: Fields) => logger.error(fields ?? {}, event),
  };
}
