import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { limitsOf, lookLimits } from '../../src/http/door-rules.ts';
import type { OpenEndpoint } from '../../src/intake/endpoint-book.ts';
import { createMeter, type Meter } from '../../src/intake/meter.ts';
import { type House, openHouse } from './house.ts';

let house: House;
const NOON = Date.UTC(2026, 0, 15, 12);
beforeAll(async () => {
  house = await openHouse();
});
afterEach(() => house.clock.set(undefined));
afterAll(() => house.close());

const newMeter = (from: Pick<House, 'sql' | 'vault'> = house): Meter => createMeter(from.sql, from.vault, house.clock);
const admitted = async (asked: readonly Promise<void>[]): Promise<number> =>
  (await Promise.allSettled(asked)).filter((one) => one.status === 'fulfilled').length;
const times = (n: number, ask: () => Promise<void>) => Array.from({ length: n }, ask);

test('admits exactly so many: one after another, at once, over replicas and after a restart', async () => {
  house.clock.set(NOON);
  const limit = (key: string) => [{ key, perMinute: 10 }];
  const meter = newMeter();
  let one = 0;
  for (let turn = 0; turn < 15; turn += 1) one += await admitted([meter.admit(limit('a'))]);
  expect(one).toBe(10);
  expect(await admitted(times(50, () => meter.admit(limit('b'))))).toBe(10);
  const other = newMeter(await house.replica());
  expect(
    await admitted([...times(40, () => meter.admit(limit('c'))), ...times(40, () => other.admit(limit('c')))]),
  ).toBe(10);
  await admitted(times(7, () => meter.admit(limit('d'))));
  expect(await admitted(times(7, () => newMeter().admit(limit('d'))))).toBe(3);
  await expect(meter.admit([])).resolves.toBeUndefined();
});

test('says how long to wait, and lets in again when the minute is over', async () => {
  const meter = newMeter();
  const ask = () => meter.admit([{ key: 'window', perMinute: 1 }]);
  house.clock.set(NOON + 20_500);
  await ask();
  await expect(ask()).rejects.toMatchObject({ status: 429, retryAfterSeconds: 40 });
  house.clock.set(NOON + 59_999);
  await expect(ask()).rejects.toMatchObject({ status: 429, retryAfterSeconds: 1 });
  house.clock.set(NOON + 60_000);
  await ask();
});

test('a key over its limit is refused from memory: a flood asks the database nothing', async () => {
  house.clock.set(NOON);
  let asked = 0;
  const sql = ((...args: Parameters<House['sql']>) => {
    asked += 1;
    return house.sql(...args);
  }) as unknown as House['sql'];
  const meter = createMeter(sql, house.vault, house.clock);
  const ask = () => meter.admit([{ key: 'flood', perMinute: 1 }]);
  await admitted(times(3, ask));
  const before = asked;
  expect(await admitted(times(1000, ask))).toBe(0);
  expect(asked).toBe(before);
});

test('who is refused by his own limit uses up nothing of what all share', async () => {
  house.clock.set(NOON);
  const meter = newMeter();
  const from = (address: string) =>
    meter.admit([
      { key: `shared|${address}`, perMinute: 5 },
      { key: 'shared', perMinute: 20 },
    ]);
  expect(await admitted(times(500, () => from('flood')))).toBe(5);
  expect(await admitted(times(3, () => from('honest')))).toBe(3);
  expect(await admitted(Array.from({ length: 50 }, (_, n) => from(`crowd${n}`)))).toBe(12);
});

test('keeps no address in the base', async () => {
  await newMeter().admit([{ key: 'e1|192.0.2.77', perMinute: 5 }]);
  const rows = await house.sql`select key::text from rate_counters`;
  expect(JSON.stringify(rows)).not.toContain('192.0.2');
});

const endpoint = (more: Partial<OpenEndpoint> = {}, rate?: object): OpenEndpoint =>
  ({
    id: 'e1',
    ratePerAddress: null,
    ratePerEndpoint: null,
    channel: { capabilities: rate === undefined ? {} : { rate } },
    ...more,
  }) as unknown as OpenEndpoint;

test('counts an IPv6 /64 as one, an IPv4 address by itself', () => {
  const key = (address: string) => limitsOf(endpoint(), address)[0]!.key;
  const same = ['2001:db8::1', '2001:db8:0:0:ffff::2', '2001:0db8:0000:0000:1:2:3:4', '2001:db8:0::'];
  expect(new Set(same.map(key)).size).toBe(1);
  expect(key('2001:db8:0:1::1')).not.toBe(key('2001:db8::1'));
  expect(key('192.0.2.1')).not.toBe(key('192.0.2.2'));
});

test('the default limit is for the outside; one set by hand is for everybody', () => {
  const rate = { perAddressPerMinute: 30, perEndpointPerMinute: 100 };
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '']) {
    expect(limitsOf(endpoint({}, rate), address)).toEqual([{ key: 'e1', perMinute: 100 }]);
    expect(limitsOf(endpoint({ ratePerAddress: 5 }, rate), address)[0]!.perMinute).toBe(5);
  }
  expect(limitsOf(endpoint({}, rate), '192.0.2.1').map((one) => one.perMinute)).toEqual([30, 100]);
  expect(limitsOf(endpoint(), '192.0.2.1').map((one) => one.perMinute)).toEqual([60]);
  expect(limitsOf(endpoint({ ratePerAddress: 0, ratePerEndpoint: 0 }, rate), '192.0.2.1')).toEqual([]);
  expect(lookLimits(endpoint({}, rate), '192.0.2.1')).toEqual([{ key: 'look|e1|192.0.2.1', perMinute: 300 }]);
});
