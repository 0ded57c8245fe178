import { createHash } from 'node:crypto';
import { bytes } from '../stand-ins.ts';
import { type ProviderCase, withBody, withHeader } from './provider-case.ts';

const [ID, KEY] = ['example-client-id', 'example-signing-key'];
const BODY =
  '{"session_id":"SDs2a4f01","type":"incoming","state":"new","timestamp":"2018-04-23 15:01:27.214",' +
  '"from_number":"sip:79990001122@192.0.2.10","request_number":"sip:74950000000@192.0.2.10","from_pin":"",' +
  '"is_record":"true"}';
const sign = (body = BODY, key = KEY): string =>
  createHash('sha256')
    .update(ID + body + key)
    .digest('hex');
const HEADER = 'x-client-sign';

export const rostelecomCase: ProviderCase = {
  settings: { provider: 'rostelecom', rostelecomClientId: ID, rostelecomSignKey: KEY },
  genuine: () => ({
    method: 'POST',
    url: '/in/telephony/k3y/call_events',
    headers: { 'content-type': 'application/json', 'x-client-id': ID, [HEADER]: sign() },
    body: bytes(BODY),
  }),
  tamperings: {
    'a digit of the number': { statuses: [401], of: withBody((body) => body.replace('1122', '1123')) },
    'a space that changes nothing': { statuses: [401], of: withBody((body) => `${body} `) },
    'no signature': { statuses: [401], of: withHeader(HEADER, undefined) },
    'a signature by another key': { statuses: [401], of: withHeader(HEADER, sign(BODY, 'another-signing-key')) },
    'a signature without the code': {
      statuses: [401],
      of: withHeader(
        HEADER,
        createHash('sha256')
          .update(BODY + KEY)
          .digest('hex'),
      ),
    },
    'cut short': { statuses: [401], of: withHeader(HEADER, sign().slice(0, -1)) },
    'asked for': { statuses: [405], of: (sent) => ({ ...sent, method: 'GET' }) },
  },
};
