import type { Dial, Dialled, Tools } from '../../../../src/channel.ts';
import { Refused } from '../../../../src/errors.ts';
import type { Endpoint } from '../../adapter.ts';
import { answered } from '../../api-answer.ts';
import { string } from '../../loose.ts';
import { dialledDigits } from '../../russian-number.ts';

/**
 * `makecall` of the PBX: rings the employee, then the client. `user` is a login or a short number; where else that
 * person is rung is set in the PBX, so an outside number of theirs has no place here.
 */
export async function dial(call: Dial, { settings }: Endpoint, tools: Tools, signal: AbortSignal): Promise<Dialled> {
  const { megafonApiRoot: root, megafonApiKey: key } = settings;
  if (root === undefined || key === undefined)
    throw new Refused('Calls by a click need the address and the API key of the PBX in the settings of this line.');
  const response = await tools.fetch(`${root}/crmapi/v1/makecall`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ phone: dialledDigits(call.to), user: call.from.extension }),
    signal,
  });
  // The id in the answer is not known to be the one that the events have.
  await answered('The PBX', response, (said) => string(said.message) || string(said.error));
  return {};
}
