import type { RemoteFile, Tools } from '../../src/channel.ts';
import { Later, Refused } from '../../src/errors.ts';
import { bearer, type CloudEndpoint, failureOf, graphUrl, parseJson } from './call-graph.ts';
import { id, part, string } from './loose.ts';

/** WhatsApp's own limit of a file (documents; all the others are smaller). */
export const MAX_FILE_BYTES = 100 * 1024 * 1024;

/**
 * After 20 failed downloads in an hour Meta blocks them for 30 minutes (360dialog): a retry must not come quickly.
 */
const RETRY_SECONDS = 300;
const MOST_REDIRECTS = 3;

const GONE = 'The file is no longer at WhatsApp: it is kept there for 7 days.';

/** The id gives an address that lives for 5 minutes; both calls need the access token. */
export async function fetchFile(
  file: RemoteFile,
  endpoint: CloudEndpoint,
  tools: Tools,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const mediaId = id(file.ref.mediaId);
  if (mediaId === undefined) throw new Refused('WhatsApp named no file.');
  // A 404 of the address may only mean that it grew too old: once more with a new one.
  for (const last of [false, true]) {
    const found = await lookUp(mediaId, endpoint, tools, signal);
    const bytes = await download(found.url, endpoint, tools, signal);
    if (bytes === undefined && !last) continue;
    if (bytes === undefined) throw new Refused(GONE);
    // The hash of the signed webhook before the one that came with the address.
    await checkHash(bytes, toBytes(string(file.ref.sha256)) ?? toBytes(found.sha256));
    return bytes;
  }
  throw new Refused(GONE);
}

async function lookUp(mediaId: string, endpoint: CloudEndpoint, tools: Tools, signal: AbortSignal) {
  const response = await tools.fetch(graphUrl(endpoint, encodeURIComponent(mediaId)), {
    headers: bearer(endpoint),
    redirect: 'manual',
    signal,
  });
  const answer = parseJson(await response.text());
  if (!response.ok) {
    const error = part(answer, 'error');
    const failure = failureOf(response.status, error, false);
    if (failure instanceof Later) throw new Later(Math.max(failure.seconds, RETRY_SECONDS), failure.message);
    // An expired id is no object any more: 404, or error 100 with the subcode 33.
    throw response.status === 404 || string(error.code) === '100' ? new Refused(GONE) : failure;
  }
  const size = Number(string(answer.file_size) || 0);
  if (size > MAX_FILE_BYTES) throw new Refused(tooLarge(size));
  return { url: string(answer.url), sha256: string(answer.sha256) };
}

/** @returns `undefined` when there is nothing at the address (any more) */
async function download(
  address: string,
  endpoint: CloudEndpoint,
  tools: Tools,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  let url = address;
  for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
    if (!mayHaveToken(url, endpoint)) throw new Refused('WhatsApp named an address that is not its own.');
    const response = await tools.fetch(url, { headers: bearer(endpoint), redirect: 'manual', signal });
    if (response.ok) return readBody(response);
    await response.body?.cancel();
    const next = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && next !== null && URL.canParse(next, url))
      url = new URL(next, url).href;
    else if (response.status === 404 || response.status === 410) return undefined;
    else throw new Later(RETRY_SECONDS, `WhatsApp answered ${response.status} instead of the file.`);
  }
  throw new Later(RETRY_SECONDS, 'WhatsApp sent us from one address to another.');
}

/** The token opens the whole account: it goes to Meta's own hosts and nowhere else, whatever an answer says. */
export function mayHaveToken(address: string, { settings }: CloudEndpoint): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (url.origin === settings.apiRoot) return true;
  const meta = /(?:^|\.)(?:fbsbx\.com|facebook\.com|whatsapp\.net)$/.test(url.hostname);
  return meta && url.protocol === 'https:' && url.port === '' && url.username === '' && url.password === '';
}

/** Never more than the limit, whatever the headers promised. */
async function readBody(response: Response): Promise<Uint8Array> {
  const promised = Number(response.headers.get('content-length') ?? 0);
  if (promised > MAX_FILE_BYTES) {
    await response.body?.cancel();
    throw new Refused(tooLarge(promised));
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    // Leaving the loop cancels the body.
    if (size > MAX_FILE_BYTES) throw new Refused(tooLarge(size));
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

const tooLarge = (size: number): string =>
  `The file is larger than ${MAX_FILE_BYTES / 1024 / 1024} MB (${Math.ceil(size / 1024 / 1024)} MB).`;

/** Webhooks write the hash in base64, the answer about a media id in hex. Anything else cannot be checked. */
function toBytes(hash: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/i.test(hash))
    return Uint8Array.from({ length: 32 }, (_, at) => Number.parseInt(hash.slice(at * 2, at * 2 + 2), 16));
  if (!/^[\w+/-]{43}=?$/.test(hash)) return undefined;
  const text = atob(hash.replaceAll('-', '+').replaceAll('_', '/').replace('=', ''));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

async function checkHash(bytes: Uint8Array, expected: Uint8Array | undefined): Promise<void> {
  if (expected === undefined) return;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  if (!digest.every((byte, at) => byte === expected[at]))
    throw new Refused('The file from WhatsApp is not the one that the message named: its SHA-256 differs.');
}
