import { Script } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { form } from '../../../channels/form/index.ts';
import type { Answer, Channel } from '../../../src/channel.ts';
import { endpointFor, requestFor, toolsFor } from '../stand-ins.ts';

const channel = form as unknown as Channel;

const get = async (
  query: string,
  settings: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<Answer | undefined> => {
  const request = requestFor(channel, { method: 'GET', url: `/in/form/k3y${query}`, headers });
  return channel.handshake!(request, endpointFor(channel, settings), toolsFor());
};

const html = async (...args: Parameters<typeof get>): Promise<string> => (await get(...args))!.body as string;

describe('the hosted page', () => {
  it('speaks the visitor\u2019s language: asked for, then accepted, then the endpoint\u2019s', async () => {
    expect(await html('?lang=ru')).toContain('<html lang="ru">');
    expect(await html('', {}, { 'accept-language': 'de, ru;q=0.8, en;q=0.5' })).toContain('<html lang="ru">');
    expect(await html('?lang=en', {}, { 'accept-language': 'ru' })).toContain('<html lang="en">');
    expect(await html('?lang=xx')).toContain('<html lang="en">');
  });

  it('works without a script: the form, its hidden fields, a label for each input', async () => {
    const page = await html('?utm_source=vk&gclid=g1&_start=no', {
      formFields: [
        { name: 'phone', label: 'Phone', kind: 'phone', required: true },
        { name: 'cv', label: 'CV', kind: 'file' },
      ],
      consentText: 'I agree <b>',
    });
    expect(page).toContain(
      '<form method="post" action="https://inlet.example.com/in/form/k3y" enctype="multipart/form-data">',
    );
    for (const part of ['name="_start"', 'name="_idem"', 'name="utm_source" value="vk"', 'name="gclid" value="g1"'])
      expect(page).toContain(part);
    expect(page).not.toContain('value="no"');
    expect(page).toContain('I agree &#60;b&#62;');
    for (const [, id] of page.matchAll(/<(?:input|textarea) (?:type="checkbox" )?id="([^"]+)"/g))
      expect(page).toContain(`<label for="${id}">`);
  });

  it('escapes everything that a setting or a visitor may say', async () => {
    const evil = `"><script>alert(1)</script>'`;
    const page = await html(
      `?utm_source=${encodeURIComponent(evil)}`,
      { title: evil, intro: evil, buttonText: evil },
      { referer: evil },
    );
    expect(page.match(/<script/g)?.length).toBe(1);
    expect(page).not.toContain('alert(1)</script>');
  });

  it('allows scripts, frames and targets of its own and of the chosen captcha only', async () => {
    const policyOf = async (settings: Record<string, unknown>): Promise<string> =>
      (await get('', settings))!.headers!['content-security-policy']!;
    const own = await policyOf({});
    expect(own).toContain(`default-src 'none'`);
    expect(own).toContain(`frame-ancestors 'self'`);
    expect(own).not.toContain('unsafe');
    const more = await policyOf({
      allowedOrigins: ['https://shop.example.com'],
      thankYouUrl: 'https://shop.example.com/thanks',
      captcha: 'turnstile',
      captchaSiteKey: 's',
      captchaSecret: 'x',
    });
    expect(more).toContain(`frame-ancestors 'self' https://shop.example.com`);
    expect(more).toContain('form-action https://inlet.example.com https://shop.example.com');
    expect(more).toContain('script-src https://inlet.example.com https://challenges.cloudflare.com');
    expect(more).not.toMatch(/script-src[^;]*unsafe/);
  });

  it('keeps its secrets, and is off where an API key is set', async () => {
    const settings = { captcha: 'hcaptcha', captchaSiteKey: 'site', captchaSecret: 'do-not-tell' };
    for (const query of ['', '?script', '?start', '?thanks'])
      expect(JSON.stringify(await get(query, settings))).not.toContain('do-not-tell');
    for (const query of ['', '?script', '?start', '?thanks', '?challenge'])
      expect(await get(query, { apiKey: 'do-not-tell', captcha: 'altcha' })).toBeUndefined();
    expect(await get('?challenge')).toBeUndefined();
  });
});

describe('the snippet', () => {
  const settings = {
    captcha: 'turnstile',
    captchaSiteKey: '0x4AAAAAAAAAAAAAAAAAAAAA',
    captchaSecret: 'x',
    consentText: 'I agree to the processing of my personal data.',
    thankYouUrl: 'https://shop.example.com/thanks',
  };

  it('is a script of less than 6 KB gzip that needs nothing else', async () => {
    const answer = (await get('?script', settings))!;
    const script = answer.body as string;
    expect(answer.headers!['content-type']).toBe('text/javascript; charset=utf-8');
    expect(gzipSync(script).length).toBeLessThan(6 * 1024);
    expect(() => new Script(script)).not.toThrow();
    expect(script).not.toMatch(/\bimport\b|\brequire\(|innerHTML|eval\(/);
  });

  it('has no comment left, and no way out of a script element', async () => {
    const script = (await get('?script', { ...settings, successMessage: '</script><script>alert(1)//' }))!
      .body as string;
    expect(script).not.toMatch(/^\s*\/\//m);
    expect(script).not.toContain('</script>');
  });
});
