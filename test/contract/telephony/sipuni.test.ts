import { expect, it } from 'vitest';
import { telephony } from '../../../channels/telephony/index.ts';
import { sign } from '../../../channels/telephony/providers/sipuni/dial.ts';
import type { CallRoute, Channel, Dial } from '../../../src/channel.ts';
import { Refused } from '../../../src/errors.ts';
import { endpointFor, requestFor, toolsFor } from '../stand-ins.ts';
import { answer, answering } from './fake-fetch.ts';
import { sipuniCase } from './sipuni.ts';

const channel = telephony as unknown as Channel;
const endpoint = (more: Record<string, unknown> = {}) => endpointFor(channel, { ...sipuniCase.settings, ...more });
const account = { sipuniUser: '012345', sipuniApiKey: '0.example' };
const { signal } = new AbortController();
const call: Dial = {
  idempotencyKey: '00000000-0000-4000-8000-0000000000aa',
  from: { extension: '201' },
  to: '+79990001122',
};
/** Self-computed: md5('0+79990001122+0+201+012345+0.example'). */
const HASH = 'e3a0642485f60d2858d07cde81ab2c68';

it('signs as Sipuni does', () => {
  expect(sign(['0', '79990001122', '0', '201', '012345'], '0.example')).toBe(HASH);
});

it('asks Sipuni to ring the employee and then the client', async () => {
  const { tools, asked } = answering(answer(200, { success: true }));
  expect(await channel.dial!(call, endpoint(account), tools, signal)).toEqual({});
  expect(asked).toEqual([
    {
      url: 'https://sipuni.com/api/callback/call_number',
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `antiaon=0&phone=79990001122&reverse=0&sipnumber=201&user=012345&hash=${HASH}`,
    },
  ]);
});

it('rings an outside number of the employee where there is one', async () => {
  const { tools, asked } = answering(answer(200, 'OK'));
  const from = { extension: '201', dial: '+79990002233' };
  await channel.dial!({ ...call, from }, endpoint(account), tools, signal);
  expect(new URLSearchParams(asked[0]!.body).get('sipnumber')).toBe('79990002233');
});

it('says why it cannot call, or that it does not know', async () => {
  await expect(channel.dial!(call, endpoint(), toolsFor(), signal)).rejects.toBeInstanceOf(Refused);
  for (const no of [answer(200, { success: false, message: 'no' }), answer(403), answer(400, { message: 'no' })]) {
    const { tools } = answering(no);
    const refused = await channel.dial!(call, endpoint(account), tools, signal).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refused);
    expect(String(refused)).not.toContain('0.example');
  }
  for (const broken of [answer(502), new Error('reset')]) {
    const { tools } = answering(broken);
    const error = await channel.dial!(call, endpoint(account), tools, signal).catch((reason: unknown) => reason);
    expect(error).not.toBeInstanceOf(Refused);
  }
});

it('takes recordings from Sipuni only', async () => {
  const file = (url: string) => ({ name: '1', mediaType: 'audio/mpeg', ref: { url } });
  const { tools, asked } = answering(answer(200, 'ID3 sound'));
  const url = 'https://sipuni.com/api/crm/record?id=1774372584.533596&hash=93247a3b';
  expect(await channel.fetch!(file(url), endpoint(), tools, signal)).toHaveLength(9);
  await expect(channel.fetch!(file('https://sipuni.org/1'), endpoint(), tools, signal)).rejects.toBeInstanceOf(
    Refused,
  );
  await expect(channel.fetch!(file('http://sipuni.com/1'), endpoint(), tools, signal)).rejects.toBeInstanceOf(Refused);
  expect(asked.map((one) => one.url)).toEqual([url]);
});

it('chooses a branch by its number, and never anything else', async () => {
  const url = `/in/telephony/k3y?secret=${sipuniCase.settings.sipuniSecret}&fromnum=79990001122&tonum=74950000000`;
  const choice = async (route: CallRoute | undefined, fallbackTarget = '') => {
    const request = requestFor(channel, { method: 'GET', url });
    const { asks } = await channel.verify!(request, endpoint({ fallbackTarget }), toolsFor());
    return asks!.reply(route).body;
  };
  expect(await choice({ targets: [{ extension: 'petrov', dial: '3' }] })).toBe('{"choice":3}');
  expect(await choice({ targets: [{ extension: 'petrov' }, { extension: '4' }] })).toBe('{"choice":4}');
  expect(await choice({ targets: [{ extension: '1}, "x": {' }] }, '2')).toBe('{"choice":2}');
  expect(await choice(undefined)).toBe('{"choice":0}');
  expect(await choice(undefined, 'reception')).toBe('{"choice":0}');
});
