import { expect, it } from 'vitest';
import { telephony } from '../../../channels/telephony/index.ts';
import { megafon } from '../../../channels/telephony/providers/megafon/index.ts';
import { russianNumber } from '../../../channels/telephony/russian-number.ts';
import type { Channel, Dial } from '../../../src/channel.ts';
import { Later, Refused } from '../../../src/errors.ts';
import { endpointFor, requestFor, toolsFor } from '../stand-ins.ts';
import { answer, answering } from './fake-fetch.ts';
import { megafonCase } from './megafon.ts';

const channel = telephony as unknown as Channel;
const ROOT = 'https://example.megapbx.ru';
const endpoint = (more: Record<string, unknown> = {}) => endpointFor(channel, { ...megafonCase.settings, ...more });
const account = { megafonApiRoot: ROOT, megafonApiKey: 'example-api-key' };
const { signal } = new AbortController();
const call: Dial = {
  idempotencyKey: '00000000-0000-4000-8000-0000000000aa',
  from: { extension: 'petrov', dial: '+79990002233' },
  to: '+79990001122',
};

it('asks the PBX to ring the employee and then the client', async () => {
  const { tools, asked } = answering(answer(200, { callid: '77' }));
  expect(await channel.dial!(call, endpoint(account), tools, signal)).toEqual({});
  expect(asked).toEqual([
    {
      url: `${ROOT}/crmapi/v1/makecall`,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'example-api-key' },
      body: '{"phone":"79990001122","user":"petrov"}',
    },
  ]);
});

it('says why it cannot call, and never what the key is', async () => {
  await expect(channel.dial!(call, endpoint(), toolsFor(), signal)).rejects.toBeInstanceOf(Refused);
  for (const status of [400, 401, 403, 404]) {
    const { tools } = answering(answer(status, 'no'));
    const refused = await channel.dial!(call, endpoint(account), tools, signal).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refused);
    expect(String(refused)).not.toContain('example-api-key');
  }
});

it('does not know how it went when the PBX is broken or silent', async () => {
  for (const broken of [answer(500), answer(302), new Error('reset')]) {
    const { tools } = answering(broken);
    const error = await channel.dial!(call, endpoint(account), tools, signal).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(Refused);
    expect(error).not.toBeInstanceOf(Later);
  }
});

it('takes recordings from the PBX and its record host, and from nowhere else', async () => {
  const file = (url: string) => ({ name: '58', mediaType: 'audio/mpeg', ref: { url } });
  for (const url of ['https://records.megapbx.ru/record/58.mp3', 'https://pbx.example.com/58.mp3']) {
    const { tools, asked } = answering(answer(200, 'ID3 sound'));
    const own = endpoint({ ...account, megafonApiRoot: 'https://pbx.example.com' });
    expect(new TextDecoder().decode(await channel.fetch!(file(url), own, tools, signal))).toBe('ID3 sound');
    expect(asked[0]!.headers).toEqual({});
  }
  const { tools, asked } = answering(answer(200, 'secrets'));
  const elsewhere = channel.fetch!(file('https://megapbx.ru.example.org/58.mp3'), endpoint(), tools, signal);
  await expect(elsewhere).rejects.toBeInstanceOf(Refused);
  expect(asked).toEqual([]);
  const notYet = answering(answer(404)).tools;
  const missing = channel.fetch!(file('https://records.megapbx.ru/58.mp3'), endpoint(), notYet, signal);
  await expect(missing).rejects.toBeInstanceOf(Later);
});

it('names one responsible person, whatever stands in the login', async () => {
  const body = 'cmd=contact&phone=79990001122&callid=1&crm_token=example-crm-token';
  const genuine = await megafon.verify!(
    requestFor(channel, { body: new TextEncoder().encode(body) }),
    endpoint() as never,
    toolsFor(),
  );
  const hostile = '"},{"contact_name":"x\n';
  const { body: reply } = genuine.asks!.reply({ targets: [{ extension: hostile }, { extension: '2' }] });
  expect(JSON.parse(String(reply))).toEqual({ responsible: hostile });
});

it('only takes the address of a PBX that nobody can listen in on', () => {
  for (const megafonApiRoot of [
    'http://pbx.example.com',
    'https://pbx.example.com/api',
    'https://a:b@pbx.example.com',
  ])
    expect(channel.settings.safeParse({ ...megafonCase.settings, megafonApiRoot }).success).toBe(false);
  expect(
    channel.settings.safeParse({ ...megafonCase.settings, megafonApiRoot: 'http://127.0.0.1:8080' }).success,
  ).toBe(true);
});

it('reads the numbers of a Russian PBX', () => {
  expect(
    ['88005553535', '79990001122', '9990001122', '+79990001122', '810380441234567', '202', '', 'anonymous'].map(
      russianNumber,
    ),
  ).toEqual(['+78005553535', '+79990001122', '+79990001122', '+79990001122', '+380441234567', '202', '', 'anonymous']);
});
