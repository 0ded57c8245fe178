import { bytes } from '../stand-ins.ts';
import type { ProviderCase } from './provider-case.ts';

const EVENT = {
  type: 'Dial',
  timestamp: '2025-02-03T12:00:05.000+0300',
  application: 'inlet',
  caller: { id: '1738573200.10', name: 'PJSIP/trunk-0000000a', caller: { name: '', number: '79990001122' } },
  peer: { id: '1738573201.11', name: 'PJSIP/101-0000000b', caller: { name: '', number: '101' } },
  dialstatus: 'ANSWER',
  dialstring: '101/sip:101@192.0.2.7:5060',
  inlet: { call: '1738573200.10', direction: 'inbound', client: '79990001122', line: '74950000000' },
};

/** Nothing is posted: whoever has the password of ARI is who we listen to. */
export const asteriskCase: ProviderCase = {
  settings: {
    provider: 'asterisk',
    asteriskUrl: 'http://192.0.2.5:8088',
    asteriskUser: 'inlet',
    asteriskPassword: 'example-ari-password',
  },
  genuine: () => ({ method: 'POST', url: '/in/telephony/k3y', headers: {}, body: bytes(JSON.stringify(EVENT)) }),
  tamperings: {},
};
