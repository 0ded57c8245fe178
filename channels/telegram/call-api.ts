/**
 * The Bot API over the house's own `fetch`, in place of grammY's client. Under Node that one brings node-fetch 2 and
 * agents of its own (grammy 1.46.0, `platform.node.js`), so neither the Worker nor a test's stand-in would be used, and
 * its `GrammyError` carries the whole payload, which is a client's text. Of grammY only the types are taken.
 *
 * The token stands in the path of every request. No error that leaves this file has a cause, an address or an answer
 * with the token in it.
 */
import { asCount, asId, asObject, asText } from './loose.ts';
import { readLimited } from './read-limited.ts';
import type { TelegramSettings } from './settings.ts';

/** Telegram understood and said no: `{"ok":false,"error_code","description","parameters"}`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly description: string;
  readonly retryAfterSeconds: number | undefined;
  readonly migrateToChatId: number | undefined;
  constructor(method: string, code: number, description: string, parameters: unknown) {
    super(`${method} was answered with ${code}: ${description}`);
    this.code = code;
    this.description = description;
    this.retryAfterSeconds = asCount(asObject(parameters)?.retry_after);
    this.migrateToChatId = asId(asObject(parameters)?.migrate_to_chat_id);
  }
}

/** No answer that could be understood. Whether Telegram did what it was asked to is not known, unless `unsent`. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** The connection was never made. */
  readonly unsent: boolean;
  constructor(message: string, unsent: boolean) {
    super(message);
    this.unsent = unsent;
  }
}

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly file?: { readonly field: string; readonly name: string; readonly type: string; readonly bytes: Uint8Array };
}

export interface Api {
  /** @throws ApiError, NoAnswer */
  readonly call: (
    method: string,
    payload: Readonly<Record<string, unknown>>,
    options: CallOptions,
  ) => Promise<unknown>;
  /** @throws ApiError, NoAnswer, TooLarge */
  readonly download: (path: string, maxBytes: number, options: CallOptions) => Promise<Uint8Array>;
}

/** A hundred updates, each with 32,768 characters in up to 500 blocks and another such message that it answers. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export function openApi({ apiRoot, botToken }: TelegramSettings, fetchWith: typeof fetch): Api {
  const scrub = (text: string): string => text.replaceAll(botToken, '<token>').slice(0, 300);

  async function request(what: string, url: string, init: RequestInit, options: CallOptions): Promise<Response> {
    try {
      const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
      // A redirect would carry the token to an address that nobody has chosen.
      return await fetchWith(url, { ...init, signal, redirect: 'manual' });
    } catch (error) {
      throw noAnswer(what, error);
    }
  }

  async function call(method: string, payload: Readonly<Record<string, unknown>>, options: CallOptions) {
    const url = `${apiRoot}/bot${botToken}/${method}`;
    const response = await request(method, url, { method: 'POST', ...bodyOf(payload, options) }, options);
    const answer = asObject(await readJson(method, response));
    if (answer?.ok === true) return answer.result;
    const code = asCount(answer?.error_code);
    if (answer?.ok === false && code !== undefined)
      throw new ApiError(method, code, scrub(asText(answer.description)), answer.parameters);
    throw new NoAnswer(`${method} was answered with ${response.status}, but not by a Bot API server`, false);
  }

  async function download(path: string, maxBytes: number, options: CallOptions) {
    const address = path.split('/').map(encodeURIComponent).join('/');
    const response = await request('download', `${apiRoot}/file/bot${botToken}/${address}`, {}, options);
    if (!response.ok) {
      await response.body?.cancel();
      throw new ApiError('download', response.status, 'the file was not given', undefined);
    }
    return readLimited(response, maxBytes, (error) => noAnswer('download', error));
  }

  return { call, download };
}

/** `undefined`: not JSON, or more of it than any answer has. */
async function readJson(method: string, response: Response): Promise<unknown> {
  try {
    const bytes = await readLimited(response, MAX_ANSWER_BYTES, (error) => noAnswer(method, error));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof NoAnswer) throw error;
    return undefined;
  }
}

function bodyOf(payload: Readonly<Record<string, unknown>>, { file }: CallOptions): RequestInit {
  if (file === undefined) return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(payload) };
  const form = new FormData();
  for (const [name, value] of Object.entries(payload))
    form.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  form.set(file.field, new File([file.bytes as Uint8Array<ArrayBuffer>], file.name, { type: file.type }));
  return { body: form };
}

/** Codes of the system and of undici for a connection that was never made. */
const UNSENT = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

/** The error of `fetch` may quote the address: only a code of the system's is passed on. */
function noAnswer(what: string, error: unknown): NoAnswer {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  const code = typeof cause?.code === 'string' && /^[A-Z_]{3,40}$/.test(cause.code) ? cause.code : undefined;
  const isTimeout = error instanceof Error && error.name === 'TimeoutError';
  return new NoAnswer(
    `${what} got no answer (${code ?? (isTimeout ? 'timeout' : 'network')})`,
    code !== undefined && UNSENT.test(code),
  );
}
