import { cleanLine, type EndpointContext, type Tools } from '../../src/channel.ts';
import { Later, Refused } from '../../src/errors.ts';
import { explainError } from './explain-error.ts';
import { type Loose, part, record, string } from './loose.ts';
import type { CloudSettings } from './settings.ts';

export type CloudEndpoint = EndpointContext<CloudSettings>;

export const graphUrl = ({ settings }: CloudEndpoint, path: string): string =>
  `${settings.apiRoot}/${settings.apiVersion}/${path}`;

export const bearer = ({ settings }: CloudEndpoint): Record<string, string> => ({
  authorization: `Bearer ${settings.accessToken}`,
});

const NETWORK_SECONDS = 60;

interface Post {
  readonly path: string;
  readonly body: FormData | Loose;
  /** A message, which the client sees; an upload leaves no trace, and may be repeated whatever became of it. */
  readonly visible: boolean;
}

/**
 * Posts to the Graph API.
 *
 * @throws {Later} nothing was sent; {Refused} never will be; {Error} the message may have gone out
 */
export async function postGraph(
  { path, body, visible }: Post,
  endpoint: CloudEndpoint,
  tools: Tools,
  signal: AbortSignal,
): Promise<Loose> {
  const form = body instanceof FormData;
  let response: Response;
  let text: string;
  try {
    response = await tools.fetch(graphUrl(endpoint, path), {
      method: 'POST',
      headers: { ...bearer(endpoint), ...(form ? {} : { 'content-type': 'application/json' }) },
      body: form ? body : JSON.stringify(body),
      redirect: 'manual',
      signal,
    });
    text = await response.text();
  } catch (cause) {
    if (!visible || neverLeft(cause)) throw new Later(NETWORK_SECONDS, 'WhatsApp cannot be reached.');
    throw new Error('WhatsApp did not answer: whether the message went out is not known.', { cause });
  }
  const answer = parseJson(text);
  if (response.ok) return answer;
  throw failureOf(response.status, part(answer, 'error'), visible);
}

/** The connection was never there, so neither was the request. Codes of Node; elsewhere nobody can tell. */
const NEVER_LEFT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function neverLeft(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1)
    if (NEVER_LEFT.has(string(record(at).code))) return true;
  return false;
}

export function parseJson(text: string): Loose {
  try {
    return record(JSON.parse(text));
  } catch {
    return {};
  }
}

/** What an answer that is not 2xx means. The code of the Graph error decides; without one, the HTTP status. */
export function failureOf(status: number, error: Loose, visible: boolean): Error {
  const code = Number(string(error.code) || Number.NaN);
  const known = Number.isInteger(code) ? explainError(code) : undefined;
  if (known !== undefined)
    return known.laterSeconds === undefined
      ? new Refused(`${known.words}${detailsOf(error, code)}`)
      : new Later(known.laterSeconds, known.words);
  if (status === 401) return new Later(300, explainError(190)!.words);
  if (status === 429) return new Later(60, explainError(4)!.words);
  if (status >= 500)
    return visible
      ? new Error(`WhatsApp answered ${status}: whether the message went out is not known.`)
      : new Later(NETWORK_SECONDS, `WhatsApp answered ${status}.`);
  const title = Number.isInteger(code) ? `error ${code}${detailsOf(error, code)}` : `HTTP ${status}`;
  return new Refused(`WhatsApp refused: ${title}`);
}

/** Of these codes nobody can tell what is wrong without Meta's own words; numbers in them may be a client's phone. */
function detailsOf(error: Loose, code: number): string {
  if (explainError(code) !== undefined && ![100, 131008, 131009, 135000].includes(code)) return '';
  const details = string(part(error, 'error_data').details) || string(error.message);
  const line = cleanLine(details, 200).replace(/\d{5,}/g, '…');
  return line === '' ? '' : ` (${line})`;
}
