import { endpointFor, requestFor, toolsFor } from '../stand-ins.ts';
import type { Tampering } from '../tampering.ts';

const raw = new TextEncoder().encode('From: anna@example.org\r\nMessage-ID: <t@example.org>\r\n\r\nHello\r\n');

const with401 = (name: string, headers: Record<string, string>): Tampering => ({
  name,
  statuses: [401],
  run: async (channel) => {
    const ask = async (given: Record<string, string>): Promise<unknown> => {
      const request = requestFor(channel, { body: raw, headers: { 'content-type': 'message/rfc822', ...given } });
      return channel.verify!(request, endpointFor(channel, { inboundSecret: 'right-secret' }), toolsFor());
    };
    return { genuine: () => ask({ authorization: 'Bearer right-secret' }), tampered: () => ask(headers) };
  },
});

export const emailTamperings: readonly Tampering[] = [
  with401('no secret', {}),
  with401('another secret', { authorization: 'Bearer wrong-secret' }),
  with401('the beginning of the secret', { authorization: 'Bearer right' }),
  with401('another scheme', { authorization: 'Basic right-secret' }),
  with401('two secrets', { authorization: 'Bearer right-secret right-secret' }),
  {
    name: 'no secret is set, and none is sent',
    statuses: [403],
    run: async (channel) => {
      const ask = async (inboundSecret: string, authorization: string): Promise<unknown> =>
        channel.verify!(
          requestFor(channel, { body: raw, headers: { authorization } }),
          endpointFor(channel, { inboundSecret }),
          toolsFor(),
        );
      return { genuine: () => ask('right-secret', 'Bearer right-secret'), tampered: () => ask('', 'Bearer ') };
    },
  },
];
