/** Telphin's API, in the name of an application of the cabinet. */
import { cleanLine, type Dial, type Dialled, type RemoteFile, type Tools } from '../../../../src/channel.ts';
import { Later, Refused } from '../../../../src/errors.ts';
import type { Endpoint } from '../../adapter.ts';
import { fetchRecording } from '../../download.ts';
import { type Loose, string } from '../../loose.ts';
import { dialledDigits } from '../../russian-number.ts';
import { shortAnswer } from '../../short-answer.ts';

const ORIGIN = 'https://apiproxy.telphin.ru';
const API = `${ORIGIN}/api/ver1.0`;
const RETRY_SECONDS = 60;

/** Two steps: an address in Telphin's storage, then the file. */
export async function fetchFile(
  file: RemoteFile,
  endpoint: Endpoint,
  tools: Tools,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const token = await tokenFor(endpoint, tools, signal);
  if (token === undefined) throw new Later(RETRY_SECONDS, 'Telphin gives us no token now.');
  const id = encodeURIComponent(string(file.ref.recording));
  const response = await tools.fetch(`${API}/client/@me/record/${id}/storage_url/`, {
    headers: { authorization: `Bearer ${token}` },
    redirect: 'manual',
    signal,
  });
  const { status, body } = await shortAnswer(response);
  if (status === 401 || status === 403) throw new Refused(`The application may not read recordings (${status}).`);
  const url = string(body.record_url);
  if (status !== 200 || url === '')
    throw new Later(RETRY_SECONDS, `Telphin has no address of the recording yet (${status}).`);
  return fetchRecording({ ...file, ref: { url } }, endpoint, tools, signal, { hosts: ['telphin.ru'] });
}

/** Rings everything in `src_num`, and the client once somebody picks up. */
export async function dial(call: Dial, endpoint: Endpoint, tools: Tools, signal: AbortSignal): Promise<Dialled> {
  const id = endpoint.settings.telphinExtensionId;
  if (id === undefined) throw new Refused('For calls from Inlet the ID of an extension of Telphin is needed.');
  const token = await tokenFor(endpoint, tools, signal);
  if (token === undefined) throw new Refused('Telphin gives us no token now: nobody was called.');
  const response = await tools.fetch(`${API}/extension/${id}/callback/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ src_num: [sourceOf(call)], dst_num: dialledDigits(call.to) }),
    redirect: 'manual',
    signal,
  });
  const { status, body } = await shortAnswer(response);
  if (status >= 500) throw new Error(`Telphin answered ${status} to the request of a call`);
  if (status < 200 || status >= 300) throw new Refused(`Telphin did not start the call (${status})${reasonOf(body)}`);
  // Whether its `call_id` is the CallID of the events is not documented.
  return {};
}

const sourceOf = ({ from }: Dial): string => (from.dial === undefined ? from.extension : from.dial.replace(/^\+/, ''));

function reasonOf(body: Loose): string {
  const reason = cleanLine(string(body.message) || string(body.error), 200);
  return reason === '' ? '.' : `: ${reason}`;
}

/** `undefined`: not now. @throws Refused */
async function tokenFor({ settings }: Endpoint, tools: Tools, signal: AbortSignal): Promise<string | undefined> {
  const { telphinAppId: id = '', telphinAppSecret: secret = '' } = settings;
  if (id === '' || secret === '') throw new Refused('For this the ID and the secret of an application are needed.');
  const response = await tools.fetch(`${ORIGIN}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: secret,
      scope: 'all',
    }).toString(),
    redirect: 'manual',
    signal,
  });
  const { status, body } = await shortAnswer(response);
  if (status === 400 || status === 401 || status === 403)
    throw new Refused(`Telphin does not know the application (${status}): are its ID and secret right?`);
  return string(body.access_token) || undefined;
}
