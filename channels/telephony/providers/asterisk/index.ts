/** Asterisk and FreePBX by the Asterisk REST Interface (ARI): docs/providers/asterisk.md */
import type { RemoteFile, Tools } from '../../../../src/channel.ts';
import { Later, Refused } from '../../../../src/errors.ts';
import type { Adapter, Endpoint } from '../../adapter.ts';
import { readLimited } from '../../download.ts';
import { string } from '../../loose.ts';
import { authorization, rootOf } from './ari.ts';
import { dial } from './dial.ts';
import { listen } from './listen.ts';
import { isRecordingName, parse } from './parse.ts';

const RETRY_SECONDS = 60;

/** From the PBX itself, wherever the admin says that it is: the address never comes from an event. */
async function fetchStored(file: RemoteFile, endpoint: Endpoint, tools: Tools, signal: AbortSignal) {
  const name = string(file.ref.recording);
  if (!isRecordingName(name)) throw new Refused('The recording has a name that Asterisk does not give.');
  const url = `${rootOf(endpoint)}/recordings/stored/${encodeURIComponent(name)}/file`;
  const response = await tools.fetch(url, { redirect: 'manual', signal, headers: authorization(endpoint) });
  if (response.ok) return readLimited(response);
  await response.body?.cancel();
  if (response.status === 404) throw new Refused('Asterisk does not have this recording any more.');
  if (response.status === 401 || response.status === 403)
    throw new Refused(`Asterisk does not give us the recording (${response.status}).`);
  throw new Later(RETRY_SECONDS, `Asterisk answered ${response.status} instead of the recording.`);
}

export const asterisk: Adapter = { id: 'asterisk', trust: 'secret', parse, listen, dial, fetch: fetchStored };
