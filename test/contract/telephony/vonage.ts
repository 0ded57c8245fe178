import { createHash, createHmac } from 'node:crypto';
import { bytes } from '../stand-ins.ts';
import { type ProviderCase, withBody, withHeader } from './provider-case.ts';

export const SECRET = 'example-signature-secret';
export const APPLICATION = '00000000-0000-4000-8000-00000000000a';
export const NOW = new Date('2020-01-01T12:00:01.000Z');
const SECONDS = NOW.getTime() / 1000;

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function tokenOf(body: string | undefined, claims: object = {}, secret = SECRET, head: object = {}): string {
  const hash = body === undefined ? {} : { payload_hash: createHash('sha256').update(body).digest('hex') };
  const all = { iat: SECONDS, jti: 'jti-1', iss: 'Vonage', ...hash, api_key: 'abcd1234', application_id: APPLICATION };
  const text = `${encode({ alg: 'HS256', typ: 'JWT', ...head })}.${encode({ ...all, ...claims })}`;
  return `Bearer ${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

const BODY = JSON.stringify({
  from: '442079460000',
  to: '447700900000',
  uuid: 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab',
  conversation_uuid: 'CON-aaaaaaaa-bbbb-cccc-dddd-0123456789ab',
  status: 'unanswered',
  detail: 'timeout',
  direction: 'outbound',
  timestamp: '2020-01-01T12:00:00.000Z',
});
const HEADER = 'authorization';
const unsigned = `Bearer ${encode({ alg: 'none', typ: 'JWT' })}.${encode({ iat: SECONDS, jti: 'j' })}.`;

export const vonageCase: ProviderCase = {
  settings: { provider: 'vonage', vonageSignatureSecret: SECRET, vonageApplicationId: APPLICATION },
  now: NOW,
  genuine: () => ({
    method: 'POST',
    url: '/in/telephony/k3y',
    headers: { 'content-type': 'application/json', [HEADER]: tokenOf(BODY) },
    body: bytes(BODY),
  }),
  tamperings: {
    'a digit of the number': { statuses: [403], of: withBody((body) => body.replace('0000"', '0001"')) },
    'no body': { statuses: [403], of: withBody(() => '') },
    'no token': { statuses: [401], of: withHeader(HEADER, undefined) },
    'a token by another secret': { statuses: [403], of: withHeader(HEADER, tokenOf(BODY, {}, 'x'.repeat(24))) },
    'a token without the hash of the body': { statuses: [403], of: withHeader(HEADER, tokenOf(undefined)) },
    'a token without a signature': { statuses: [401], of: withHeader(HEADER, unsigned) },
    'another algorithm': { statuses: [403], of: withHeader(HEADER, tokenOf(BODY, {}, SECRET, { alg: 'HS512' })) },
    'an old one': { statuses: [403], of: withHeader(HEADER, tokenOf(BODY, { iat: SECONDS - 301 })) },
    'one from the future': { statuses: [403], of: withHeader(HEADER, tokenOf(BODY, { iat: SECONDS + 301 })) },
    'one without a time': { statuses: [403], of: withHeader(HEADER, tokenOf(BODY, { iat: 'now' })) },
    'of another application': { statuses: [403], of: withHeader(HEADER, tokenOf(BODY, { application_id: 'other' })) },
    'cut short': { statuses: [403], of: (sent) => withHeader(HEADER, sent.headers[HEADER]!.slice(0, -2))(sent) },
  },
};
