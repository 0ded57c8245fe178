/**
 * The four errors a channel may throw. Each names what the house does next; anything else is a bug in the channel,
 * retried with back-off up to a limit and then quarantined with its whole cause chain.
 */

/** The request is not genuine or not acceptable: answer with this status, keep nothing. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 422 | 429 | 502 | 503;
  /** Field name -> what is wrong with it, for 422 answers. Never echoes the submitted value. */
  readonly fields: Readonly<Record<string, string>> | undefined;
  readonly retryAfterSeconds: number | undefined;
  constructor(
    status: Rejected['status'],
    message: string,
    more: { fields?: Record<string, string>; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.status = status;
    this.fields = more.fields;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/** The delivery is kept, but no event can be read out of it: quarantine it with this reason. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/**
 * The outside world asks us to come back: try again after so many seconds.
 * @public part of the channel contract
 */
export class Later extends Error {
  override readonly name = 'Later';
  readonly seconds: number;
  constructor(seconds: number, message = 'try again later') {
    super(message);
    this.seconds = seconds;
  }
}

/**
 * The outside world said no for good: stop trying and show a person why.
 * @public part of the channel contract
 */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** The whole chain of causes, outermost first, for logs and quarantine. Messages only: no parameters, no bodies. */
export function causeChain(error: unknown, depth = 6): string[] {
  const chain: string[] = [];
  let at: unknown = error;
  while (at !== undefined && at !== null && chain.length < depth) {
    chain.push(at instanceof Error ? `${at.name}: ${at.message}`.slice(0, 500) : typeof at);
    at = at instanceof Error ? at.cause : undefined;
  }
  return chain;
}
