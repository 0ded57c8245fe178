import { afterAll, beforeAll, expect, it } from 'vitest';
import { telephony } from '../../channels/telephony/index.ts';
import type { Channel } from '../../src/channel.ts';
import { listHealth } from '../../src/listeners/overview.ts';
import { type House, openHouse } from '../intake/house.ts';
import { keyActor } from '../setup/fixtures.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

it('says of each endpoint, not of each channel, whether there is something to connect', async () => {
  const posts = await house.open({ provider: 'webhook', webhookSecret: 'a-secret-that-is-long' }, 'telephony');
  const listens = await house.open(
    { provider: 'asterisk', asteriskUrl: 'http://pbx.example.com:8088', asteriskUser: 'inlet', asteriskPassword: 'x' },
    'telephony',
  );
  const channels = [telephony as unknown as Channel];
  const health = await listHealth({ sql: house.sql, vault: house.vault, channels }, keyActor('admin'));
  const of = (id: string) => health.find(({ endpoint }) => endpoint === id);
  expect(of(posts.id)).toMatchObject({ listens: false, state: 'not-started' });
  expect(of(listens.id)).toMatchObject({ listens: true });
});
