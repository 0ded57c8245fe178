/** What samples cannot show of Twilio: its published signatures, what we ask of it, and hostile names in its XML. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../channels/telephony/adapter.ts';
import { telephony } from '../../../channels/telephony/index.ts';
import { twilio } from '../../../channels/telephony/providers/twilio/index.ts';
import { isSigned, signatureOf } from '../../../channels/telephony/providers/twilio/signature.ts';
import type { Answer, CallRoute, Channel } from '../../../src/channel.ts';
import { Later, Refused } from '../../../src/errors.ts';
import { bytes, endpointFor, requestFor, toolsFor } from '../stand-ins.ts';
import { twilioCase } from './twilio.ts';

const channel = telephony as unknown as Channel;
const endpoint = (over: Record<string, unknown> = {}): Endpoint =>
  endpointFor(channel, { ...twilioCase.settings, ...over }) as unknown as Endpoint;
const signal = new AbortController().signal;

/** Of spec/validation.spec.js in twilio-node. */
describe('published signatures', () => {
  const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
  const fields: [string, string][] = [
    ['CallSid', 'CA1234567890ABCDE'],
    ['Caller', '+14158675309'],
    ['Digits', '1234'],
    ['From', '+14158675309'],
    ['To', '+18005551212'],
  ];
  const repeated: [string, string][] = [
    ['Sid', 'CA123'],
    ['SidAccount', 'AC123'],
    ['Digits', '5678'],
    ['Digits', '1234'],
    ['Digits', '1234'],
  ];
  const hash = '0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620';

  it.each([
    ['a form', url, fields, 'RSOYDt4T1cUTdK1PDd93/VVr8B8='],
    ['the hash of a body', `${url}&bodySHA256=${hash}`, [], 'a9nBmqA0ju/hNViExpshrM61xv4='],
    ['a port', url.replace('https', 'http').replace('.com', '.com:1234'), fields, 'Zmvh+3yNM1Phv2jhDCwEM3q5ebU='],
    ['the port of HTTPS', url.replace('.com', '.com:443'), fields, 'kvajT1Ptam85bY51eRf/AJRuM3w='],
    [
      'the port of HTTP',
      url.replace('https', 'http').replace('.com', '.com:80'),
      fields,
      '0ZXoZLH/DfblKGATFgpif+LLRf4=',
    ],
    ['a name with several values', url, repeated, 'IK+Dwps556ElfBT0I3Rgjkr1wJU='],
  ] as const)('%s', (_name, address, given, signature) => {
    expect(signatureOf('12345', address, given)).toBe(signature);
    expect(isSigned('12345', signature, address, given)).toBe(true);
    expect(isSigned('12346', signature, address, given)).toBe(false);
  });

  it('is taken with and without the usual port, and with no other', () => {
    expect(isSigned('12345', 'kvajT1Ptam85bY51eRf/AJRuM3w=', url, fields)).toBe(true);
    expect(isSigned('12345', 'RSOYDt4T1cUTdK1PDd93/VVr8B8=', url.replace('.com', '.com:443'), fields)).toBe(true);
    expect(isSigned('12345', '0ZXoZLH/DfblKGATFgpif+LLRf4=', url, fields)).toBe(false);
  });

  it('covers a body of JSON byte for byte', () => {
    const own = endpoint({ twilioAuthToken: 'example-token', provider: 'twilio' });
    const path = `/in/telephony/k3y?bodySHA256=${hash}`;
    const headers = { 'x-twilio-signature': signatureOf('example-token', `https://inlet.example.com${path}`, []) };
    const sent = (body: string) => requestFor(channel, { url: path, headers, body: bytes(body) });
    const tools = toolsFor();
    expect(twilio.verify!(sent('{"property": "value", "boolean": true}'), own, tools)).toHaveProperty('answer');
    expect(() => twilio.verify!(sent('{"property": "value", "boolean": false}'), own, tools)).toThrow('signature');
  });
});

interface Asked {
  url: string;
  init: RequestInit;
}

