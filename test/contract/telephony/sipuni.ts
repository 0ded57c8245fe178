import { bytes } from '../stand-ins.ts';
import type { ProviderCase } from './provider-case.ts';

const SECRET = 'example-secret-in-the-address';
const QUERY = 'event=1&call_id=1774372584.533596&src_type=1&src_num=79990001122&dst_type=1&timestamp=1774372584';
const other = (url: string) => (sent: ReturnType<ProviderCase['genuine']>) => ({ ...sent, url });

export const sipuniCase: ProviderCase = {
  settings: { provider: 'sipuni', sipuniSecret: SECRET },
  genuine: () => ({
    method: 'GET',
    url: `/in/telephony/k3y?secret=${SECRET}&${QUERY}`,
    headers: {},
    body: bytes(''),
  }),
  tamperings: {
    'no secret': { statuses: [401], of: other(`/in/telephony/k3y?${QUERY}`) },
    'an empty secret': { statuses: [401], of: other(`/in/telephony/k3y?secret=&${QUERY}`) },
    'another secret': { statuses: [401], of: other(`/in/telephony/k3y?secret=${SECRET}s&${QUERY}`) },
    'the secret cut short': { statuses: [401], of: other(`/in/telephony/k3y?secret=${SECRET.slice(1)}&${QUERY}`) },
    'another secret in the path': { statuses: [401], of: other(`/in/telephony/k3y/guess?${QUERY}`) },
    'the secret somewhere in a longer path': { statuses: [401], of: other(`/in/telephony/k3y/x/${SECRET}?${QUERY}`) },
    'the secret under another name': { statuses: [401], of: other(`/in/telephony/k3y?Secret=${SECRET}&${QUERY}`) },
    'a PUT': { statuses: [405], of: (sent) => ({ ...sent, method: 'PUT' }) },
  },
};
