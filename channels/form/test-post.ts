/** What a person would send to try the form. */
import type { EndpointContext, Trial, TrialRequests } from '../../src/channel.ts';
import type { FormSettings } from './settings.ts';

export function testPost(
  { settings, address }: EndpointContext<FormSettings>,
  { id, name, phone, email, at }: Trial,
): TrialRequests {
  const body = {
    name,
    phone,
    email,
    message: 'This is a test of the endpoint. Close it as you like.',
    ...(settings.consentText === '' ? {} : { consent: 'yes' }),
  };
  const request = {
    method: 'POST',
    url: new URL(address).pathname,
    headers: {
      'content-type': 'application/json',
      'idempotency-key': id,
      'user-agent': 'inlet-channel-test',
      ...(settings.apiKey === '' ? {} : { [settings.apiKeyName.toLowerCase()]: settings.apiKey }),
    },
    body: new TextEncoder().encode(JSON.stringify(body)),
    address: '127.0.0.1',
    receivedAt: at,
  };
  const isAsked = settings.captcha !== 'none' && settings.apiKey === '';
  return isAsked
    ? { requests: [request], unverifiable: `the captcha (${settings.captcha}) is for people` }
    : { requests: [request] };
}
