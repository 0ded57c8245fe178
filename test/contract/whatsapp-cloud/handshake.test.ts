/** The challenge that Meta asks when the webhook is saved, and the answer to a delivery. */
import { expect, test } from 'vitest';
import { whatsappCloud } from '../../../channels/whatsapp-cloud/index.ts';
import type { Channel } from '../../../src/channel.ts';
import { bytes, endpointFor, requestFor, sha256, toolsFor } from '../stand-ins.ts';
import { escaped, signatureOf } from './tamperings.ts';

const channel = whatsappCloud as unknown as Channel;
const endpoint = endpointFor(channel);

async function ask(query: string) {
  const url = `/in/whatsapp-cloud/k3y${query}`;
  return channel.handshake!(requestFor(channel, { method: 'GET', url }), endpoint, toolsFor());
}

const challenge = (over: Record<string, string> = {}): string =>
  `?${new URLSearchParams({
    'hub.mode': 'subscribe',
    'hub.challenge': '1158201444',
    'hub.verify_token': 'verify-me-0001',
    ...over,
  })}`;

test('the right token gets its challenge back, as plain text and nothing more', async () => {
  const answer = await ask(challenge());
  expect(answer).toMatchObject({ status: 200, body: '1158201444' });
  expect(answer!.headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
});

test.each([
  ['wrong', 'verify-me-0002'],
  ['cut short', 'verify-me-000'],
  ['with a tail', 'verify-me-00011'],
  ['empty', ''],
  ['that is the app secret', 'a1b2c3d4e5f60718293a4b5c6d7e8f90'],
])('a token %s gets 403 and no challenge', async (_name, token) => {
  const answer = await ask(challenge({ 'hub.verify_token': token }));
  expect(answer!.status).toBe(403);
  expect(answer!.body).not.toContain('1158201444');
  expect(answer!.body).not.toContain('verify-me');
});

test('another mode gets 403, a page for a challenge is not echoed, and a plain visit gets nothing', async () => {
  expect((await ask(challenge({ 'hub.mode': 'unsubscribe' })))!.status).toBe(403);
  const page = await ask(challenge({ 'hub.challenge': '<script>alert(1)</script>' }));
  expect(page!.status).toBe(400);
  expect(page!.body).not.toContain('<');
  expect(await ask('')).toBeUndefined();
  expect(await ask('?script')).toBeUndefined();
});

test('a delivery gets an empty 200, and the same bytes are the same delivery', async () => {
  const body = escaped({ object: 'whatsapp_business_account', entry: [], note: 'Привет 👋' });
  const verify = (signature: string) =>
    channel.verify!(
      requestFor(channel, { body: bytes(body), headers: { 'x-hub-signature-256': signature } }),
      endpoint,
      toolsFor(),
    );
  const genuine = await verify(signatureOf(body));
  expect(genuine.answer).toEqual({ status: 200, body: '' });
  expect(genuine.repeatKey).toBe(`body:${sha256(bytes(body))}`);
  expect((await verify(signatureOf(body).toUpperCase().replace('SHA256', 'sha256'))).repeatKey).toBe(
    genuine.repeatKey,
  );
});

test('raw UTF-8 is verified as bytes, too', async () => {
  const body = JSON.stringify({ object: 'whatsapp_business_account', entry: [], note: 'é & Ж & 😀' });
  const request = requestFor(channel, { body: bytes(body), headers: { 'x-hub-signature-256': signatureOf(body) } });
  await expect(channel.verify!(request, endpoint, toolsFor())).resolves.toBeTypeOf('object');
});
