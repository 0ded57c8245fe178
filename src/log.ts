/**
 * One wide line per unit of work: an event name and flat fields (ids, counts, durations in ms). Never a body, a name,
 * a phone or a secret: what may be logged is written at each call, nothing is dumped.
 */
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>;

export interface Log {
  readonly debug: (event: string, fields?: Fields) => void;
  readonly info: (event: string, fields?: Fields) => void;
  readonly warn: (event: string, fields?: Fields) => void;
  readonly error: (event: string, fields?: Fields) => void;
}

const ignore = (): void => undefined;

/** For tests and for the Worker's request path. */
export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
