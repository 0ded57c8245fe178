import { afterAll, beforeAll, expect, test } from 'vitest';
import { isPassword } from '../../src/access/passwords.ts';
import { calls } from '../../src/cli/demo/calls.ts';
import { requests } from '../../src/cli/demo/requests.ts';
import { talks } from '../../src/cli/demo/talks.ts';
import { spread } from '../../src/cli/demo/times.ts';
import { type House, openHouse } from './house.ts';

let house: House;
let made: { endpoints: { id: string; name: string }[]; people: Record<string, string>[]; received: number };
beforeAll(async () => {
  house = await openHouse();
  made = await house.json('demo');
});
afterAll(() => house.close());

test('everything goes the way of real requests, and is accounted for', async () => {
  expect(made.endpoints.map(({ name }) => name)).toEqual([
    'Website form',
    'Landing page: windows',
    'Tilda page',
    'Sales mailbox',
    'WhatsApp',
    'Office line',
  ]);
  const received = requests.length + talks.length + calls.length + 1;
  expect(made).toMatchObject({ received });
  expect(await house.json('ledger')).toMatchObject({
    received,
    ignored: 1,
    quarantined: 4,
    pending: 0,
    balanced: true,
  });
  const [row] = await house.owner`
    select count(*) filter (where owner_id is not null)::int > 8 as claimed,
      count(*) filter (where closed_at is not null)::int as closed,
      count(distinct queue_id)::int as queues, count(*) filter (where priority = 1)::int as urgent,
      count(*) filter (where repeat)::int as repeats, count(*) filter (where offered_to is not null)::int as offered,
      (select count(*)::int from attachments) > 4 as files, (select count(*)::int from consents) > 10 as consents,
      (select count(*)::int from messages where kind = 'note') > 5 as notes,
      (select array_agg(missed order by missed) from callbacks where done_at is null) as missed,
      (select count(*)::int from calls where answered_by is not null) as talked,
      max(opened_at) - min(opened_at) between interval '60 hours' and interval '72 hours' as spread
    from leads`;
  expect(row).toMatchObject({ claimed: true, closed: 4, queues: 2, repeats: 1, offered: 1 });
  expect(row).toMatchObject({ missed: [1, 2], talked: 3 });
  expect(row).toMatchObject({ files: true, consents: true, notes: true, spread: true });
});

test('its people can log in with what was printed, and one of them is an administrator', async () => {
  expect(made.people.map(({ role }) => role)).toEqual(['admin', 'head', 'manager', 'manager', 'manager']);
  const { email, password } = made.people[2]!;
  const [row] = await house.owner<
    { password_hash: string }[]
  >`select password_hash from users where email = ${email!}`;
  expect(await isPassword(row!.password_hash, password!)).toBe(true);
});

test('it is not mixed into real leads unless one insists', async () => {
  const { code, err } = await house.run('demo');
  expect(code).toBe(1);
  expect(err).toContain('--force');
  const again: typeof made = await house.json('demo', '--force');
  expect(again.people.map(({ role }) => role)).not.toContain('admin');
  expect(await house.json('ledger')).toMatchObject({ balanced: true, pending: 0 });
});

test('receipts come in order, more by day than by night', () => {
  const end = Date.UTC(2026, 9, 14, 12);
  const times = spread(1000, end, 3);
  expect(times).toHaveLength(1000);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times.at(-1)).toBe(end - 90_000);
  const night = times.filter((ms) => new Date(ms + 3 * 3_600_000).getUTCHours() < 6).length;
  expect(night).toBeLessThan(60);
});
