import { bytes } from '../stand-ins.ts';
import type { ProviderCase } from './provider-case.ts';

const SECRET = 'example-secret-of-the-path';
const BODY = `<?xml version="1.0" encoding="UTF-8"?><xsi:Event xmlns:xsi="http://schema.broadsoft.com/xsi" \
xmlns:xsi1="http://www.w3.org/2001/XMLSchema-instance" xsi1:type="xsi:SubscriptionEvent">\
<xsi:eventID>ca8a234e-fb0e-4ac5-8148-f938ae21c3e7</xsi:eventID><xsi:targetId>9650000001@mpbx.example</xsi:targetId>\
<xsi:eventData xsi1:type="xsi:CallReceivedEvent"><xsi:call><xsi:callId>callhalf-1:0</xsi:callId>\
<xsi:extTrackingId>5701687:1</xsi:extTrackingId><xsi:personality>Terminator</xsi:personality><xsi:remoteParty>\
<xsi:address>tel:+79990001122</xsi:address><xsi:callType>Network</xsi:callType></xsi:remoteParty></xsi:call>\
</xsi:eventData></xsi:Event>`;
const other = (url: string) => (sent: ReturnType<ProviderCase['genuine']>) => ({ ...sent, url });

export const beelineCase: ProviderCase = {
  settings: { provider: 'beeline', beelineSecret: SECRET },
  genuine: () => ({
    method: 'POST',
    url: `/in/telephony/k3y/${SECRET}`,
    headers: { 'content-type': 'application/xml; charset=UTF-8' },
    body: bytes(BODY),
  }),
  tamperings: {
    'no secret': { statuses: [401], of: other('/in/telephony/k3y') },
    'nothing after the slash': { statuses: [401], of: other('/in/telephony/k3y/') },
    'another secret': { statuses: [401], of: other(`/in/telephony/k3y/${SECRET}s`) },
    'the secret cut short': { statuses: [401], of: other(`/in/telephony/k3y/${SECRET.slice(0, -1)}`) },
    'the secret deeper in the path': { statuses: [401], of: other(`/in/telephony/k3y/${SECRET}/x`) },
    'another secret in the query': { statuses: [401], of: other('/in/telephony/k3y?secret=guess') },
    'a GET': { statuses: [405], of: (sent) => ({ ...sent, method: 'GET' }) },
  },
};
