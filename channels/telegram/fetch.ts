import type { EndpointContext, RemoteFile, Tools } from '../../src/channel.ts';
import { Later, Refused } from '../../src/errors.ts';
import { ApiError, openApi } from './call-api.ts';
import { asCount, asKey, asObject, asText } from './loose.ts';
import { TooLarge } from './read-limited.ts';
import type { TelegramSettings } from './settings.ts';
import { type Words, wordsFor } from './words.ts';

/** What a bot may download (Bot API, `getFile`). */
export const MAX_FILE_BYTES = 20 * 1024 * 1024;

const ASK_TIMEOUT_MS = 30_000;
const DOWNLOAD_TIMEOUT_MS = 240_000;

/**
 * The link that `getFile` gives is valid for an hour and has the token in its address: it is used here and forgotten.
 */
export async function fetchFile(
  file: RemoteFile,
  endpoint: EndpointContext<TelegramSettings>,
  tools: Tools,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const say = wordsFor(endpoint.language);
  const fileId = asKey(file.ref.fileId, 1000);
  if (fileId === undefined) throw new Refused(say.fileGone);
  if ((file.size ?? 0) > MAX_FILE_BYTES) throw new Refused(say.fileTooBig);
  const api = openApi(endpoint.settings, tools.fetch);
  try {
    const found = asObject(await api.call('getFile', { file_id: fileId }, { signal, timeoutMs: ASK_TIMEOUT_MS }));
    if ((asCount(found?.file_size) ?? 0) > MAX_FILE_BYTES) throw new Refused(say.fileTooBig);
    const path = readPath(asText(found?.file_path), say);
    return await api.download(path, MAX_FILE_BYTES, { signal, timeoutMs: DOWNLOAD_TIMEOUT_MS });
  } catch (error) {
    throw translate(error, say);
  }
}

/** A path that leads elsewhere on that server, or to its disk, is not followed. */
function readPath(path: string, say: Words): string {
  if (/^(?:\/|[A-Za-z]:)/.test(path)) throw new Refused(say.fileLocal);
  if (path === '' || path.split(/[\\/]/).some((part) => part === '' || part === '.' || part === '..'))
    throw new Refused(say.fileGone);
  return path;
}

function translate(error: unknown, say: Words): unknown {
  if (error instanceof TooLarge) return new Refused(say.fileTooBig);
  if (!(error instanceof ApiError)) return error;
  if (error.code === 429) return new Later(error.retryAfterSeconds ?? 30, error.message);
  if (error.code === 401) return new Later(300, say.wrongToken);
  if (error.code !== 400) return error;
  return new Refused(/too big/i.test(error.description) ? say.fileTooBig : say.fileGone);
}
