/** The API of Zadarma and Novofon: recordings and click-to-call. */
import { cleanLine, type Dial, type Dialled, type RemoteFile, type Tools } from '../../../../src/channel.ts';
import { Later, Refused } from '../../../../src/errors.ts';
import type { Endpoint } from '../../adapter.ts';
import { fetchRecording } from '../../download.ts';
import { type Loose, string } from '../../loose.ts';
import { shortAnswer } from '../../short-answer.ts';
import type { Brand } from './brand.ts';
import { authorization, sortedQuery } from './signature.ts';

/** The vendor says: wait about forty seconds after the notice. */
const WRITING_SECONDS = 45;
const RETRY_SECONDS = 60;
const DAY_SECONDS = 86_400;
/** How long the link that we ask for shall live. */
const LINK_SECONDS = 1800;

export const fetchFor =
  (brand: Brand) =>
  async (file: RemoteFile, endpoint: Endpoint, tools: Tools, signal: AbortSignal): Promise<Uint8Array> => {
    const id = string(file.ref.recording);
    if (id === '') throw new Refused('This recording has no id.');
    // The notice has no time of its own, so the first attempt only starts the wait.
    if (await tools.once(`recording:${id}`, DAY_SECONDS))
      throw new Later(WRITING_SECONDS, 'The provider is still writing the recording.');
    const parameters = { call_id: id, format: 'json', lifetime: String(LINK_SECONDS) };
    const { status, body } = await ask(brand, endpoint, tools, signal, '/v1/pbx/record/request/', parameters);
    if (status === 401 || status === 403)
      throw new Refused(`${brand.title} did not take the API key (${status}): ${messageOf(body)}`);
    const links: unknown = body.links;
    const url = string(body.link) || (Array.isArray(links) ? string(links[0]) : '');
    if (status !== 200 || string(body.status) !== 'success' || url === '')
      throw new Later(RETRY_SECONDS, `${brand.title} has no link to the recording yet: ${messageOf(body)}`);
    return fetchRecording({ ...file, ref: { url } }, endpoint, tools, signal, { hosts: brand.hosts });
  };

export const dialFor =
  (brand: Brand) =>
  async ({ from, to }: Dial, endpoint: Endpoint, tools: Tools, signal: AbortSignal): Promise<Dialled> => {
    const parameters = { format: 'json', from: bare(from.dial ?? from.extension), to: bare(to) };
    const { status, body } = await ask(brand, endpoint, tools, signal, '/v1/request/callback/', parameters);
    if (status >= 500) throw new Error(`${brand.title} answered ${status} to the request of a call`);
    if (status < 200 || status >= 300 || string(body.status) === 'error')
      throw new Refused(`${brand.title} did not start the call (${status}): ${messageOf(body)}`);
    // Its answer has no id of the call.
    return {};
  };

/** The API wants numbers without a plus. */
const bare = (number: string): string => number.replace(/^\+/, '');

async function ask(
  brand: Brand,
  endpoint: Endpoint,
  tools: Tools,
  signal: AbortSignal,
  path: string,
  parameters: Readonly<Record<string, string>>,
) {
  const { api, key, secret } = brand.account(endpoint);
  if (key === undefined || key === '') throw new Refused(`For this the API key of ${brand.title} is needed.`);
  const query = sortedQuery(parameters);
  const response = await tools.fetch(`${api}${path}?${query}`, {
    headers: { authorization: authorization(key, secret ?? '', path, query) },
    redirect: 'manual',
    signal,
  });
  return shortAnswer(response);
}

const messageOf = (body: Loose): string => cleanLine(string(body.message), 200) || 'no reason given.';