const answering = (asked: Asked[], status: number, body: unknown) =>
  toolsFor({
    fetch: async (input, init) => {
      asked.push({ url: String(input), init: init ?? {} });
      return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
    },
  });

const call = { idempotencyKey: 'k', from: { extension: '102', dial: '+79990002233' }, to: '+79990001122' };
const LOGIN = 'AC00000000000000000000000000000001:example-twilio-auth-token-000001';
const BASIC = `Basic ${Buffer.from(LOGIN).toString('base64')}`;

describe('click-to-call', () => {
  it('rings our person, and has the client dialled when they pick up', async () => {
    const asked: Asked[] = [];
    const tools = answering(asked, 201, { sid: 'CA00000000000000000000000000000009', status: 'queued' });
    const done = await twilio.dial!(call, endpoint({ twilioNumber: '+12025550100' }), tools, signal);
    expect(done).toEqual({ callId: 'CA00000000000000000000000000000009' });
    expect(asked).toHaveLength(1);
    expect(asked[0]!.url).toBe(
      'https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/Calls.json',
    );
    expect(asked[0]!.init.method).toBe('POST');
    expect(asked[0]!.init.headers).toEqual({
      authorization: BASIC,
      'content-type': 'application/x-www-form-urlencoded',
    });
    const form = new URLSearchParams(String(asked[0]!.init.body));
    const inlet = 'https://inlet.example.com/in/telephony/k3y';
    expect([...form]).toEqual([
      ['To', '+79990002233'],
      ['From', '+12025550100'],
      ['Timeout', '25'],
      [
        'Twiml',
        `<?xml version="1.0" encoding="UTF-8"?><Response><Dial timeout="25" method="POST" ` +
          `action="${inlet}?leg=called&amp;ext=102" callerId="+12025550100" record="record-from-answer-dual" ` +
          `recordingStatusCallback="${inlet}?leg=recording" recordingStatusCallbackMethod="POST">` +
          `<Number statusCallback="${inlet}?leg=client&amp;ext=102" statusCallbackMethod="POST" ` +
          `statusCallbackEvent="ringing answered completed">+79990001122</Number></Dial></Response>`,
      ],
      ['StatusCallback', `${inlet}?leg=caller&ext=102`],
      ['StatusCallbackMethod', 'POST'],
      ['StatusCallbackEvent', 'ringing'],
      ['StatusCallbackEvent', 'answered'],
      ['StatusCallbackEvent', 'completed'],
    ]);
  });

  it.each([
    ['client:anna', {}, 'client:anna'],
    ['101', {}, 'client:101'],
    ['101', { twilioSipDomain: 'example.sip.twilio.com' }, 'sip:101@example.sip.twilio.com'],
    ['sip:101@example.com', {}, 'sip:101@example.com'],
    ['+7 (999) 000-22-33', {}, '+79990002233'],
  ])('rings %s', async (extension, over, to) => {
    const asked: Asked[] = [];
    const line = { lines: [{ number: '+1 (202) 555-0100' }], ...over };
    await twilio.dial!({ ...call, from: { extension } }, endpoint(line), answering(asked, 201, {}), signal);
    const form = new URLSearchParams(String(asked[0]!.init.body));
    expect(form.get('To')).toBe(to);
    expect(form.get('From')).toBe('+12025550100');
  });

  it('says why it was refused, and nothing of what only Twilio knows', async () => {
    const own = endpoint({ twilioNumber: '+12025550100' });
    const refused = answering([], 400, { code: 21215, message: 'Account not authorized to call +79990001122.' });
    await expect(twilio.dial!(call, own, refused, signal)).rejects.toThrow(
      new Refused('Twilio refused (400): Account not authorized to call +79990001122.'),
    );
    await expect(twilio.dial!(call, own, answering([], 401, 'no JSON'), signal)).rejects.toBeInstanceOf(Refused);
    await expect(twilio.dial!(call, own, answering([], 503, {}), signal)).rejects.not.toBeInstanceOf(Refused);
    await expect(twilio.dial!(call, own, answering([], 201, 'x'.repeat(200_000)), signal)).resolves.toEqual({});
    await expect(twilio.dial!(call, endpoint(), answering([], 201, {}), signal)).rejects.toBeInstanceOf(Refused);
    const local = endpoint({ lines: [{ number: '8 (495) 000-00-00' }] });
    await expect(twilio.dial!(call, local, answering([], 201, {}), signal)).rejects.toBeInstanceOf(Refused);
  });
});

