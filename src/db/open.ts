/** Opening PostgreSQL with one set of habits for Node and Worker, and reading its errors. */
import postgres from 'postgres';
import { ARRAY_TYPES, readArray, writeArray } from './arrays.ts';

/** int8 comes back as a number while that is exact, else as a bigint. */
export type Sql = postgres.Sql<{ int8: bigint | number }>;

export interface OpenOptions {
  /** Connections at most. */
  readonly max: number;
  /** The sessions run as this role (the login must be a member of it): row-level security holds for them. */
  readonly role?: string;
  /** Seen in pg_stat_activity. */
  readonly applicationName: string;
  /** A statement that runs longer is cancelled (57014). Default 30,000. */
  readonly statementTimeoutMs?: number;
  /** Waiting longer for a lock fails (55P03). Default 10,000. */
  readonly lockTimeoutMs?: number;
  /** A transaction that does nothing for longer loses its connection (25P03). Default 30,000. */
  readonly idleInTransactionTimeoutMs?: number;
  /**
   * Behind a transaction pooler (Hyperdrive): a session is not ours, so nothing is asked of it at its start. Role and
   * time limits are then those of the login itself; see docs/worker.md.
   */
  readonly pooled?: boolean;
}

const STATEMENT_TIMEOUT_MS = 30_000;

/**
 * Arrays of the types in `arrays.ts` work in both directions. Where the statement does not say the type, say it:
 * `${sql.array(values)}::uuid[]` or `${values}::text[]`; arrays of Uint8Array, Date, boolean and bigint always need
 * `sql.array(...)`. Objects are written to json and jsonb as they are; a string there becomes a JSON string.
 */
export function openDatabase(url: string, options: OpenOptions): Sql {
  const sql = postgres(url, {
    max: options.max,
    connect_timeout: 5, // seconds
    answer_timeout: answerSeconds(options),
    idle_timeout: 60, // seconds; an idle backend costs about 3 MB
    // The default waits up to 11 s after an outage that has long ended.
    backoff: (attempt) => Math.min(0.1 * attempt, 1),
    fetch_types: false,
    prepare: true,
    onnotice: () => {},
    types: { int8: { to: 20, from: [20], serialize: String, parse: exactInteger } },
    connection: options.pooled === true ? {} : startParameters(options),
  });
  teachArrays(sql);
  return sql;
}

/** The server ends a statement by itself; when not even that is heard, nobody is there. No limit there, none here. */
function answerSeconds({ statementTimeoutMs = STATEMENT_TIMEOUT_MS }: OpenOptions): number | undefined {
  return statementTimeoutMs === 0 ? undefined : (statementTimeoutMs + 2000) / 1000;
}

function startParameters(options: OpenOptions): Partial<postgres.ConnectionParameters> {
  return {
    application_name: options.applicationName,
    statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
    lock_timeout: options.lockTimeoutMs ?? 10_000,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 30_000,
    ...(options.role === undefined ? {} : { role: options.role }),
  };
}

function exactInteger(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

/** What `fetch_types` would have installed, from the fixed list. */
function teachArrays(sql: Sql): void {
  const { parsers, serializers } = sql.options;
  const { typeArrayMap } = (sql.options as unknown as { shared: { typeArrayMap: Record<number, number> } }).shared;
  for (const [element, array] of Object.entries(ARRAY_TYPES).map(([key, value]) => [Number(key), value] as const)) {
    const read = parsers[element] ?? String;
    const write = (serializers[element] ?? String) as (item: unknown) => string;
    typeArrayMap[element] = array;
    parsers[array] = (text: string) => readArray(text, read);
    serializers[array] = (items: unknown) => (Array.isArray(items) ? writeArray(items, write) : String(items));
  }
}

/** Connection lost or refused: postgres.js's own codes, then the operating system's. */
const LOST = new Set([
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** SQLSTATEs that pass by themselves (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const PASSING = new Set([
  '40001', // serialization failure
  '40P01', // deadlock
  '55P03', // lock not available within lock_timeout
  '57P01', // shut down by an administrator
  '57P02', // a crash elsewhere in the server
  '57P03', // starting up
  '53000', // insufficient resources
  '53100', // disk full
  '53200', // out of memory
  '53300', // too many connections
  '25006', // read-only: connected to a standby in the middle of a failover
  '25P03', // our transaction was idle for too long: this process was frozen
  '58000', // Hyperdrive's own: no connection to the database to be had
]);

/** True when the same work may succeed later with nothing changed: answer 503, keep, retry. */
export function isTransient(error: unknown): boolean {
  return codes(error).some((code) => LOST.has(code) || PASSING.has(code) || /^08\w{3}$/.test(code));
}

/** The database has no room left. Transient too, but a person must act. */
export function isDiskFull(error: unknown): boolean {
  return codes(error).some((code) => code === '53100' || code === 'ENOSPC');
}

/** The codes of an error, of its causes (drizzle wraps) and of its parts (one connection attempt per address). */
function codes(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error) || depth > 5) return [];
  const own = (error as { code?: unknown }).code;
  const parts = error instanceof AggregateError ? error.errors.flatMap((part: unknown) => codes(part, depth + 1)) : [];
  return [...(typeof own === 'string' ? [own] : []), ...parts, ...codes(error.cause, depth + 1)];
}

/** What may be logged of a database error: no parameter, no row, no statement. */
export class RedactedError extends Error {
  override readonly name: string = 'RedactedError';
  readonly code: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly constraint: string | undefined;
  constructor(
    message: string,
    from: Partial<Record<'code' | 'table' | 'column' | 'constraint', unknown>>,
    cause?: Error,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
    this.code = text(from.code);
    this.table = text(from.table);
    this.column = text(from.column);
    this.constraint = text(from.constraint);
  }
}

/**
 * An error for logs and quarantine reasons. PostgreSQL puts values into `detail`, `where` and, for wrong input, into
 * the message; drizzle puts the statement and all parameters into the message and the stack. Only what names our own
 * things is copied: code, table, column, constraint, the frames of the stack.
 */
export function redact(error: unknown, depth = 0): Error {
  if (!(error instanceof Error))
    return new RedactedError(`something was thrown that is no error: ${typeof error}`, {});
  const from = error as Error & {
    code?: unknown;
    table_name?: unknown;
    column_name?: unknown;
    constraint_name?: unknown;
  };
  const cause = error.cause === undefined || depth > 5 ? undefined : redact(error.cause, depth + 1);
  const names = {
    code: from.code,
    table: from.table_name,
    column: from.column_name,
    constraint: from.constraint_name,
  };
  const redacted = new RedactedError(safeMessage(error), names, cause);
  redacted.stack = `${error.name}: ${redacted.message}${frames(error)}`;
  return redacted;
}

function safeMessage(error: Error): string {
  if ('params' in error || error.message.startsWith('Failed query:')) return 'a query failed';
  // JSON.parse quotes what it could not read.
  if (error instanceof SyntaxError) return error.message.replace(/[,:]? *(?:\.\.\.)?".*$/s, ' …');
  if (error.name !== 'PostgresError') return error.message;
  const code = String((error as { code?: unknown }).code);
  // Class 22 (data exception) quotes the input; other classes quote the names of our own tables and constraints.
  return code.startsWith('22') ? error.message.replace(/\s*["':].*$/s, ' …') : error.message;
}

/** The stack without the message in front of it, which may span lines. */
function frames(error: Error): string {
  const stack = error.stack ?? '';
  const at = stack.indexOf(error.message);
  return at < 0 ? '' : stack.slice(at + error.message.length);
}
