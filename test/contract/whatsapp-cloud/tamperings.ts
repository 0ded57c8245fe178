import { createHmac } from 'node:crypto';
import type { Channel, Genuine } from '../../../src/channel.ts';
import { bytes, endpointFor, requestFor, toolsFor } from '../stand-ins.ts';
import type { Tampering } from '../tampering.ts';

const SECRET = 'a1b2c3d4e5f60718293a4b5c6d7e8f90';

/** As Meta writes it: ASCII alone, the rest escaped. */
export const escaped = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

export const signatureOf = (body: string | Uint8Array, secret = SECRET): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

const MESSAGE = {
  object: 'whatsapp_business_account',
  entry: [{ id: '1', changes: [{ field: 'messages', value: { messages: [{ text: { body: 'Привет, é & 😀' } }] } }] }],
};
const BODY = escaped(MESSAGE);

const post = (channel: Channel, body: string, signature: string | undefined) => async (): Promise<Genuine> =>
  channel.verify!(
    requestFor(channel, {
      body: bytes(body),
      headers: {
        'content-type': 'application/json',
        ...(signature === undefined ? {} : { 'x-hub-signature-256': signature }),
      },
    }),
    endpointFor(channel, { appSecret: SECRET }),
    toolsFor(),
  );

const tampering = (name: string, statuses: readonly number[], body: string, signature?: string): Tampering => ({
  name: `signature ${name}`,
  statuses,
  run: async (channel) => ({
    genuine: post(channel, BODY, signatureOf(BODY)),
    tampered: post(channel, body, signature),
  }),
});

const hex = signatureOf(BODY).slice('sha256='.length);

export const cloudTamperings: readonly Tampering[] = [
  tampering('missing', [401], BODY),
  tampering('empty', [401], BODY, ''),
  tampering('of another algorithm', [401], BODY, `sha1=${createHmac('sha1', SECRET).update(BODY).digest('hex')}`),
  tampering('under the name of another algorithm', [401], BODY, `sha1=${hex}`),
  tampering('without its prefix', [401], BODY, hex),
  tampering('cut short', [401], BODY, `sha256=${hex.slice(0, 62)}`),
  tampering('with a tail', [401], BODY, `sha256=${hex}00`),
  tampering('twice', [401], BODY, `sha256=${hex},sha256=${hex}`),
  tampering('with one digit changed', [403], BODY, `sha256=${hex.replace(/^./, (c) => (c === '0' ? '1' : '0'))}`),
  tampering('under another app secret', [403], BODY, signatureOf(BODY, 'another-secret-0001')),
  tampering('under the access token', [403], BODY, signatureOf(BODY, 'EAAexample0123456789')),
  tampering('of another body', [403], BODY.replace('"1"', '"2"'), signatureOf(BODY)),
  tampering('over a body that was read and written again', [403], JSON.stringify(JSON.parse(BODY)), signatureOf(BODY)),
  tampering('of no body', [403], '', signatureOf(BODY)),
  tampering('with a byte after the end', [403], `${BODY}\n`, signatureOf(BODY)),
];