describe('recordings', () => {
  const file = (url: string) => ({ name: 'RE1', mediaType: 'audio/mpeg', ref: { url } });
  const own = 'https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1.mp3';

  it('are downloaded with the account, and from Twilio alone', async () => {
    const asked: Asked[] = [];
    const got = await twilio.fetch!(file(own), endpoint(), answering(asked, 200, 'audio'), signal);
    expect(new TextDecoder().decode(got)).toBe('audio');
    expect(asked[0]).toMatchObject({ url: own, init: { method: 'GET', headers: { authorization: BASIC } } });
    for (const url of [
      'https://evil.example/RE1.mp3',
      'https://api.twilio.com.evil.example/',
      'http://api.twilio.com/',
    ])
      await expect(twilio.fetch!(file(url), endpoint(), answering([], 200, 'x'), signal)).rejects.toBeInstanceOf(
        Refused,
      );
  });

  it('come from the region that is set', async () => {
    const asked: Asked[] = [];
    const region = endpoint({ twilioApiRoot: 'https://api.ie1.twilio.com' });
    await twilio.fetch!(file(own.replace('api', 'api.ie1')), region, answering(asked, 200, 'x'), signal);
    expect(asked[0]!.init.headers).toEqual({ authorization: BASIC });
  });

  it('may be late, or gone', async () => {
    await expect(twilio.fetch!(file(own), endpoint(), answering([], 404, ''), signal)).rejects.toBeInstanceOf(Later);
    await expect(twilio.fetch!(file(own), endpoint(), answering([], 401, ''), signal)).rejects.toBeInstanceOf(Refused);
  });
});

describe('what Twilio is told', () => {
  const reply = async (route: CallRoute | undefined, over: Record<string, unknown> = {}): Promise<string> => {
    const sent = twilioCase.genuine();
    const genuine = await twilio.verify!(requestFor(channel, sent), endpoint(over), toolsFor());
    const answer: Answer = genuine.asks!.reply(route);
    expect(answer.headers).toEqual({ 'content-type': 'text/xml; charset=utf-8' });
    return String(answer.body);
  };
  const parser = new XMLParser({ ignoreAttributes: false, htmlEntities: false });

  it('is XML whatever people are called', async () => {
    const names = [
      '</Client><Hangup/>',
      '"\' onx="1',
      'a&b;<!--',
      ']]>\u0000\u000b\ufffe',
      '\ud800',
      'Анна 🙂',
      '&#x41;',
    ];
    for (const extension of names) {
      const body = await reply({ targets: [{ extension }] });
      expect(XMLValidator.validate(body)).toBe(true);
      const { Response } = parser.parse(body) as { Response: { Dial: { Client: Record<string, string> } } };
      expect(Object.keys(Response)).toEqual(['Dial']);
      const url = new URL(Response.Dial.Client['@_statusCallback']!);
      expect(url.searchParams.get('ext')).toBe(extension.toWellFormed());
      expect(url.href).toMatch(/^[\w:/?.&=%~-]+$/);
    }
  });

  it('rings ten phones at most, and says so when there is none', async () => {
    const many = Array.from({ length: 15 }, (_, n) => ({ extension: `p${n}` }));
    expect((await reply({ targets: many })).match(/<Client /g)).toHaveLength(10);
    expect(await reply({ targets: [{ extension: ' ' }] })).toContain('<Say');
    expect(await reply(undefined, { fallbackTarget: 'client:desk' })).toContain('>desk</Client>');
  });
});
