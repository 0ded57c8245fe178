import { afterEach, expect, it } from 'vitest';
import { telephony } from '../../../channels/telephony/index.ts';
import { readEvent } from '../../../channels/telephony/providers/beeline/read-xml.ts';
import { listen } from '../../../channels/telephony/providers/beeline/subscribe.ts';
import type { Channel, Dial } from '../../../src/channel.ts';
import { Later, Malformed, Refused } from '../../../src/errors.ts';
import { endpointFor, type ListenStandIn, listenToolsFor, until } from '../stand-ins.ts';
import { beelineCase } from './beeline.ts';
import { answer, answering } from './fake-fetch.ts';

const channel = telephony as unknown as Channel;
const account = { beelineApiToken: 'example-api-token' };
const endpoint = (more: Record<string, unknown> = {}) => endpointFor(channel, { ...beelineCase.settings, ...more });
const API = 'https://cloudpbx.beeline.ru/apis/portal';
const { signal } = new AbortController();
const call: Dial = {
  idempotencyKey: '00000000-0000-4000-8000-0000000000aa',
  from: { extension: '9650000001' },
  to: '+79990001122',
};

it('asks Beeline to ring the employee and then the client', async () => {
  const { tools, asked } = answering(answer(200, '"callhalf-1:0"'));
  expect(await channel.dial!(call, endpoint(account), tools, signal)).toEqual({});
  await channel.dial!(
    { ...call, from: { extension: '../x?' }, to: '+380441234567' },
    endpoint(account),
    tools,
    signal,
  );
  expect(asked).toEqual([
    {
      url: `${API}/abonents/9650000001/call?phoneNumber=9990001122`,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-mpbx-api-auth-token': 'example-api-token' },
      body: '',
    },
    expect.objectContaining({ url: `${API}/abonents/..%2Fx%3F/call?phoneNumber=810380441234567` }),
  ]);
});

it('says why it cannot call, or that it does not know', async () => {
  await expect(channel.dial!(call, endpoint(), answering(answer(200)).tools, signal)).rejects.toBeInstanceOf(Refused);
  const no = answering(answer(400, { errorCode: 'UserNotFound', description: 'no such user' })).tools;
  await expect(channel.dial!(call, endpoint(account), no, signal)).rejects.toThrow(/no such user/);
  for (const broken of [answer(500), new Error('reset')]) {
    const { tools } = answering(broken);
    const error = await channel.dial!(call, endpoint(account), tools, signal).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(Refused);
  }
});

it('fetches a recording with the token, and comes back while there is none', async () => {
  const url = `${API}/v2/records/5701687%3A1/9650000001%40mpbx.example/download`;
  const file = { name: '1', mediaType: 'audio/mpeg', ref: { url } };
  const { tools, asked } = answering(answer(200, 'ID3 sound'));
  expect(await channel.fetch!(file, endpoint(account), tools, signal)).toHaveLength(9);
  expect(asked).toEqual([{ url, method: 'GET', headers: { 'x-mpbx-api-auth-token': 'example-api-token' }, body: '' }]);
  for (const none of [answer(404), answer(400), answer(200, { errorCode: 'RecordNotFound' })]) {
    const notYet = channel.fetch!(file, endpoint(account), answering(none).tools, signal);
    await expect(notYet).rejects.toBeInstanceOf(Later);
  }
  const elsewhere = { ...file, ref: { url: 'https://beeline.ru.example.org/1' } };
  await expect(channel.fetch!(elsewhere, endpoint(account), tools, signal)).rejects.toBeInstanceOf(Refused);
});

it('never expands an entity and never digs for ever', () => {
  const wrap = (inner: string) => `<a:Event><a:eventData>${inner}</a:eventData></a:Event>`;
  expect(JSON.stringify(readEvent(wrap('<a:x>&amp;#65;&#65;</a:x>')))).not.toContain('A');
  for (const bad of [
    '',
    '<',
    '<a:Event/>',
    '<b/>',
    '<!doctype x><a:Event>1</a:Event>',
    wrap('<__proto__><y>1</y></__proto__>'),
    wrap('<a>'.repeat(30_000)),
  ])
    expect(() => readEvent(bad)).toThrow(Malformed);
  expect(({} as Record<string, unknown>).y).toBeUndefined();
});

const running: { stop: () => Promise<void> }[] = [];
afterEach(async () => Promise.all(running.splice(0).map((one) => one.stop())));

