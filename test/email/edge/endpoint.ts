import type { Channel, EndpointContext, InboundRequest } from '../../../src/channel.ts';

/** Like the suite's stand-ins, without anything of Node. */
export const endpointFor = (
  channel: Channel,
  settings: Record<string, unknown> = {},
  language = 'en',
): EndpointContext<Record<string, unknown>> => ({
  id: '00000000-0000-4000-8000-000000000001',
  key: 'k3y',
  name: 'Sample endpoint',
  settings: channel.settings.parse({ address: 'sales@example.com', inboundSecret: 'x', ...settings }),
  defaultCountry: 'US',
  language,
  address: 'https://inlet.example.com/in/email/k3y',
});

export const requestFor = (headers: Record<string, string>, body: Uint8Array): InboundRequest => ({
  method: 'POST',
  url: '/in/email/k3y',
  headers,
  body,
  address: '192.0.2.10',
  receivedAt: new Date('2025-02-03T09:00:00.000Z'),
});
