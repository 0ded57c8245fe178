import type { Dial, Dialled, Tools } from '../../../../src/channel.ts';
import { cleanLine } from '../../../../src/channel.ts';
import { Refused } from '../../../../src/errors.ts';
import type { Endpoint } from '../../adapter.ts';
import { answered } from '../../api-answer.ts';
import { part, string } from '../../loose.ts';
import { dialledDigits } from '../../russian-number.ts';

const CALL_APIS = {
  uis: 'https://callapi.uiscom.ru/v4.0',
  comagic: 'https://callapi.comagic.ru/v4.0',
  novofon: 'https://callapi-jsonrpc.novofon.ru/v4.0',
  callgear: 'https://callapi.callgear.com/v4.0',
} as const;

/** JSON-RPC: the failure of the server itself, which says nothing about the call. */
const INTERNAL_ERROR = -32603;

/**
 * `start.employee_call` of the Call API. The employee is named by their id; a number besides it must be one of theirs.
 * The session's id is the one that the notifications have.
 */
export async function dial(call: Dial, { settings }: Endpoint, tools: Tools, signal: AbortSignal): Promise<Dialled> {
  const { uisAccessKey: key, uisVirtualNumber: shown } = settings;
  if (key === undefined || shown === undefined)
    throw new Refused('Calls by a click need the key of the Call API and the number to show in the settings.');
  if (!/^\d{1,15}$/.test(call.from.extension))
    throw new Refused('UIS knows its employees by an id of digits only: this person has another one here.');
  const number = call.from.dial === undefined ? '' : dialledDigits(call.from.dial);
  const params = {
    access_token: key,
    first_call: 'employee',
    direction: 'out',
    virtual_phone_number: dialledDigits(shown),
    contact: dialledDigits(call.to),
    external_id: call.idempotencyKey,
    employee: { id: Number(call.from.extension), ...(number === '' ? {} : { phone_number: number }) },
  };
  const response = await tools.fetch(CALL_APIS[settings.uisCabinet], {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: JSON.stringify({ jsonrpc: '2.0', id: call.idempotencyKey, method: 'start.employee_call', params }),
    signal,
  });
  const said = await answered('UIS', response, (reason) => string(part(reason, 'error').message));
  if (said.error !== undefined) {
    const { code, message } = part(said, 'error');
    if (code === INTERNAL_ERROR) throw new Error('the Call API failed by itself');
    throw new Refused(`UIS refused the call: ${cleanLine(string(message), 200) || 'it does not say why'}`);
  }
  const callId = string(part(part(said, 'result'), 'data').call_session_id);
  return callId === '' ? {} : { callId };
}
