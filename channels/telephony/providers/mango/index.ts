/** Mango Office: docs/providers/mango.md */
import type { Dial, Dialled, RemoteFile, Tools } from '../../../../src/channel.ts';
import { Refused } from '../../../../src/errors.ts';
import type { Adapter, Endpoint, TestCall, TestRequest } from '../../adapter.ts';
import { fetchRecording } from '../../download.ts';
import { string } from '../../loose.ts';
import { API, FORM, order, signedForm } from './command.ts';
import { parse } from './parse.ts';
import { verify } from './verify.ts';

/** The API answers with a redirect to a link that is good once. */
function fetch(file: RemoteFile, endpoint: Endpoint, tools: Tools, signal: AbortSignal): Promise<Uint8Array> {
  const question = { recording_id: string(file.ref.recording), action: 'download' };
  return fetchRecording({ ...file, ref: { url: `${API}/queries/recording/post` } }, endpoint, tools, signal, {
    hosts: ['mango-office.ru'],
    headers: FORM,
    method: 'POST',
    body: signedForm(endpoint, question),
  });
}

/** Rings the extension's own phones, or the number where the person is now. */
async function dial(call: Dial, endpoint: Endpoint, tools: Tools, signal: AbortSignal): Promise<Dialled> {
  const { extension, dial: elsewhere } = call.from;
  const command = {
    command_id: call.idempotencyKey,
    from: { extension, ...(elsewhere === undefined ? {} : { number: bare(elsewhere) }) },
    to_number: bare(call.to),
  };
  const { done, status, code } = await order(endpoint, tools, signal, '/commands/callback', command);
  if (status >= 500) throw new Error(`Mango answered ${status} to the request of a call`);
  if (!done) throw new Refused(`Mango did not start the call (${status}${code === '' ? '' : `, code ${code}`}).`);
  // The id of the call comes only with its events.
  return {};
}

const bare = (number: string): string => number.replace(/^\+/, '');

function test(endpoint: Endpoint, { callId, client, at }: TestCall): readonly TestRequest[] {
  const seconds = Math.floor(at.getTime() / 1000);
  const line = (endpoint.settings.lines[0]?.number ?? '').replace(/^\+/, '');
  const from = { number: bare(client) };
  const leg = { entry_id: callId, call_id: `${callId}:1`, timestamp: seconds - 20, seq: 1 };
  const summary = { entry_id: callId, call_direction: 1, line_number: line, create_time: seconds - 20 };
  const events = {
    call: { ...leg, call_state: 'Appeared', location: 'abonent', from, to: { extension: '0', line_number: line } },
    summary: { ...summary, from, to: {}, talk_time: 0, end_time: seconds, entry_result: 0, disconnect_reason: 1111 },
  };
  return Object.entries(events).map(([path, event]) => ({
    method: 'POST',
    path: `/events/${path}`,
    headers: FORM,
    body: signedForm(endpoint, event),
  }));
}

export const mango: Adapter = { id: 'mango', trust: 'signed', verify, parse, fetch, dial, test };
