import { bytes } from '../stand-ins.ts';
import { type ProviderCase, withBody } from './provider-case.ts';

const TOKEN = 'example-crm-token';
const BODY =
  'cmd=event&type=INCOMING&phone=79990001122&diversion=74950000000&user=petrov&ext=510&direction=in' +
  `&callid=43294397431&crm_token=${TOKEN}`;

export const megafonCase: ProviderCase = {
  settings: { provider: 'megafon', megafonCrmToken: TOKEN },
  genuine: () => ({
    method: 'POST',
    url: '/in/telephony/k3y',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: bytes(BODY),
  }),
  tamperings: {
    'no token': { statuses: [401], of: withBody((body) => body.replace(/&crm_token=.*$/, '')) },
    'an empty token': { statuses: [401], of: withBody((body) => body.replace(TOKEN, '')) },
    'another token': { statuses: [401], of: withBody((body) => body.replace(TOKEN, 'example-crm-tokeN')) },
    'a longer token': { statuses: [401], of: withBody((body) => `${body}0`) },
    'a second, wrong token': { statuses: [401], of: withBody((body) => `${body}&crm_token=guess`) },
    'the token in the address only': {
      statuses: [401],
      of: (sent) => ({
        ...withBody((body) => body.replace(/&crm_token=.*$/, ''))(sent),
        url: `${sent.url}?crm_token=${TOKEN}`,
      }),
    },
    'a GET': { statuses: [405], of: (sent) => ({ ...sent, method: 'GET' }) },
    'JSON that is cut off': { statuses: [401], of: withBody(() => `{"crm_token":"${TOKEN}"`) },
  },
};
