import { describe, expect, it } from 'vitest';
import { detect } from '../../channels/email/charset.ts';
import { settings as emailSettings } from '../../channels/email/settings.ts';
import type { InboundEvent, Nothing, ParsedEvent } from '../../src/channel.ts';
import { endpointFor, requestFor } from '../contract/stand-ins.ts';
import { channel } from './mailbox.ts';

type Found = readonly ParsedEvent[] | Nothing;

async function read(raw: string | Uint8Array, settings = {}, headers: Record<string, string> = {}): Promise<Found> {
  const body = typeof raw === 'string' ? Buffer.from(raw.replace(/\r?\n/g, '\r\n')) : raw;
  return channel.parse(requestFor(channel, { body, headers }), endpointFor(channel, settings));
}
async function message(...given: Parameters<typeof read>): Promise<InboundEvent> {
  const found = await read(...given);
  expect(found).toHaveLength(1);
  return (found as readonly InboundEvent[])[0]!;
}

const mail = (headers: string, body = 'Hello'): string =>
  `${headers}${headers === '' ? '' : '\n'}From: Anna <anna@example.org>\nTo: sales@example.com\n` +
  `Message-ID: <m@example.org>\n\n${body}\n`;

describe('whose word about the sender counts', () => {
  const passed = (server: string): string =>
    mail(`Authentication-Results: ${server}; dmarc=pass header.from=example.org`);
  const imap = (imapHost: string) => ({ imapHost, password: 'x' });

  it.each([
    ['the named server', 'mx7.provider.example', { authservId: 'mx7.provider.example' }, 'attested'],
    ['another than the named', 'mx8.provider.example', { authservId: 'mx7.provider.example' }, 'observed'],
    ['a longer name', 'mx7.provider.example.evil.example', { authservId: 'mx7.provider.example' }, 'observed'],
    [
      'our own domain, which a named server replaces',
      'mx.example.com',
      { authservId: 'mx7.provider.example' },
      'observed',
    ],
    ['the IMAP server', 'imap.host.example', imap('imap.host.example'), 'attested'],
    ['one beside the IMAP server', 'mx1.host.example', imap('imap.host.example'), 'attested'],
    ['one that only ends alike', 'evilhost.example', imap('imap.host.example'), 'observed'],
    ['a whole country', 'mx.evil.uk', imap('mail.uk'), 'observed'],
    ['the domain of the address', 'mx.example.com', {}, 'attested'],
    ['Gmail', 'mx.google.com', { provider: 'google', password: 'x' }, 'attested'],
    [
      'Yandex',
      'mail-nwsmtp-mxfront-production-1.iva.yp-c.yandex.net',
      { provider: 'yandex', password: 'x' },
      'attested',
    ],
    ['Mail.ru', 'mxs.mail.ru', { provider: 'mailru', password: 'x' }, 'attested'],
    ['Gmail at Yandex', 'mx.google.com', { provider: 'yandex', password: 'x' }, 'observed'],
    ['our own domain at Gmail', 'mx.example.com', { provider: 'google', password: 'x' }, 'observed'],
  ])('%s', async (_name, server, settings, trust) => {
    const { sender, flags } = await message(passed(server), settings);
    expect(sender.identities[0]?.trust).toBe(trust);
    expect(flags?.includes('unconfirmed') ?? false).toBe(trust !== 'attested');
  });

  it.each([
    ['dmarc of another domain', 'dmarc=pass header.from=example.net'],
    ['dmarc that failed', 'dmarc=fail header.from=example.org'],
    ['SPF alone', 'spf=pass smtp.mailfrom=example.org'],
    ['dkim of a domain below', 'dkim=pass header.d=evil.example.org'],
    ['dkim of a top domain', 'dkim=pass header.d=org'],
    ['dkim without a domain', 'dkim=pass'],
    ['a word that only looks like it', 'x-dmarc=pass header.from=example.org'],
    ['a comment', 'dmarc=none (dmarc=pass header.from=example.org)'],
    ['a nested comment', 'spf=none (a (b) ; dmarc=pass header.from=example.org)'],
    ['a quoted value', 'spf=pass smtp.mailfrom="x ; dmarc=pass header.from=example.org"'],
    ['a quoted value with an escaped quote', 'spf=pass smtp.mailfrom="x\\" ; dmarc=pass header.from=example.org"'],
  ])('%s is no proof', async (_name, results) => {
    const { sender } = await message(mail(`Authentication-Results: mx.example.com; ${results}`));
    expect(sender.identities[0]?.trust).toBe('observed');
  });

  it('believes nothing below a header that is not ours', async () => {
    const above = 'Authentication-Results: relay.example.net; none';
    const below = 'Authentication-Results: mx.example.com; dmarc=pass header.from=example.org';
    expect((await message(mail(`${above}\n${below}`))).sender.identities[0]?.trust).toBe('observed');
    expect((await message(mail(`${below}\n${above}`))).sender.identities[0]?.trust).toBe('attested');
  });
});

