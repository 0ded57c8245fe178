import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/access/actor.ts';
import { newId } from '../../src/ids.ts';
import { drainPending } from '../../src/intake/processor.ts';
import {
  dismiss,
  editAndRetry,
  listQuarantine,
  type QuarantineDeps,
  readContent,
  retry,
} from '../../src/intake/quarantine.ts';
import { makeUser } from '../setup/fixtures.ts';
import { type House, openHouse, post } from './house.ts';
import { openProbe, type Said } from './probe.ts';

const probe = openProbe();
let house: House;
let deps: QuarantineDeps;
let head: Actor;
let woken = 0;
beforeAll(async () => {
  house = await openHouse([probe.channel]);
  const { sql, vault, clock } = house;
  const wake = () => {
    woken += 1;
  };
  deps = { sql, vault, clock, endpoints: house.deps.endpoints, wake };
  head = await makeUser(house, { role: 'head' });
});
afterAll(() => house.close());

async function receive(body: unknown, channel = 'probe', repeatKey?: string): Promise<string> {
  const endpoint = channel === 'form' ? house.endpoint : await house.open({}, channel);
  const { delivery } = await house.acceptor.accept(endpoint, post(body), repeatKey);
  await drainPending(house.deps);
  return delivery;
}
const malformed = (more: Said = {}) => receive({ malformed: 'no phone', ...more });
const record = (delivery: string) => house.sql<{ actor: string; action: string; data: object }[]>`
  select actor, action, data from audit_log where target = ${`delivery:${delivery}`} order by id`;
const gone = { name: 'Rejected', status: 404 };

test('is listed newest first, page by page, without a word of the content', async () => {
  const ids = [await malformed(), await malformed({ text: '+7 999 111-22-33' }), await malformed()];
  await receive({ phone: '+79990000001' });
  const first = await listQuarantine(deps, { limit: 2 });
  expect(first.deliveries.map((one) => one.id)).toEqual([ids[2], ids[1]]);
  expect(first.total).toBe(3);
  expect(first.deliveries[0]).toMatchObject({ reason: 'no phone', attempts: 1, endpoint: { channel: 'probe' } });
  expect(JSON.stringify(first)).not.toContain('111-22');
  const second = await listQuarantine(deps, { limit: 2, cursor: first.nextCursor! });
  expect(second.deliveries.map((one) => one.id)).toEqual([ids[0]]);
  expect(second.nextCursor).toBeNull();
});

test('is shown as it came, on record, and costs a manager one of his reveals', async () => {
  const id = await malformed({ text: 'Анна' });
  const manager = await makeUser(house);
  for (let look = 0; look < 30; look += 1)
    expect(await readContent(deps, manager, id)).toMatchObject({
      body: JSON.stringify({ malformed: 'no phone', text: 'Анна' }),
      contentType: 'application/json',
      binary: false,
    });
  await expect(readContent(deps, manager, id)).rejects.toMatchObject({ status: 429 });
  await readContent(deps, head, id); // has no quota
  const entries = await record(id);
  expect(entries.filter((one) => one.actor === manager.name && one.action === 'delivery.read')).toHaveLength(30);
  expect(entries.at(-1)).toMatchObject({ actor: head.name, action: 'delivery.read' });
});

