import type { Adapter, Endpoint, TestCall, TestRequest } from '../../adapter.ts';
import { dialFor, fetchFor } from './ask.ts';
import type { Brand } from './brand.ts';
import { parse } from './parse.ts';
import { signaturesOf, signedText } from './signature.ts';
import { handshake, verifyFor } from './verify.ts';

export const adapterOf = (brand: Brand): Adapter => ({
  id: brand.id,
  trust: 'signed',
  verify: verifyFor(brand),
  handshake,
  parse,
  fetch: fetchFor(brand),
  dial: dialFor(brand),
  test: testFor(brand),
});

const testFor =
  (brand: Brand) =>
  (endpoint: Endpoint, { callId, client, at }: TestCall): readonly TestRequest[] => {
    const call = {
      call_start: wallClock(at, endpoint.settings.timeZone),
      pbx_call_id: `in_${callId}`,
      caller_id: client.replace(/^\+/, ''),
      called_did: endpoint.settings.lines[0]?.number ?? '',
    };
    return [
      { event: 'NOTIFY_START', ...call },
      { event: 'NOTIFY_END', ...call, duration: '0', disposition: 'no answer', status_code: '19', is_recorded: '0' },
    ].map((fields) => ({
      method: 'POST',
      path: '',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        signature: signaturesOf(brand.account(endpoint).secret ?? '', signedText(fields) ?? '')[0],
      },
      body: new URLSearchParams(fields).toString(),
    }));
  };

/** `2024-05-06 07:08:09` by the clock of the zone: what Swedes write. */
const wallClock = (at: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(at);
