import { createHmac } from 'node:crypto';
import { bytes } from '../stand-ins.ts';
import { type ProviderCase, withBody, withHeader } from './provider-case.ts';

const TOKEN = 'example-twilio-auth-token-000001';
const BODY =
  'CallSid=CA00000000000000000000000000000001&AccountSid=AC00000000000000000000000000000001&From=%2B79990001122' +
  '&To=%2B74950000000&CallStatus=ringing&ApiVersion=2010-04-01&Direction=inbound&FromCountry=RU&ToCountry=RU';
const HEADER = 'x-twilio-signature';
const ADDRESS = 'https://inlet.example.com/in/telephony/k3y';

/** Independent of the adapter's own, which the published vectors are for. */
const sign = (body: string, url = ADDRESS, token = TOKEN): string =>
  createHmac('sha1', token)
    .update(
      [...new URLSearchParams(body)]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .reduce((sum, [name, value]) => sum + name + value, url),
    )
    .digest('base64');

export const twilioCase: ProviderCase = {
  settings: {
    provider: 'twilio',
    twilioAccountSid: 'AC00000000000000000000000000000001',
    twilioAuthToken: TOKEN,
  },
  genuine: () => ({
    method: 'POST',
    url: '/in/telephony/k3y',
    headers: { 'content-type': 'application/x-www-form-urlencoded', [HEADER]: sign(BODY) },
    body: bytes(BODY),
  }),
  tamperings: {
    'a digit of the number': { statuses: [403], of: withBody((body) => body.replace('1122', '1123')) },
    'a field more': { statuses: [403], of: withBody((body) => `${body}&CallerName=Anna`) },
    'a field twice': { statuses: [403], of: withBody((body) => `${body}&CallStatus=completed`) },
    'no signature': { statuses: [401], of: withHeader(HEADER, undefined) },
    'an empty one': { statuses: [401], of: withHeader(HEADER, '') },
    'a signature by another token': { statuses: [403], of: withHeader(HEADER, sign(BODY, ADDRESS, 'x'.repeat(32))) },
    'of another address': { statuses: [403], of: withHeader(HEADER, sign(BODY, `${ADDRESS}2`)) },
    'sent to another leg': { statuses: [403], of: (sent) => ({ ...sent, url: `${sent.url}?leg=phone` }) },
    'sent by GET': { statuses: [403], of: (sent) => ({ ...sent, method: 'GET' }) },
    'said to be JSON': {
      statuses: [403],
      of: (sent) => ({ ...sent, url: `${sent.url}?bodySHA256=${'0'.repeat(64)}` }),
    },
    'cut short': { statuses: [403], of: (sent) => withHeader(HEADER, sent.headers[HEADER]!.slice(0, -1))(sent) },
  },
};
