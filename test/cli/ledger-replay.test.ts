import { afterAll, beforeAll, expect, test } from 'vitest';
import { withHouse } from '../../src/cli/open.ts';
import { createAcceptor } from '../../src/intake/accept.ts';
import { createEndpointBook } from '../../src/intake/endpoint-book.ts';
import { silentLog } from '../../src/log.ts';
import { post } from '../intake/house.ts';
import { type House, openHouse } from './house.ts';

let house: House;
let endpoint: string;
beforeAll(async () => {
  house = await openHouse();
  endpoint = (await house.json('channel', 'add', 'form', '--name', 'Site')).id;
});
afterAll(() => house.close());

/** Stored, and not processed yet. */
function receive(...bodies: object[]): Promise<string[]> {
  const call = { env: house.env, log: silentLog, readStdin: async () => '', out: quiet, err: quiet, say: quiet };
  return withHouse(call, async ({ deps }) => {
    const book = createEndpointBook(deps.vault, deps.channels, deps.config, deps.clock);
    const acceptor = createAcceptor({ ...deps, onCommitted: () => undefined, onError: () => undefined });
    const open = (await book.byId(deps.sql, endpoint))!;
    return Promise.all(bodies.map(async (body) => (await acceptor.accept(open, post(body))).delivery));
  });
}

const quiet = (): void => undefined;
const person = (n: number) => ({ name: 'A', phone: `+7 999 000 20 ${10 + n}` });
const empty = { opened: 0, attached: 0, ignored: 0, quarantined: 0, pending: 0 };
const drain = () => house.json('replay', '--endpoint', endpoint);

test('the ledger is exactly seven values, and adds up with what is pending', async () => {
  await receive(person(1), person(2), { ...person(3), _hp: 'x' });
  const exact = { received: 3, ...empty, pending: 3, balanced: true };
  expect(await house.json('ledger')).toEqual(exact);
  expect(Object.keys(await house.json('ledger'))).toEqual(Object.keys(exact));
});

test('replay --no-wait leaves the work; without it nothing stays pending', async () => {
  expect(await house.json('replay', '--endpoint', endpoint, '--no-wait')).toMatchObject({ replayed: 0 });
  expect(await drain()).toMatchObject({ replayed: 0 });
  expect(await house.json('ledger', '--since', '1h', '--endpoint', endpoint)).toEqual({
    ...empty,
    received: 3,
    opened: 2,
    quarantined: 1,
    balanced: true,
  });
  expect(await house.json('replay', '--quarantined', '--no-wait', '--reason', 'other')).toMatchObject({ replayed: 0 });
});

test('the ledger takes dates, times and spans, and nothing else', async () => {
  expect(await house.json('ledger', '--until', '1h')).toMatchObject({ received: 0 });
  expect(await house.json('ledger', '--since', '2020-01-01', '--until', '2099-01-01T00:00:00Z')).toMatchObject({
    received: 3,
  });
  expect((await house.run('ledger', '--since', 'yesterday')).code).toBe(2);
  expect((await house.run('ledger', '--endpoint', '01890000-0000-7000-8000-000000000001')).code).toBe(1);
  const { out } = await house.run('ledger');
  expect(out).toContain('3 received = 2 opened + 0 attached + 0 ignored + 1 quarantined + 0 pending');
});

test('one delivery replayed changes nothing; an unknown one is told', async () => {
  const [delivery] = await receive(person(4));
  await drain();
  const before = await house.owner`select (select count(*) from leads) as leads, (select count(*) from messages) as m`;
  const done = await house.json('replay', '--delivery', delivery!);
  expect(done).toEqual({ replayed: 1, outcomes: { ...empty, opened: 1 } });
  expect(
    await house.owner`select (select count(*) from leads) as leads, (select count(*) from messages) as m`,
  ).toEqual(before);
  expect((await house.run('replay', '--delivery', '01890000-0000-7000-8000-000000000001')).code).toBe(1);
  expect((await house.run('replay', '--delivery', 'what')).code).toBe(2);
});

test('a time range ends where it says', async () => {
  expect(await house.json('replay', '--from', '2020-01-01', '--to', '2020-02-01')).toEqual({
    replayed: 0,
    outcomes: empty,
  });
  expect((await house.run('replay', '--from', 'soon')).code).toBe(2);
});

test('--quarantined takes these alone, by reason if given, and a person answers for suspects', async () => {
  await receive({ ...person(5), _hp: 'x' }, { phone: '+7 999 000 20 99', email: 'broken' });
  await drain();
  const before = await house.json('ledger');
  expect(await house.json('replay', '--quarantined', '--reason', 'something else')).toMatchObject({ replayed: 0 });
  const done = await house.json('replay', '--quarantined', '--endpoint', endpoint, '--reason', 'honeypot');
  expect(done.replayed).toBeGreaterThan(0);
  expect(done.outcomes).toEqual({ ...empty, opened: done.replayed });
  expect(await house.json('ledger')).toMatchObject({ opened: before.opened + done.replayed, quarantined: 0 });
  const rows = await house.owner<{ data: object }[]>`
    select data from audit_log where action = 'delivery.replayed' and data ->> 'reason' = 'honeypot'`;
  expect(rows).toEqual([{ data: expect.objectContaining({ replayed: done.replayed }) }]);
});

test('a ledger that does not add up is exit code 1', async () => {
  await house.owner`delete from outcomes where delivery_id = (select min(delivery_id::text)::uuid from outcomes)`;
  const { code, out } = await house.run('ledger');
  expect(code).toBe(1);
  expect(out).toContain('doctor');
  expect(await house.json('ledger')).toMatchObject({ balanced: false });
});
