import { createPrivateKey, createPublicKey, sign as signBytes } from 'node:crypto';
import { bytes } from '../stand-ins.ts';
import { type ProviderCase, withBody, withHeader } from './provider-case.ts';

/** PKCS #8 of an Ed25519 key is this and its 32 bytes. */
const keyOf = (seed: string) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(seed.padEnd(32, '.'))]),
    format: 'der',
    type: 'pkcs8',
  });
const publicOf = (seed: string): string =>
  createPublicKey(keyOf(seed)).export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');

const SEED = 'example key of nobody';
export const NOW = new Date('2025-02-03T09:18:07.000Z');
const SECONDS = NOW.getTime() / 1000;

export const headersFor = (body: string, seconds = SECONDS, seed = SEED): Record<string, string> => ({
  'content-type': 'application/json',
  'telnyx-timestamp': String(seconds),
  'telnyx-signature-ed25519': signBytes(null, Buffer.from(`${seconds}|${body}`), keyOf(seed)).toString('base64'),
});

export const PUBLIC_KEY = publicOf(SEED);
export const OTHER_KEY = publicOf('another');

const BODY = JSON.stringify({
  data: {
    record_type: 'event',
    id: '0ccc7b54-4df3-4bca-a65a-3da1ecc777f0',
    event_type: 'call.hangup',
    occurred_at: '2025-02-03T09:18:06.396120Z',
    payload: {
      call_control_id: 'v3:abc',
      call_leg_id: 'aebb45bc-0000-4000-8000-000000000001',
      call_session_id: 'aeb5639a-0000-4000-8000-000000000001',
      connection_id: '1684641123236054244',
      from: '+79990001122',
      to: '+74950000000',
      start_time: '2025-02-03T09:17:44.596122Z',
      end_time: '2025-02-03T09:18:06.396120Z',
      hangup_cause: 'originator_cancel',
      hangup_source: 'caller',
      sip_hangup_cause: '487',
      state: 'hangup',
    },
  },
  meta: { attempt: 1, delivered_to: 'https://inlet.example.com/in/telephony/k3y' },
});
const SIGNATURE = 'telnyx-signature-ed25519';

export const telnyxCase: ProviderCase = {
  settings: { provider: 'telnyx', telnyxPublicKey: PUBLIC_KEY },
  now: NOW,
  genuine: () => ({ method: 'POST', url: '/in/telephony/k3y', headers: headersFor(BODY), body: bytes(BODY) }),
  tamperings: {
    'a digit of the number': { statuses: [403], of: withBody((body) => body.replace('1122', '1123')) },
    'a space more': { statuses: [403], of: withBody((body) => `${body} `) },
    'no signature': { statuses: [401], of: withHeader(SIGNATURE, undefined) },
    'no time': { statuses: [401], of: withHeader('telnyx-timestamp', undefined) },
    'a signature by another key': {
      statuses: [403],
      of: withHeader(SIGNATURE, headersFor(BODY, SECONDS, 'another')[SIGNATURE]),
    },
    'an old one': { statuses: [403], of: (sent) => ({ ...sent, headers: headersFor(BODY, SECONDS - 301) }) },
    'one from the future': { statuses: [403], of: (sent) => ({ ...sent, headers: headersFor(BODY, SECONDS + 301) }) },
    'another time with the old signature': {
      statuses: [403],
      of: withHeader('telnyx-timestamp', String(SECONDS + 1)),
    },
    'cut short': { statuses: [401], of: (sent) => withHeader(SIGNATURE, sent.headers[SIGNATURE]!.slice(0, -6))(sent) },
    'nothing but zeros': { statuses: [403], of: withHeader(SIGNATURE, Buffer.alloc(64).toString('base64')) },
  },
};