describe('one mail is one message', () => {
  const id = async (raw: string, headers = {}): Promise<string> => (await message(raw, {}, headers)).eventId!;

  it('by whatever folder or way it comes', async () => {
    const here = await id(mail('Received: by a; Mon, 3 Feb 2025 08:00:00 +0000'));
    expect(await id(mail('X-Other: way'), { 'x-inlet-junk': '1' })).toBe(here);
  });

  it('and another with the same Message-ID is another', async () => {
    const ids = [
      mail(''),
      mail('', 'Other words'),
      mail('Subject: x'),
      mail('Date: Mon, 03 Feb 2025 08:00:00 +0000'),
      mail('').replace('anna@', 'eve@'),
    ].map((raw) => id(raw));
    expect(new Set(await Promise.all(ids)).size).toBe(5);
  });

  it('starts with the bare id, which is what answers name', async () => {
    expect(await id(mail(''))).toMatch(/^<m@example\.org>#[0-9a-f]{16}$/);
  });

  it('goes by its bytes when it has no id, or an unreadable one', async () => {
    expect(await id(mail('').replace('Message-ID: <m@example.org>\n', ''))).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await id(mail('').replace('<m@example.org>', '< >'))).toMatch(/^sha256:/);
  });
});

describe('charsets nobody named', () => {
  const russian = 'Здравствуйте! Пришлите, пожалуйста, прайс-лист на мебель для офиса.';
  /** Node encodes no Cyrillic charset by itself: the table is read out of its decoder. */
  const encode = (text: string, label: string): Uint8Array => {
    const table = new TextDecoder(label).decode(Uint8Array.from({ length: 256 }, (_, byte) => byte));
    return Uint8Array.from(text, (char) => table.indexOf(char));
  };

  it.each(['windows-1251', 'koi8-r', 'ibm866', 'iso-8859-5'])('%s', (label) => {
    for (const text of [russian, russian.toLowerCase(), 'Заказ', 'Иванов Пётр, тел. +7 999 123-45-67'])
      expect(new TextDecoder(detect(encode(text, label))).decode(encode(text, label)), text).toBe(text);
  });

  it.each(['Zürich, größer, schön', 'Café à la crème, s’il vous plaît', 'El señor Muñoz mañana'])(
    'Latin: %s',
    (text) => {
      expect(detect(encode(text.replace('’', "'"), 'windows-1252'))).toBe('windows-1252');
    },
  );

  it('keeps what is declared and true', async () => {
    const raw = Buffer.concat([
      Buffer.from('From: a@example.org\r\nContent-Type: text/plain; charset="KOI8-R"\r\n\r\n'),
      encode('Привет', 'koi8-r'),
    ]);
    expect((await message(raw)).text).toBe('Привет');
  });

  it('leaves the bytes of attachments alone', async () => {
    const bytes = encode(russian, 'koi8-r');
    const raw = Buffer.concat([
      Buffer.from(
        'From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n' +
          '--b\r\nContent-Type: message/rfc822\r\n\r\n',
      ),
      Buffer.from('Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'),
      bytes,
      Buffer.from('\r\n--b--\r\n'),
    ]);
    const [file] = (await message(raw)).attachments!;
    expect(Buffer.from(file!.bytes).includes(Buffer.from(bytes))).toBe(true);
    expect(Buffer.from(file!.bytes).toString('latin1')).toContain('charset=utf-8');
  });
});

describe('limits', () => {
  it('keeps fifty files and names the others', async () => {
    const part = (index: number): string =>
      `--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename="f${index}.txt"\n\nx\n`;
    const parts = Array.from({ length: 60 }, (_, index) => part(index)).join('');
    const raw = `From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n${parts}--b--\n`;
    const { attachments, text } = await message(raw);
    expect(attachments).toHaveLength(50);
    expect(text).toContain('f50.txt');
    expect(text).toContain('5 more files');
  });

  it('goes on in the rest where the text is too long', async () => {
    const { text, rest } = await message(mail('', 'Слово за слово. '.repeat(3000)));
    expect(text!.length).toBeLessThanOrEqual(20_000);
    expect(text!.length + rest!.length).toBeGreaterThan(45_000);
  });

  it('reads the headers of what is nested beyond reason', async () => {
    const nested = Array.from(
      { length: 200 },
      (_, index) => `Content-Type: multipart/mixed; boundary=n${index}\n\n--n${index}\n`,
    );
    const { text } = await message(`From: a@example.org\n${nested.join('')}\n\nx\n`);
    expect(text).toContain('Only the headers');
  });

  it('answers soon, whatever it is given', async () => {
    const began = performance.now();
    const hostile = [
      `From: ${'a'.repeat(300_000)}@example.org\n\nx`,
      `From: a@example.org\nReferences: ${'<a@b> '.repeat(100_000)}\n\nx`,
      `From: a@example.org\nTo: ${'x@example.org, '.repeat(30_000)}\n\nx`,
      `From: a@example.org\nSubject: ${'=?utf-8?B?0J8=?= '.repeat(20_000)}\n\nx`,
      `From: a@example.org\nContent-Type: text/plain; ${'a="'.repeat(100_000)}\n\nx`,
      `From: a@example.org\n${'X: y\n'.repeat(100_000)}\nx`,
      `From: a@example.org\nAuthentication-Results: ${'('.repeat(200_000)}\n\nx`,
      `From: noreply@example.org\n\n${'Имя: x\n'.repeat(20_000)}`,
      `From: noreply@example.org\n\n${' : '.repeat(100_000)}`,
      `From: a@example.org\nContent-Type: text/html\n\n${'<a ">'.repeat(80_000)}`,
      `From: a@example.org\n${'Content-Type: multipart/mixed; boundary=b\n\n--b\n'.repeat(5000)}`,
      `From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n${'--b\n\nx\n'.repeat(20_000)}`,
    ];
    for (const raw of hostile) {
      const start = performance.now();
      await read(raw).catch((error: Error) => expect(error.name).toBe('Malformed'));
      expect(performance.now() - start, raw.slice(0, 60)).toBeLessThan(5000);
    }
    expect(performance.now() - began).toBeLessThan(25_000);
  }, 60_000);
});

