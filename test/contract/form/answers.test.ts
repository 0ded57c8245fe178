import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { form } from '../../../channels/form/index.ts';
import type { Channel, Genuine, InboundEvent } from '../../../src/channel.ts';
import { bytes, endpointFor, requestFor, toolsFor } from '../stand-ins.ts';

const channel = form as unknown as Channel;

const post = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  requestFor(channel, {
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html', ...headers },
    body: bytes(new URLSearchParams(fields).toString()),
  });

const verify = async (fields: Record<string, string>, settings = {}): Promise<Genuine> =>
  channel.verify!(post(fields), endpointFor(channel, settings), toolsFor());

describe('the redirect', () => {
  const settings = {
    thankYouUrl: 'https://shop.example.com/ok',
    allowedRedirects: ['https://shop.example.com/thanks'],
  };
  const locationFor = async (wanted: string): Promise<string> =>
    (await verify({ phone: '+15550100199', _redirect: wanted }, settings)).answer!.headers!.location!;

  it.each([
    '//evil.example.org',
    '\\\\evil.example.org',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://shop.example.com@evil.example.org/thanks',
    'https://user@shop.example.com/thanks',
    'https://shop.example.com.evil.example.org/thanks',
    'https://shop.example.com/thanksevil',
    'https://shop.example.com/thanks/../admin',
    'https://shop.example.com/thanks/%2e%2e/admin',
    'https://shop.example.com/thanks/%2e%2e%2fadmin',
    'https://shop.example.com/thanks\r\nset-cookie: a=b',
    'https://shop.example.com/thanks\\..\\admin',
    'https://shop.example.com:444/thanks',
    'http://shop.example.com/thanks',
    '/thanks',
    ' https://shop.example.com/thanks',
  ])('%j falls back to the owner\u2019s page', async (wanted) => {
    expect(await locationFor(wanted)).toBe('https://shop.example.com/ok');
  });

  it('follows what is listed', async () => {
    expect(await locationFor('https://shop.example.com/thanks?a=1')).toBe('https://shop.example.com/thanks?a=1');
    expect(await locationFor('https://SHOP.example.com/thanks/b')).toBe('https://shop.example.com/thanks/b');
  });

  it('never leaves the listed places', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string({ unit: 'binary' })),
        async (wanted) => {
          expect(await locationFor(wanted)).toMatch(/^https:\/\/shop\.example\.com\/(ok$|thanks($|[/?#]))/);
        },
      ),
    );
  });
});

describe('answers tell nothing', () => {
  it('a machine in the honeypot, a hasty visitor and a person get the same', async () => {
    const start = await channel.handshake!(
      requestFor(channel, { method: 'GET', url: '/in/form/k3y?start' }),
      endpointFor(channel),
      toolsFor(),
    );
    const { token } = JSON.parse(start!.body as string) as { token: string };
    const person = await verify({ phone: '+15550100199' });
    expect(await verify({ phone: '+15550100199', _hp: 'x' })).toEqual(person);
    expect(await verify({ phone: '+15550100199', _start: token })).toEqual(person);
  });
});

describe('the start token', () => {
  it('tells a hasty machine from a person, and which consent text was shown', async () => {
    const shownAt = new Date('2025-02-03T09:00:00Z');
    const endpoint = endpointFor(channel, { consentText: 'the old text' });
    const start = await channel.handshake!(
      requestFor(channel, { method: 'GET', url: '/?start' }),
      endpoint,
      toolsFor({ now: () => shownAt }),
    );
    const { token } = JSON.parse(start!.body as string) as { token: string };
    const eventAfter = async (seconds: number, settings = {}): Promise<InboundEvent> => {
      const request = {
        ...post({ phone: '+15550100199', consent: 'on', _start: token }),
        receivedAt: new Date(shownAt.getTime() + seconds * 1000),
      };
      const events = await channel.parse(request, endpointFor(channel, { consentText: 'a newer text', ...settings }));
      return (events as readonly InboundEvent[])[0]!;
    };
    expect((await eventAfter(1)).suspect).toBe('too-fast');
    expect((await eventAfter(1, { minFillSeconds: 0 })).suspect).toBeUndefined();
    expect((await eventAfter(3)).suspect).toBeUndefined();
    const hash = await crypto.subtle.digest('SHA-256', bytes('the old text') as Uint8Array<ArrayBuffer>);
    expect((await eventAfter(3)).consents![0]!.textHash).toBe(Buffer.from(hash).toString('hex'));
  });
});

describe('a form of our own drawing', () => {
  const settings = { formFields: [{ name: 'city', label: 'City', kind: 'text', required: true }], requireOneOf: [] };

  it('must have its required fields; a form of somebody else need not', async () => {
    await expect(verify({ phone: '1', _form: '1' }, settings)).rejects.toMatchObject({
      status: 422,
      fields: { city: expect.any(String) },
    });
    await expect(verify({ phone: '1', city: 'X', _form: '1' }, settings)).resolves.toBeDefined();
    await expect(verify({ phone: '1' }, settings)).resolves.toBeDefined();
  });
});
