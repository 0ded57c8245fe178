/**
 * Recordings are downloaded from where an event says they are, and an event may be forged: only from hosts that the
 * provider or the admin named, by HTTPS, without following a redirect to anywhere else.
 */
import type { RemoteFile, Tools } from '../../src/channel.ts';
import { Later, Refused } from '../../src/errors.ts';
import type { Endpoint } from './adapter.ts';
import { string } from './loose.ts';

/** Seven hours of MP3 at 32 kbit/s, or two of a telephone's WAV. */
export const MAX_RECORDING_BYTES = 100 * 1024 * 1024;
const MOST_REDIRECTS = 3;
const RETRY_SECONDS = 60;

/** A recording at an address. `undefined` when there is none. `id` tells recordings of one call apart. */
export function recordingFrom(address: unknown, id: string, more: Readonly<Record<string, unknown>> = {}) {
  const url = string(address);
  if (url === '' || !URL.canParse(url)) return undefined;
  return { name: `${id.replaceAll(/[^\w.-]/g, '_').slice(0, 80)}`, mediaType: 'audio/mpeg', ref: { url, ...more } };
}

export interface Download {
  /** Host names of the provider; their sub-domains count too. */
  readonly hosts: readonly string[];
  /** Sent only to those hosts. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Not before: the provider is still writing it. */
  readonly readyAt?: Date;
  readonly method?: 'GET' | 'POST';
  readonly body?: string;
}

/** @throws Later, Refused */
export async function fetchRecording(
  file: RemoteFile,
  endpoint: Endpoint,
  tools: Tools,
  signal: AbortSignal,
  { hosts, headers = {}, readyAt, method = 'GET', body }: Download,
): Promise<Uint8Array> {
  const waitMs = (readyAt?.getTime() ?? 0) - tools.now().getTime();
  if (waitMs > 0) throw new Later(Math.ceil(waitMs / 1000), 'The recording is not ready yet.');
  let url = string(file.ref.url);
  for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
    const own = isAllowed(url, hosts);
    if (!own && !isAllowed(url, endpoint.settings.recordingHosts))
      throw new Refused(
        `The recording lies at ${hostOf(url)}, which is not allowed: see "Where recordings may come from".`,
      );
    const response = await tools.fetch(url, {
      method: hop === 0 ? method : 'GET',
      redirect: 'manual',
      signal,
      ...(own ? { headers } : {}),
      ...(body === undefined || hop > 0 ? {} : { body }),
    });
    if (response.ok) return readLimited(response);
    await response.body?.cancel();
    const next = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && next !== null && URL.canParse(next, url))
      url = new URL(next, url).href;
    else if (response.status === 404 || response.status === 410) {
      // Just after the call it may only not be there yet.
      throw new Later(RETRY_SECONDS, 'The provider has no recording at this address (yet).');
    } else if (response.status === 401 || response.status === 403)
      throw new Refused(`The provider does not give us the recording (${response.status}).`);
    else throw new Later(RETRY_SECONDS, `The provider answered ${response.status} instead of the recording.`);
  }
  throw new Later(RETRY_SECONDS, 'The provider sent us from one address to another.');
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : 'no address');

/** The exact host or a sub-domain of it; HTTPS on its usual port, except on the loopback, where tests live. */
function isAllowed(address: string, hosts: readonly string[]): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') return false;
  const host = url.hostname.toLowerCase();
  const named = hosts.some((one) => host === one.toLowerCase() || host.endsWith(`.${one.toLowerCase()}`));
  if (!named) return false;
  const local = host === '127.0.0.1' || host === 'localhost' || host === '[::1]';
  return local || (url.protocol === 'https:' && url.port === '');
}

/** Never more than the limit, whatever the headers promised. */
export async function readLimited(response: Response): Promise<Uint8Array> {
  const tooLarge = (): Refused => new Refused('The recording is larger than 100 MB.');
  if (Number(response.headers.get('content-length') ?? 0) > MAX_RECORDING_BYTES) {
    await response.body?.cancel();
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_RECORDING_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  if (size === 0) throw new Later(RETRY_SECONDS, 'The recording is still empty.');
  return new Uint8Array(Buffer.concat(chunks));
}
