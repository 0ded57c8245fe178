import { createHmac } from 'node:crypto';
import { bytes } from '../stand-ins.ts';
import { type ProviderCase, withBody, withHeader } from './provider-case.ts';

const SECRET = 'example-api-secret';
const FIELDS = {
  event: 'NOTIFY_START',
  call_start: '2024-05-06 07:08:09',
  pbx_call_id: 'in_8a5ce1b',
  caller_id: '79990001122',
  called_did: '74950000000',
};
const BODY = new URLSearchParams(FIELDS).toString();

/** As the PHP libraries do it: base64 of the hex text. */
const sign = (text: string, secret = SECRET): string =>
  Buffer.from(createHmac('sha1', secret).update(text).digest('hex')).toString('base64');

const GOOD = sign(`${FIELDS.caller_id}${FIELDS.called_did}${FIELDS.call_start}`);

/** Novofon's are the same but for the names of the settings. */
export const signedCase = (settings: (secret: string) => Record<string, unknown>): ProviderCase => ({
  settings: settings(SECRET),
  genuine: () => ({
    method: 'POST',
    url: '/in/telephony/k3y',
    headers: { 'content-type': 'application/x-www-form-urlencoded', signature: GOOD },
    body: bytes(BODY),
  }),
  tamperings: {
    'a digit of the caller': { statuses: [401], of: withBody((body) => body.replace('1122', '1123')) },
    'a digit of our number': { statuses: [401], of: withBody((body) => body.replace('7495', '7496')) },
    'another time': { statuses: [401], of: withBody((body) => body.replace('07%3A08', '07%3A09')) },
    'another event, signed over other fields': {
      statuses: [401],
      of: withBody((body) => body.replace('NOTIFY_START', 'NOTIFY_OUT_START')),
    },
    'an event that nobody signs': {
      statuses: [403],
      of: withBody((body) => body.replace('NOTIFY_START', 'constructor')),
    },
    'the caller only in the query': {
      statuses: [401],
      of: (sent) => ({
        ...withBody((body) => body.replace('&caller_id=79990001122', ''))(sent),
        url: `${sent.url}?caller_id=79990001122`,
      }),
    },
    'no signature': { statuses: [401], of: withHeader('signature', undefined) },
    'a signature by another secret': { statuses: [401], of: withHeader('signature', sign('x', 'another')) },
    'a signature by no secret': {
      statuses: [401],
      of: withHeader('signature', sign(`${FIELDS.caller_id}${FIELDS.called_did}${FIELDS.call_start}`, '')),
    },
    'cut short': { statuses: [401], of: withHeader('signature', GOOD.slice(0, -1)) },
    fetched: { statuses: [405], of: (sent) => ({ ...sent, method: 'GET' }) },
  },
});

export const zadarmaCase = signedCase((zadarmaSecret) => ({ provider: 'zadarma', zadarmaSecret }));
