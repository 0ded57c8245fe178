import { createVerify, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import PostalMime from 'postal-mime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outbound, Sent } from '../../src/channel.ts';
import { Later, Refused } from '../../src/errors.ts';
import { mailboxOn } from '../contract/email/loopback.ts';
import { openSmtp, type Smtp } from '../contract/email/smtp-server.ts';
import { endpointFor, requestFor, toolsFor } from '../contract/stand-ins.ts';
import { channel } from './mailbox.ts';

let smtp: Smtp;
beforeEach(async () => {
  smtp = await openSmtp();
});
afterEach(() => smtp.close());

interface How {
  readonly settings?: Record<string, unknown>;
  readonly signal?: AbortSignal;
}

function send(
  over: Partial<Outbound> = {},
  { settings = {}, signal = AbortSignal.timeout(20_000) }: How = {},
): Promise<Sent> {
  const message: Outbound = {
    idempotencyKey: randomUUID(),
    to: { reach: { to: 'anna@example.org' } },
    text: 'Добрый день',
    attachments: [],
    attempt: 1,
    ...over,
  };
  const endpoint = endpointFor(channel, { ...mailboxOn(1, smtp.port), ...settings });
  return channel.send!(message, endpoint, toolsFor({ fetch }), signal);
}

const failureOf = (promise: Promise<unknown>): Promise<Error & { seconds?: number }> =>
  promise.then(
    () => {
      throw new Error('it was sent');
    },
    (error: Error) => error,
  );

/** Header lines as they went over the wire, unfolded. */
function headers(): string[] {
  const raw = smtp.kept.at(-1)!.raw;
  return raw
    .slice(0, raw.indexOf('\r\n\r\n'))
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
}
const header = (name: string): string | undefined =>
  headers()
    .find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    ?.slice(name.length + 1)
    .trim();

describe('threads', () => {
  const reach = {
    to: 'anna@example.org',
    subject: 'Re: RE: Ответ: Заказ столов',
    messageId: '<c2@example.org>',
    references: ['<c1@example.org>', '<o1@example.com>'],
  };

  it('answers the newest mail: exact headers', async () => {
    const key = randomUUID();
    const { providerId } = await send({ idempotencyKey: key, to: { reach } });
    expect(providerId).toBe(`<${key}@example.com>`);
    expect(header('Message-ID')).toBe(providerId);
    expect(header('In-Reply-To')).toBe('<c2@example.org>');
    expect(header('References')).toBe('<c1@example.org> <o1@example.com> <c2@example.org>');
    const mail = await PostalMime.parse(smtp.kept[0]!.raw);
    expect(mail.subject).toBe('Re: Заказ столов');
    expect(header('Auto-Submitted')).toBeUndefined();
    expect(smtp.kept[0]).toMatchObject({ from: 'sales@example.com', to: ['anna@example.org'] });
  });

  it('answers one mail in particular, by the id that the house knows it under', async () => {
    await send({ to: { reach }, quotes: '<c1@example.org>#0123456789abcdef' });
    expect(header('In-Reply-To')).toBe('<c1@example.org>');
    expect(header('References')).toBe('<o1@example.com> <c2@example.org> <c1@example.org>');
  });

  it('keeps the first and the newest of a long chain', async () => {
    const references = Array.from({ length: 40 }, (_, index) => `<r${index}@example.org>`);
    await send({ to: { reach: { ...reach, references } } });
    const sent = header('References')!.split(' ');
    expect(sent).toHaveLength(20);
    expect([sent[0], sent.at(-1)]).toEqual(['<r0@example.org>', '<c2@example.org>']);
  });

  it.each([
    ['Заказ', 'Re: Заказ', 'Re: Заказ'],
    ['Re: Заказ', 'RE[2]: Отв: Заказ', 'Re: Заказ'],
    ['Новая тема', 'Re: Заказ', 'Новая тема'],
    [undefined, 'HA: Заказ', 'Re: Заказ'],
    ['Первое письмо', undefined, 'Первое письмо'],
  ])('subject %s after %s is %s', async (subject, before, expected) => {
    const to = { reach: { to: 'anna@example.org', ...(before === undefined ? {} : { subject: before }) } };
    await send({ to, ...(subject === undefined ? {} : { subject }) });
    expect((await PostalMime.parse(smtp.kept[0]!.raw)).subject).toBe(expected);
  });

  it('can be found again by the answer: in the plus address, and as a receipt', async () => {
    const { providerId } = await send({}, { settings: { plusAddress: true } });
    const replyTo = header('Reply-To')!;
    expect(replyTo).toMatch(/^sales\+[0-9a-f-]{36}@example\.com$/);
    const raw = `From: anna@example.org\r\nTo: ${replyTo}\r\nMessage-ID: <a@example.org>\r\n\r\nYes\r\n`;
    const endpoint = endpointFor(channel, mailboxOn(1, 1));
    const events = await channel.parse(requestFor(channel, { body: Buffer.from(raw) }), endpoint);
    expect(events).toMatchObject([{ references: [providerId] }]);
  });

  it('writes to somebody first', async () => {
    await send({ to: { identity: { kind: 'email', value: 'new@example.org', trust: 'claimed' } }, subject: 'Hello' });
    expect(smtp.kept[0]?.to).toEqual(['new@example.org']);
    expect(header('In-Reply-To')).toBeUndefined();
  });
});

describe('what it says', () => {
  it('signs with the author, and names the sender', async () => {
    const settings = { signature: '{{author}}\nExample LLC', fromName: 'Отдел продаж' };
    await send({ author: 'Мария' }, { settings });
    const mail = await PostalMime.parse(smtp.kept[0]!.raw);
    expect(mail.text?.trim()).toBe('Добрый день\n\n-- \nМария\nExample LLC');
    expect(mail.from).toEqual({ name: 'Отдел продаж', address: 'sales@example.com' });
  });

  it('names files in any alphabet', async () => {
    const bytes = new TextEncoder().encode('%PDF-1.4');
    const name = '../Договор № 5 «Столы».pdf';
    await send({ attachments: [{ name, mediaType: 'application/pdf', bytes }] });
    expect(smtp.kept[0]?.files).toEqual([{ name: 'Договор № 5 «Столы».pdf', bytes }]);
  });

  it.each(['\r\nBcc: evil@example.net', '\nBcc: evil@example.net', '\r\n\r\n<script>', '\u0000\u2028x'])(
    'lets no line end through into the headers: %j',
    async (evil) => {
      await send(
        {
          subject: `Hello${evil}`,
          to: { reach: { to: 'anna@example.org', messageId: `<x@example.org>${evil}`, references: [`<y${evil}@z>`] } },
          attachments: [{ name: `a${evil}.txt`, mediaType: `text/plain${evil}`, bytes: new Uint8Array([65]) }],
          author: `Eve${evil}`,
        },
        { settings: { fromName: `Sales${evil}`, signature: '{{author}}' } },
      );
      expect(headers().filter((line) => /^bcc/i.test(line))).toEqual([]);
      expect(smtp.kept[0]?.to).toEqual(['anna@example.org']);
      expect(header('Subject')).toMatch(/^Hello|^=\?/);
    },
  );

  it.each([
    '',
    'no address',
    'a@b\r\nRCPT TO:<evil@example.net>',
    'a@b, c@d',
    '<a@b>',
    'sales@example.com',
    'Sales+x@example.com',
  ])('refuses to write to %j', async (to) => {
    const error = await failureOf(send({ to: { reach: { to } } }));
    expect(error).toBeInstanceOf(Refused);
    expect(smtp.tried()).toBe(0);
  });

  it('says of a question by itself that a machine asked it', async () => {
    await send({ ask: 'phone' });
    expect(header('Auto-Submitted')).toBe('auto-replied');
    expect(header('X-Auto-Response-Suppress')).toBe('All');
  });

  it('signs with DKIM when it has a key, and the signature holds', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const dkimPrivateKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await send(
      { text: 'Signed', subject: 'Offer' },
      { settings: { dkimDomain: 'example.com', dkimSelector: 's1', dkimPrivateKey } },
    );
    const { raw } = smtp.kept[0]!;
    const signature = header('DKIM-Signature')!;
    expect(signature).toMatch(/d=example\.com;.*s=s1;/);
    expect(verifyDkim(raw, publicKey)).toBe(true);
    expect(verifyDkim(raw.replace('Subject:', 'Subject: changed'), publicKey)).toBe(false);
  });
});

