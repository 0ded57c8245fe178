import type { Dial, Dialled, Tools } from '../../../../src/channel.ts';
import { Refused } from '../../../../src/errors.ts';
import type { Endpoint } from '../../adapter.ts';
import { answered } from '../../api-answer.ts';
import { string } from '../../loose.ts';
import { dialledDigits } from '../../russian-number.ts';

export const TOKEN_HEADER = 'x-mpbx-api-auth-token';

/** Rings the employee, found by their number or extension, and then the client. */
export async function dial(call: Dial, { settings }: Endpoint, tools: Tools, signal: AbortSignal): Promise<Dialled> {
  const token = settings.beelineApiToken;
  if (token === undefined) throw new Refused('Calls by a click need the API token in the settings of this line.');
  const employee = encodeURIComponent(call.from.extension);
  const address = `${settings.beelineApiRoot}/apis/portal/abonents/${employee}/call`;
  const response = await tools.fetch(`${address}?phoneNumber=${fromThePhone(call.to)}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { [TOKEN_HEADER]: token, 'content-type': 'application/json' },
    signal,
  });
  await answered('Beeline', response, (said) => string(said.description));
  return {};
}

/** Ten digits at home, the long way abroad: as one dials on a phone there. */
function fromThePhone(number: string): string {
  const digits = dialledDigits(number);
  return /^7\d{10}$/.test(digits) ? digits.slice(1) : `810${digits}`;
}
