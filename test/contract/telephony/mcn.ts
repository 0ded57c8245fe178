import { bytes } from '../stand-ins.ts';
import { type ProviderCase, withBody } from './provider-case.ts';

const SECRET = 'example-mcn-secret';
const BODY =
  '{"event_type":"onInCallingStart","call_id":"c-1","abon":101,"did":"+79990001122","did_mcn":"74950000000",' +
  `"account_id":1,"secret":"${SECRET}"}`;

export const mcnCase: ProviderCase = {
  settings: { provider: 'mcn', mcnSecret: SECRET },
  genuine: () => ({
    method: 'POST',
    url: '/in/telephony/k3y',
    headers: { 'content-type': 'application/json' },
    body: bytes(BODY),
  }),
  tamperings: {
    'another secret': { statuses: [401], of: withBody((body) => body.replace(SECRET, 'another-mcn-secret')) },
    'no secret': { statuses: [401], of: withBody((body) => body.replace(`,"secret":"${SECRET}"`, '')) },
    'an empty secret': { statuses: [401], of: withBody((body) => body.replace(SECRET, '')) },
    'a secret that is no text': { statuses: [401], of: withBody((body) => body.replace(`"${SECRET}"`, '{"a":1}')) },
    'cut short': { statuses: [400], of: withBody((body) => body.slice(0, -1)) },
    'a longer secret': { statuses: [401], of: withBody((body) => body.replace(SECRET, `${SECRET}1`)) },
    'asked for': { statuses: [405], of: (sent) => ({ ...sent, method: 'GET' }) },
  },
};
