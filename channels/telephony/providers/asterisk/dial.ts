import type { Dial, Dialled, Tools } from '../../../../src/channel.ts';
import { Refused } from '../../../../src/errors.ts';
import type { Endpoint } from '../../adapter.ts';
import { isInternal } from '../../numbers.ts';
import { asker } from './ari.ts';
import { OUR_PREFIX } from './book.ts';

/** Rings our person; as soon as they answer, the dialplan calls the client for them. */
export async function dial(call: Dial, endpoint: Endpoint, tools: Tools, signal: AbortSignal): Promise<Dialled> {
  const { settings } = endpoint;
  const callId = `${OUR_PREFIX}${call.idempotencyKey}`;
  const response = await asker(endpoint, tools.fetch, signal)('POST', '/channels', {
    endpoint: phoneFor(call, endpoint),
    extension: asDialled(call.to, settings.asteriskNumbers),
    context: settings.asteriskContext,
    priority: 1,
    callerId: call.to,
    timeout: settings.ringSeconds,
    // A second request with the same id is refused, so that nobody is rung twice.
    channelId: callId,
  });
  await response.body?.cancel();
  if (response.ok) return { callId };
  if (response.status === 401 || response.status === 403)
    throw new Refused('Asterisk does not let this ARI user call: check the password and "read_only" in ari.conf.');
  if (response.status === 409) return { callId };
  if (response.status >= 400 && response.status < 500)
    throw new Refused('Asterisk cannot call this phone: check the extension and the context.');
  throw new Error(`ARI answered ${response.status} to a call`);
}

/** An extension is a phone of the PBX; a longer number is called out through the dialplan, and held on to (`/n`). */
function phoneFor({ from }: Dial, { settings }: Endpoint): string {
  const target = from.dial ?? from.extension;
  if (!/^\+?[\w.*#-]{1,40}$/.test(target)) throw new Refused('This is no number that Asterisk can call.');
  if (isInternal(target, settings.internalDigits)) return settings.asteriskPhone.replaceAll('{extension}', target);
  const number = target.startsWith('+') ? asDialled(target, settings.asteriskNumbers) : target;
  return `Local/${number}@${settings.asteriskContext}/n`;
}

function asDialled(number: string, style: Endpoint['settings']['asteriskNumbers']): string {
  const digits = number.replace(/^\+/, '');
  if (style === 'plus') return `+${digits}`;
  if (style === 'digits') return digits;
  return digits.startsWith('7') && digits.length === 11 ? `8${digits.slice(1)}` : `810${digits}`;
}