describe('a retry', () => {
  test('spends the suspicion: what a person judged becomes a lead', async () => {
    const id = await receive({ phone: '+7 999 000-00-02', _gotcha: '', website: 'x', suspect: 'honeypot' });
    expect(await house.outcomeOf(id)).toMatchObject({ outcome: 'quarantined', reason: 'honeypot', contact_id: null });
    const before = woken;
    await retry(deps, head, id);
    expect(woken).toBe(before + 1);
    await drainPending(house.deps);
    expect(await house.outcomeOf(id)).toMatchObject({ outcome: 'opened', reason: null });
    expect(await record(id)).toMatchObject([{ actor: head.name, action: 'delivery.retried' }]);
  });

  test('of what is still wrong ends in quarantine again', async () => {
    const id = await malformed();
    await retry(deps, head, id);
    await drainPending(house.deps);
    expect(await house.outcomeOf(id)).toMatchObject({ outcome: 'quarantined', reason: 'no phone' });
  });

  test('of a second content under one key makes it a lead of its own', async () => {
    const first = await receive({ phone: '+7 999 000-00-03' }, 'form', 'order-1');
    const second = await receive({ phone: '+7 999 000-00-04' }, 'form', 'order-1');
    expect(await house.outcomeOf(second)).toMatchObject({ outcome: 'quarantined', reason: 'key-reused' });
    await retry(deps, head, second);
    await drainPending(house.deps);
    const [one, two] = [await house.outcomeOf(first), await house.outcomeOf(second)];
    expect([one!.outcome, two!.outcome]).toEqual(['opened', 'opened']);
    expect(one!.contact_id).not.toBe(two!.contact_id);
  });

  test('by two people at once happens once', async () => {
    const id = await malformed();
    const asked = await Promise.allSettled([1, 2, 3].map(() => retry(deps, head, id)));
    expect(asked.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    await drainPending(house.deps);
  });
});

describe('an edit', () => {
  test('is what is parsed from now on; the original bytes stay', async () => {
    const id = await malformed({ phone: '+79990000005' });
    const bytes = async () => (await house.sql`select raw from deliveries where id = ${id}`)[0]!.raw as Buffer;
    const before = await bytes();
    await editAndRetry(deps, head, id, { body: '{"malformed":"still wrong"}' });
    await drainPending(house.deps);
    expect(await house.outcomeOf(id)).toMatchObject({ outcome: 'quarantined', reason: 'still wrong' });
    expect((await readContent(deps, head, id)).body).toBe('{"malformed":"still wrong"}');
    await editAndRetry(deps, head, id, { body: '{"phone":"+79990000005"}', contentType: 'text/plain' });
    await drainPending(house.deps);
    expect(await house.outcomeOf(id)).toMatchObject({ outcome: 'opened' });
    expect((await bytes()).equals(before)).toBe(true);
    const edits = await house.sql`
      select version, edited_by, raw from delivery_edits where delivery_id = ${id} order by version`;
    expect(edits).toMatchObject([
      { version: 1, edited_by: head.userId },
      { version: 2, edited_by: head.userId },
    ]);
    expect(edits.some((row) => (row.raw as Buffer).includes('9990000005'))).toBe(false);
    expect((await record(id)).filter((one) => one.action === 'delivery.edited')).toHaveLength(2);
  });
});

describe('a dismissal', () => {
  test('ignores it with the reason, in which no phone stays', async () => {
    const id = await malformed();
    await dismiss(deps, head, id, 'spam from 8 (999) 111-22-33');
    const row = await house.outcomeOf(id);
    expect(row!.outcome).toBe('ignored');
    expect(row!.reason).toMatch(/^dismissed: spam from \+7 •/);
    expect(row!.reason).not.toContain('111');
    expect(await record(id)).toMatchObject([{ action: 'delivery.dismissed' }]);
  });
});

test('nothing works on what is not in quarantine, and nothing is put on record', async () => {
  const lead = await receive({ phone: '+79990000006' });
  const dismissed = await malformed();
  await dismiss(deps, head, dismissed, 'x');
  for (const id of [newId(), lead, dismissed]) {
    const entries = (await record(id)).length;
    const before = await house.outcomeOf(id);
    await expect(readContent(deps, head, id)).rejects.toMatchObject(gone);
    await expect(retry(deps, head, id)).rejects.toMatchObject(gone);
    await expect(editAndRetry(deps, head, id, { body: 'x' })).rejects.toMatchObject(gone);
    await expect(dismiss(deps, head, id, 'x')).rejects.toMatchObject(gone);
    expect(await house.outcomeOf(id)).toEqual(before);
    expect(await record(id)).toHaveLength(entries);
  }
});
