import { afterAll, beforeAll, expect, test } from 'vitest';
import { networkOf } from '../../src/access/login-limit.ts';
import { hashPassword } from '../../src/access/passwords.ts';
import { createApp } from '../../src/app.ts';
import { type House, ORIGIN, openHouse } from '../http/house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const guess = (email: string, password: string, peer: string) =>
  house.ask('POST', 'session', { body: { email, password }, peer });

const guessAt = (app: ReturnType<typeof createApp>, email: string, peer: string) =>
  app.request(
    `${ORIGIN}/api/v1/session`,
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email, password: 'wrong' }),
    },
    { incoming: { socket: { remoteAddress: peer } } },
  );

test('unknown, wrong, disabled and not set up are the same answer', async () => {
  const known = await house.person('manager');
  const disabled = await house.person('manager');
  const fresh = await house.person('manager');
  const { sql } = house.deps;
  await sql`update users set password_hash = ${await hashPassword('right password')} where id <> ${fresh.id}`;
  await sql`update users set password_hash = null where id = ${fresh.id}`;
  await sql`update users set disabled_at = now() where id = ${disabled.id}`;
  const bodies = new Set<string>();
  for (const [email, password] of [
    ['nobody@example.com', 'right password'],
    [known.email, 'wrong password'],
    [disabled.email, 'right password'],
    [fresh.email, 'x'],
  ] as const) {
    const answer = await guess(email, password, '198.51.100.1');
    expect(answer.status).toBe(401);
    bodies.add(await answer.text());
  }
  expect(bodies.size).toBe(1);
  expect((await guess(known.email, 'right password', '198.51.100.1')).status).toBe(200);
});

test('ten guesses from one place, exact under concurrency, on every replica, for unknown accounts too', async () => {
  const other = createApp(house.deps);
  for (const email of [(await house.person('manager')).email, 'nobody-here@example.com']) {
    const answers = await Promise.all(
      Array.from({ length: 16 }, async (_, index) =>
        index % 2 === 0 ? guess(email, 'wrong', '198.51.100.2') : guessAt(other, email, '198.51.100.2'),
      ),
    );
    expect(answers.filter((one) => one.status === 401)).toHaveLength(10);
    const refused = answers.filter((one) => one.status === 429);
    expect(refused).toHaveLength(6);
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
  }
});

test('another place may still try, until the account has had forty guesses; the window ends', async () => {
  const { email } = await house.person('manager');
  const statuses: number[] = [];
  for (let index = 0; index < 50; index += 1)
    statuses.push((await guess(email, 'wrong', `192.0.2.${Math.floor(index / 10)}`)).status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(40);
  expect(statuses.slice(40).every((status) => status === 429)).toBe(true);
  house.clock.ms += 15 * 60_000;
  expect((await guess(email, 'wrong', '192.0.2.1')).status).toBe(401);
});

test('one address may not walk through many accounts', async () => {
  const answers = await Promise.all(
    Array.from({ length: 110 }, (_, index) => guess(`a${index}@example.com`, 'wrong', '192.0.2.99')),
  );
  expect(answers.filter((one) => one.status === 429)).toHaveLength(10);
});

test('a right password forgets the typing errors before it', async () => {
  const { email, id } = await house.person('manager');
  await house.deps.sql`update users set password_hash = ${await hashPassword('right password')} where id = ${id}`;
  for (let round = 0; round < 3; round += 1) {
    for (let index = 0; index < 6; index += 1) await guess(email, 'wrong', '192.0.2.50');
    expect((await guess(email, 'right password', '192.0.2.50')).status).toBe(200);
  }
});

test('counters hold no address, and an IPv6 customer is one /64', async () => {
  expect(networkOf('203.0.113.9')).toBe('203.0.113.9');
  expect(networkOf('2001:db8::1')).toBe('2001:0db8:0000:0000');
  expect(networkOf('2001:db8:0:0:ffff:1:2:3')).toBe('2001:0db8:0000:0000');
  expect(networkOf('::1')).toBe('0000:0000:0000:0000');
  const rows = await house.deps.sql<{ text: string }[]>`select r::text as text from rate_counters r`;
  for (const { text } of rows) expect(text).not.toMatch(/example|192\.0\.2|198\.51/);
});
