import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/ids.ts';
import { createEndpointBook } from '../../src/intake/endpoint-book.ts';
import { startTimers, sweep } from '../../src/jobs/timers.ts';
import { silentLog } from '../../src/log.ts';
import { createDeskBook } from '../../src/routing/desk-book.ts';
import { type House, makeLead, makeQueue, makeUser, openHouse } from '../setup/fixtures.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

it('sweeps what has run out, and nothing else', async () => {
  const { sql } = house;
  const now = Date.now();
  const { userId } = await makeUser(house);
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  for (const hours of [-30, 1]) {
    const at = new Date(now + hours * 3_600_000);
    await sql`insert into once_values (value, expires_at) values (${newId()}, ${at})`;
    await sql`insert into rate_counters (key, window_start, hits) values (${newId()}, ${at}, 1)`;
    await sql`insert into sessions (token_hash, user_id, expires_at) values (${hash(`s${hours}`)}, ${userId}, ${at})`;
    await sql`
      insert into setup_links (token_hash, user_id, expires_at) values (${hash(`l${hours}`)}, ${userId}, ${at})`;
  }
  expect(await sweep(sql, now)).toBe(4);
  expect(await sweep(sql, now)).toBe(0);
  const [left] = await sql`select (select count(*) from once_values)::integer as once,
    (select count(*) from rate_counters)::integer as counters, (select count(*) from sessions)::integer as sessions,
    (select count(*) from setup_links)::integer as links`;
  expect(left).toEqual({ once: 1, counters: 1, sessions: 1, links: 1 });
});

it('ticks by itself until it is stopped', async () => {
  const one = await makeUser(house, { onShift: true });
  const queueId = await makeQueue(house, { strategy: 'round_robin', members: [one] });
  const lead = await makeLead(house, { queueId });
  const clock = { now: Date.now };
  const endpoints = createEndpointBook(house.vault, [], { publicUrl: 'http://inlet.example.com' }, clock);
  const timers = startTimers({ ...house, endpoints, desk: createDeskBook(), clock, log: silentLog });
  const offered = async () => {
    const [row] = await house.sql`select offered_to from leads where id = ${lead.id}`;
    return row?.offered_to;
  };
  await expect.poll(offered, { timeout: 5000 }).toBe(one.userId);
  await timers.stop();
});
