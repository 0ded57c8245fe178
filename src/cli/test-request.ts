/** A request that can be told from a real one, for `channel test`: what a person would send to try the channel. */
import type { InboundRequest } from '../channel.ts';
import type { OpenEndpoint } from '../intake/endpoint-book.ts';

export const TEST_NAME = 'Inlet test';
/** Numbers from 555-0100 to 555-0199 belong to nobody (NANPA). */
const TEST_PHONE = '+1 202 555 0100';

export interface TestRequest {
  readonly request: InboundRequest;
  /** Why `verify` cannot be asked about it: no command can prove to be a person. */
  readonly unverifiable?: string;
}

type Make = (endpoint: OpenEndpoint, idempotencyKey: string, at: Date) => TestRequest;

const MAKERS: Readonly<Record<string, Make>> = { form: formPost };

/** `undefined`: this channel has no test request; send it a real message instead. */
export function makeTestRequest(endpoint: OpenEndpoint, idempotencyKey: string, at: Date): TestRequest | undefined {
  return MAKERS[endpoint.channel.id]?.(endpoint, idempotencyKey, at);
}

function formPost(endpoint: OpenEndpoint, idempotencyKey: string, at: Date): TestRequest {
  const { settings, address } = endpoint.context;
  const apiKey = String(settings.apiKey ?? '');
  const body = {
    name: TEST_NAME,
    phone: TEST_PHONE,
    email: 'inlet-test@example.com',
    message: 'This is a test, sent by "inlet channel test". Close it as you like.',
    ...(settings.consentText === '' ? {} : { consent: 'yes' }),
  };
  const request: InboundRequest = {
    method: 'POST',
    url: new URL(address).pathname,
    headers: {
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
      'user-agent': 'inlet-channel-test',
      ...(apiKey === '' ? {} : { [String(settings.apiKeyName).toLowerCase()]: apiKey }),
    },
    body: Buffer.from(JSON.stringify(body)),
    address: '127.0.0.1',
    receivedAt: at,
  };
  const isAsked = settings.captcha !== 'none' && apiKey === '';
  return isAsked ? { request, unverifiable: `the captcha (${String(settings.captcha)}) is for people` } : { request };
}
