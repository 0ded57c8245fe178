import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { telephony } from '../../../channels/telephony/index.ts';
import type { CallRoute, Channel, Dial, ParsedEvent } from '../../../src/channel.ts';
import { Refused } from '../../../src/errors.ts';
import { bytes, endpointFor, requestFor, toolsFor } from '../stand-ins.ts';
import { answer, answering } from './fake-fetch.ts';
import { uisCase } from './uis.ts';

const channel = telephony as unknown as Channel;
const endpoint = (more: Record<string, unknown> = {}) => endpointFor(channel, { ...uisCase.settings, ...more });
const account = { uisAccessKey: 'example-access-key', uisVirtualNumber: '+74950000000' };
const { signal } = new AbortController();
const call: Dial = {
  idempotencyKey: '00000000-0000-4000-8000-0000000000aa',
  from: { extension: '758000', dial: '+7 999 000-22-33' },
  to: '+79990001122',
};

it.each([
  ['uis', 'https://callapi.uiscom.ru/v4.0'],
  ['comagic', 'https://callapi.comagic.ru/v4.0'],
  ['novofon', 'https://callapi-jsonrpc.novofon.ru/v4.0'],
  ['callgear', 'https://callapi.callgear.com/v4.0'],
])('asks the Call API of %s to ring the employee and then the client', async (uisCabinet, url) => {
  const { tools, asked } = answering(
    answer(200, { jsonrpc: '2.0', result: { data: { call_session_id: 237859081 } } }),
  );
  const dialled = await channel.dial!(call, endpoint({ ...account, uisCabinet }), tools, signal);
  expect(dialled).toEqual({ callId: '237859081' });
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=UTF-8' },
  });
  expect(JSON.parse(asked[0]!.body)).toEqual({
    jsonrpc: '2.0',
    id: call.idempotencyKey,
    method: 'start.employee_call',
    params: {
      access_token: 'example-access-key',
      first_call: 'employee',
      direction: 'out',
      virtual_phone_number: '74950000000',
      contact: '79990001122',
      external_id: call.idempotencyKey,
      employee: { id: 758000, phone_number: '79990002233' },
    },
  });
});

it('says why it cannot call, or that it does not know', async () => {
  await expect(channel.dial!(call, endpoint(), toolsFor(), signal)).rejects.toBeInstanceOf(Refused);
  const login = { ...call, from: { extension: 'petrov' } };
  await expect(channel.dial!(login, endpoint(account), toolsFor(), signal)).rejects.toBeInstanceOf(Refused);
  const limit = { error: { code: -32029, message: 'Limit per day has been reached', data: { mnemonic: 'x' } } };
  for (const no of [answer(200, limit), answer(403), answer(200, { error: 'x' })]) {
    const error = await channel.dial!(call, endpoint(account), answering(no).tools, signal).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Refused);
    expect(String(error)).not.toContain('example-access-key');
  }
  const internal = answer(200, { error: { code: -32603, message: 'Internal error' } });
  for (const broken of [internal, answer(502), new Error('reset')]) {
    const error = await channel.dial!(call, endpoint(account), answering(broken).tools, signal).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(Refused);
  }
});

it('rings numbers, never the id of an employee', async () => {
  const asked = 'call_session_id=1&numa=79990001122&numb=74950000000';
  const url = `/in/telephony/k3y?secret=${uisCase.settings.uisSecret}&${asked}`;
  const reply = async (route: CallRoute | undefined, fallbackTarget = '') => {
    const { asks } = await channel.verify!(
      requestFor(channel, { method: 'GET', url }),
      endpoint({ fallbackTarget }),
      toolsFor(),
    );
    return JSON.parse(String(asks!.reply(route).body)) as unknown;
  };
  const two = [
    { extension: '1', dial: '+7 (999) 000-22-33' },
    { extension: '2', dial: 'sip"}\n@example.com' },
  ];
  expect(await reply({ targets: two })).toEqual({ phones: ['79990002233', 'sip"}\n@example.com'] });
  expect(await reply({ targets: [{ extension: '758000' }] })).toEqual({ returned_code: 1 });
  expect(await reply({ targets: [{ extension: '758000' }] }, '+79990004455')).toEqual({ phones: ['79990004455'] });
  expect(await reply(undefined)).toEqual({ returned_code: 1 });
});

/** The templates in the docs are what people paste: each one must read well, filled in and with gaps. */
it('reads every template of the docs, filled in and with gaps', async () => {
  const page = readFileSync(new URL('../../../docs/providers/uis.md', import.meta.url), 'utf8');
  const templates = [...page.matchAll(/```json\n(\{[^`]+?\})\n```/g)].map(([, text]) => text!);
  expect(templates).toHaveLength(8);
  const values: Record<string, unknown> = { call_session_id: 2901234567, contact_phone_number: '79990001122' };
  const seen: unknown[] = [];
  for (const template of templates) {
    const text = template.replace('YOUR-SECRET', String(uisCase.settings.uisSecret));
    const full = text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => JSON.stringify(values[name] ?? null));
    const gaps = text.replace(/\{\{(\w+)\}\}/g, (all, name: string) => (name in values ? String(values[name]) : all));
    for (const body of [full, gaps]) {
      const request = requestFor(channel, { body: bytes(body), headers: { 'content-type': 'application/json' } });
      await channel.verify!(request, endpoint(), toolsFor());
      const events = (await channel.parse(request, endpoint())) as readonly ParsedEvent[];
      expect(events[0]).toMatchObject({ eventId: '2901234567', sender: { identities: [{ value: '+79990001122' }] } });
      seen.push(events[0]);
    }
  }
  const happened = seen.map((event) => (event as { call: { happened: string } }).call.happened);
  expect(new Set(happened)).toEqual(new Set(['ringing', 'answered', 'leg-ended', 'ended', 'recorded']));
});

it('takes recordings from the cabinets only', async () => {
  const file = (url: string) => ({ name: '1', mediaType: 'audio/mpeg', ref: { url } });
  const { tools, asked } = answering(answer(200, 'ID3 sound'));
  const url = 'https://app.uiscom.ru/system/media/talk/1/0123/';
  expect(await channel.fetch!(file(url), endpoint(), tools, signal)).toHaveLength(9);
  const elsewhere = channel.fetch!(file('https://uiscom.ru.example.org/1'), endpoint(), tools, signal);
  await expect(elsewhere).rejects.toBeInstanceOf(Refused);
  expect(asked.map((one) => one.url)).toEqual([url]);
});
