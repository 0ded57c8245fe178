import { createHmac } from 'node:crypto';
import { bytes } from '../stand-ins.ts';
import { type ProviderCase, withBody, withHeader } from './provider-case.ts';

const SECRET = 'example-signing-secret';
const NOW = new Date('2025-02-03T09:00:00.000Z');
const BODY = '{"event":"ringing","callId":"c-1","direction":"inbound","client":"+79990001122","line":"+74950000000"}';
const sign = (seconds: number, body = BODY, secret = SECRET): string =>
  `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
const SECONDS = NOW.getTime() / 1000;
const HEADER = 'x-inlet-signature';

export const webhookCase: ProviderCase = {
  settings: { provider: 'webhook', webhookSecret: SECRET },
  now: NOW,
  genuine: () => ({
    method: 'POST',
    url: '/in/telephony/k3y',
    headers: { 'content-type': 'application/json', [HEADER]: sign(SECONDS) },
    body: bytes(BODY),
  }),
  tamperings: {
    'a digit of the number': { statuses: [401], of: withBody((body) => body.replace('1122', '1123')) },
    'no signature': { statuses: [401], of: withHeader(HEADER, undefined) },
    'a signature by another secret': { statuses: [401], of: withHeader(HEADER, sign(SECONDS, BODY, 'x'.repeat(20))) },
    'an old one': { statuses: [401], of: withHeader(HEADER, sign(SECONDS - 301)) },
    'one from the future': { statuses: [401], of: withHeader(HEADER, sign(SECONDS + 301)) },
    'another time with the old signature': {
      statuses: [401],
      of: (sent) => withHeader(HEADER, sent.headers[HEADER]!.replace(/t=\d+/, `t=${SECONDS + 1}`))(sent),
    },
    'cut short': { statuses: [401], of: (sent) => withHeader(HEADER, sent.headers[HEADER]!.slice(0, -1))(sent) },
  },
};
