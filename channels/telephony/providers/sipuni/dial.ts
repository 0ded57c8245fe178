import { createHash } from 'node:crypto';
import type { Dial, Dialled, Tools } from '../../../../src/channel.ts';
import { Refused } from '../../../../src/errors.ts';
import type { Endpoint } from '../../adapter.ts';
import { answered } from '../../api-answer.ts';
import { string } from '../../loose.ts';
import { dialledDigits } from '../../russian-number.ts';

const ADDRESS = 'https://sipuni.com/api/callback/call_number';

/** Sipuni's signature: the MD5 of the values in the order of their names, and then the key, joined with a plus. */
export const sign = (values: readonly string[], key: string): string =>
  createHash('md5')
    .update([...values, key].join('+'))
    .digest('hex');

export async function dial(call: Dial, { settings }: Endpoint, tools: Tools, signal: AbortSignal): Promise<Dialled> {
  const { sipuniUser: user, sipuniApiKey: key } = settings;
  if (user === undefined || key === undefined)
    throw new Refused('Calls by a click need the number of the cabinet and the integration key in the settings.');
  const phone = dialledDigits(call.to);
  const sipnumber = call.from.dial === undefined ? call.from.extension : dialledDigits(call.from.dial);
  // The employee's phone rings first, and the city number is shown.
  const [antiaon, reverse] = ['0', '0'];
  const hash = sign([antiaon, phone, reverse, sipnumber, user], key);
  const response = await tools.fetch(ADDRESS, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ antiaon, phone, reverse, sipnumber, user, hash }).toString(),
    signal,
  });
  const said = await answered('Sipuni', response, (reason) => string(reason.message));
  if (said.success === false) throw new Refused('Sipuni did not make the call: is the extension registered?');
  return {};
}
