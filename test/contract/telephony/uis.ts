import { bytes } from '../stand-ins.ts';
import { type ProviderCase, withBody } from './provider-case.ts';

const SECRET = 'example-secret-of-the-template';
const BODY = JSON.stringify({
  secret: SECRET,
  event: 'incoming',
  notification_name: 'Входящий звонок',
  notification_time: '2025-02-03 12:00:00',
  virtual_phone_number: '74950000000',
  contact_phone_number: '79990001122',
  call_session_id: 2901234567,
});

export const uisCase: ProviderCase = {
  settings: { provider: 'uis', uisSecret: SECRET },
  genuine: () => ({
    method: 'POST',
    url: '/in/telephony/k3y',
    headers: { 'content-type': 'application/json' },
    body: bytes(BODY),
  }),
  tamperings: {
    'no secret': { statuses: [401], of: withBody((body) => body.replace(`"secret":"${SECRET}",`, '')) },
    'an empty secret': { statuses: [401], of: withBody((body) => body.replace(SECRET, '')) },
    'another secret': { statuses: [401], of: withBody((body) => body.replace(SECRET, `${SECRET}s`)) },
    'an unfilled secret': { statuses: [401], of: withBody((body) => body.replace(SECRET, '{{secret}}')) },
    'a secret that is no text': { statuses: [401], of: withBody((body) => body.replace(`"${SECRET}"`, 'true')) },
    'the secret under another name': { statuses: [401], of: withBody((body) => body.replace('secret', 'Secret')) },
    'a list around it': { statuses: [401], of: withBody((body) => `[${body}]`) },
    'another secret in the address': {
      statuses: [401],
      of: (sent) => ({ ...withBody(() => '')(sent), url: `${sent.url}?secret=guess` }),
    },
    'a DELETE': { statuses: [405], of: (sent) => ({ ...sent, method: 'DELETE' }) },
  },
};