/** RFC 6376 3.4.2, relaxed headers: enough to check our own signature. */
function verifyDkim(raw: string, key: KeyObject): boolean {
  const lines = raw
    .slice(0, raw.indexOf('\r\n\r\n'))
    .replace(/\r\n(?=[ \t])/g, '')
    .split('\r\n');
  const relaxed = (line: string): string => {
    const at = line.indexOf(':');
    return `${line.slice(0, at).toLowerCase().trim()}:${line
      .slice(at + 1)
      .replace(/\s+/g, ' ')
      .trim()}`;
  };
  const own = lines.find((line) => line.startsWith('DKIM-Signature:'))!;
  const tag = (name: string): string => new RegExp(`[;\\s]${name}=([^;]*)`).exec(own)![1]!.replace(/\s/g, '');
  const signed = tag('h')
    .split(':')
    .map((name) => lines.find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`)));
  const data = [
    ...signed.filter((line) => line !== undefined).map(relaxed),
    relaxed(own.replace(/([;\s]b=)[^;]*/, '$1')),
  ].join('\r\n');
  return createVerify('RSA-SHA256').update(data).verify(key, tag('b'), 'base64');
}

describe('when the server does not want it', () => {
  it('comes back for a temporary refusal, later and later', async () => {
    smtp.meet('later');
    const first = await failureOf(send());
    expect(first).toBeInstanceOf(Later);
    expect(first.seconds).toBe(60);
    smtp.meet('busy-recipient');
    const third = await failureOf(send({ attempt: 3 }));
    expect(third).toBeInstanceOf(Later);
    expect(third.seconds).toBe(240);
  });

  it.each(['refuse', 'refuse-recipient'] as const)(
    'gives up for good on "%s", without naming the client',
    async (how) => {
      smtp.meet(how);
      const error = await failureOf(send());
      expect(error).toBeInstanceOf(Refused);
      expect(error.message).toMatch(/550/);
      expect(error.message).toContain(how === 'refuse' ? 'this mail' : 'the address of the client');
      expect(error.message).not.toMatch(/anna|example/);
      expect(smtp.kept).toEqual([]);
    },
  );

  it('does not take a wrong password for the end of the mail', async () => {
    const error = await failureOf(send({}, { settings: { password: 'wrong' } }));
    expect(error).toBeInstanceOf(Later);
    expect(error.message).toContain('log-in');
    expect(error.message).not.toContain('wrong');
  });

  it('logs in with an OAuth token that was fetched just now', async () => {
    const asked: string[] = [];
    const oauth = async (url: unknown, options?: RequestInit): Promise<Response> => {
      asked.push(`${String(url)} ${String(options?.body)}`);
      return Response.json({ access_token: 'fresh-token', expires_in: 3600 });
    };
    const settings = {
      auth: 'oauth2',
      oauthClientId: 'app',
      oauthRefreshToken: 'r',
      oauthTokenUrl: 'https://token.example/',
    };
    const message: Outbound = {
      idempotencyKey: randomUUID(),
      to: { reach: { to: 'anna@example.org' } },
      text: 'x',
      attachments: [],
      attempt: 1,
    };
    const endpoint = endpointFor(channel, { ...mailboxOn(1, smtp.port), ...settings });
    const tools = toolsFor({ fetch: oauth as typeof fetch });
    await channel.send!(message, endpoint, tools, AbortSignal.timeout(10_000));
    expect(smtp.kept).toHaveLength(1);
    expect(smtp.logins()).toEqual(['sales fresh-token']);
    expect(asked).toEqual(['https://token.example/ grant_type=refresh_token&client_id=app&refresh_token=r']);
  });

  it('comes back when nobody listens: nothing was sent', async () => {
    const error = await failureOf(send({}, { settings: { smtpPort: 1 } }));
    expect(error).toBeInstanceOf(Later);
  });

  it('does not know the outcome when the answer after DATA is lost; the second attempt has the same id', async () => {
    const idempotencyKey = randomUUID();
    smtp.meet('lose-answer');
    const error = await failureOf(send({ idempotencyKey }));
    expect(error).not.toBeInstanceOf(Later);
    expect(error).not.toBeInstanceOf(Refused);
    const sent = await send({ idempotencyKey, attempt: 2 });
    expect(sent.providerId).toBe(`<${idempotencyKey}@example.com>`);
    expect(smtp.tried()).toBe(2);
    expect(smtp.kept).toHaveLength(1);
  });

  it('does not know the outcome when it is stopped while the server thinks', async () => {
    smtp.meet('hang');
    const abort = new AbortController();
    const sending = failureOf(send({}, { signal: abort.signal }));
    while (smtp.tried() === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    abort.abort();
    const error = await sending;
    expect(error).not.toBeInstanceOf(Later);
    expect(error).not.toBeInstanceOf(Refused);
  });
});