/** Runs the listener against a PBX that answers so. */
function start(answers: Parameters<typeof answering>, before?: ListenStandIn, more: Record<string, unknown> = {}) {
  const { tools, asked } = answering(...answers);
  const standIn = { ...listenToolsFor(undefined, before), fetch: tools.fetch };
  standIn.report = (health) => {
    standIn.health = health;
  };
  const stopping = new AbortController();
  const done = listen(endpoint({ ...account, ...more }) as never, standIn, stopping.signal);
  running.push({
    stop: async () => {
      stopping.abort();
      await done;
    },
  });
  return { standIn, asked, done };
}

const URL_GIVEN = 'https://inlet.example.com/in/telephony/k3y/example-secret-of-the-path';
const isConnected = (standIn: ListenStandIn) => () => standIn.health?.state === 'connected';

it('subscribes with the secret at the end of the address, and keeps the id', async () => {
  const { standIn, asked } = start([answer(200, { subscriptionId: 's-1', expires: 3600 })]);
  await until(isConnected(standIn));
  expect(asked).toEqual([
    {
      url: `${API}/subscription`,
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'x-mpbx-api-auth-token': 'example-api-token' },
      body: `{"expires":86400,"subscriptionType":"BASIC_CALL","url":"${URL_GIVEN}"}`,
    },
  ]);
  const kept = JSON.parse(standIn.values.get('subscription')!) as { id: string; url: string; renewAt: number };
  expect(kept).toMatchObject({ id: 's-1', url: URL_GIVEN });
  expect(kept.renewAt - Date.now()).toBeGreaterThan(1_700_000);
  expect(kept.renewAt - Date.now()).toBeLessThanOrEqual(1_800_000);
});

/** A listener that has run before, with a subscription for this address and so long until its renewal. */
function withSubscription(ms: number, url = URL_GIVEN): ListenStandIn {
  const before = listenToolsFor();
  before.values.set('subscription', JSON.stringify({ id: 's-0', url, renewAt: Date.now() + ms }));
  return before;
}

it('goes on with a subscription that is still there', async () => {
  const { standIn, asked } = start([answer(200, { subscriptionId: 's-0' })], withSubscription(60_000));
  await until(isConnected(standIn));
  expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET ${API}/subscription?subscriptionId=s-0`]);
});

it('makes a new one when the old one is gone, half over, or for another address, and removes the old one', async () => {
  const made = answer(200, { subscriptionId: 's-1' });
  const gone = start([answer(404, { errorCode: 'NotFound' }), made, answer(200)], withSubscription(60_000));
  const over = start([made, answer(200)], withSubscription(-1));
  const moved = start([made, answer(404)], withSubscription(60_000, 'https://old.example.com/x'));
  await until(() => [gone, over, moved].every((one) => isConnected(one.standIn)()));
  expect(gone.asked.map((one) => one.method)).toEqual(['GET', 'PUT', 'DELETE']);
  expect(over.asked.map((one) => one.method)).toEqual(['PUT', 'DELETE']);
  expect(moved.asked.map((one) => one.method)).toEqual(['PUT', 'DELETE']);
  expect(over.asked[1]!.url).toBe(`${API}/subscription?subscriptionId=s-0`);
});

it('renews in time while it runs', async () => {
  const ids = ['s-0', 's-1', ''].map((subscriptionId) => answer(200, { subscriptionId }));
  const { standIn, asked } = start(ids, withSubscription(1200));
  await until(() => asked.length === 3);
  expect(asked.map((one) => one.method)).toEqual(['GET', 'PUT', 'DELETE']);
  await until(isConnected(standIn));
});

it('keeps the subscription when the PBX renews it under the same id', async () => {
  const { standIn, asked } = start([answer(200, { subscriptionId: 's-0' })], withSubscription(-1));
  await until(isConnected(standIn));
  expect(asked.map((one) => one.method)).toEqual(['PUT']);
});

it('waits while the PBX is silent, and is well again after', async () => {
  const { standIn, asked } = start([new Error('reset'), answer(503), answer(200, { subscriptionId: 's-1' })]);
  await until(() => standIn.health?.state === 'waiting');
  expect(standIn.health?.retryAt).toBeInstanceOf(Date);
  await until(isConnected(standIn));
  expect(asked).toHaveLength(3);
});

it('asks for a person when the token is not good, or the subscription is refused', async () => {
  for (const [status, word] of [
    [401, 'token'],
    [400, 'subscription'],
  ] as const) {
    const { standIn, done } = start([answer(status, { errorCode: 'x' })]);
    await done;
    expect(standIn.health).toMatchObject({ state: 'needs-human', detail: expect.stringContaining(word) });
    expect(JSON.stringify(standIn.health)).not.toContain('example-api-token');
  }
});

it('leaves the subscription to the admin where there is no token', async () => {
  const { standIn, asked } = start([answer(500)], undefined, { beelineApiToken: undefined });
  await until(isConnected(standIn));
  expect(asked).toEqual([]);
});