describe('reports', () => {
  const OURS = '<0b0e8a52-8f0f-4f2b-9d5e-3a1c5b7d9e01@example.com>';
  const report = (status: string): string =>
    `From: MAILER-DAEMON@mx.example.net\nTo: sales@example.com\n` +
    `Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nfailed\n--b\n` +
    `Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n${status}\n--b\n` +
    `Content-Type: text/rfc822-headers\n\nMessage-ID: ${OURS}\nFrom: sales@example.com\n\n--b--\n`;

  it.each([
    ['Action: failed\nStatus: 5.1.1', 'failed', 'no such address'],
    ['Action: failed\nStatus: 4.4.7', 'failed', 'could not be reached'],
    ['Action: failed\nStatus: 5.2.2', 'failed', 'full'],
    ['Action: delivered\nStatus: 2.0.0', 'delivered', undefined],
    ['Action: relayed\nStatus: 2.0.0', 'sent', undefined],
    ['Action: delivered\nStatus: 2.0.0\n\nAction: failed\nStatus: 5.7.1', 'failed', 'unwanted'],
  ])('%j', async (status, state, reason) => {
    const found = (await read(report(status))) as readonly ParsedEvent[];
    expect(found).toMatchObject([{ kind: 'receipt', of: OURS, state }]);
    if (reason !== undefined) expect((found[0] as { reason?: string }).reason).toContain(reason);
    expect(JSON.stringify(found)).not.toContain('anna');
  });

  it('is no failure while the server keeps trying', async () => {
    expect(await read(report('Action: delayed\nStatus: 4.4.1'))).toHaveProperty('ignored');
  });

  it('knows the null sender of the envelope', async () => {
    expect((await message(mail(''), {}, { 'x-inlet-envelope-from': '' })).quiet).toBe('automatic answer');
    expect((await message(mail(''), {}, { 'x-inlet-envelope-from': 'a@example.org' })).quiet).toBeUndefined();
  });

  it('takes the plus address from the envelope', async () => {
    const to = 'Sales+0b0e8a52-8f0f-4f2b-9d5e-3a1c5b7d9e01@example.com';
    expect((await message(mail(''), {}, { 'x-inlet-envelope-to': to })).references).toEqual([OURS]);
  });
});

describe('settings', () => {
  const least = { address: 'sales@example.com' };
  const wrong = (more: object): string[] =>
    emailSettings.safeParse({ ...least, ...more }).error?.issues.map(({ path }) => path.join('.')) ?? [];

  it('are complete with the address alone, for posts', () => {
    const parsed = emailSettings.parse(least);
    expect(emailSettings.parse(parsed)).toEqual(parsed);
  });

  it.each([
    ['a mailbox without a password', { provider: 'google' }, 'password'],
    ['OAuth without a token', { provider: 'google', auth: 'oauth2', oauthClientId: 'x' }, 'oauthRefreshToken'],
    ['OAuth with a token address in the clear', { oauthTokenUrl: 'http://x.example/' }, 'oauthTokenUrl'],
    [
      'no encryption to another machine',
      { imapHost: 'imap.example.com', password: 'x', imapSecurity: 'none' },
      'imapSecurity',
    ],
    ['no encryption for sending', { smtpHost: 'smtp.example.com', smtpSecurity: 'none' }, 'smtpSecurity'],
    ['half a DKIM key', { dkimDomain: 'example.com' }, 'dkimDomain'],
    ['an address that is a header', { address: 'a@b\r\nBcc: c@d' }, 'address'],
    ['a date that is none', { startFrom: '2026-13-01' }, 'startFrom'],
  ])('refuse %s', (_name, more, field) => {
    expect(wrong(more)).toContain(field);
  });

  it('allow no encryption on this machine', () => {
    expect(wrong({ imapHost: '127.0.0.1', password: 'x', imapSecurity: 'none' })).toEqual([]);
  });
});
