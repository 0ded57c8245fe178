import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../src/ids.ts';
import { ensureDefaultQueue, loadDesk } from '../../src/routing/desk-store.ts';
import { type House, openHouse } from '../http/house.ts';

let house: House;
let head: { id: string; token: string };
beforeAll(async () => {
  house = await openHouse();
  head = await house.person('head');
});
afterAll(() => house.close());

const ask = async (method: string, path: string, body: unknown, status: number) => {
  const answer = await house.ask(method, path, { as: head.token, body });
  expect(answer.status).toBe(status);
  return answer.status === 204 ? undefined : answer.json();
};
const queues = async () => (await ask('GET', 'queues', undefined, 200)).queues as Record<string, unknown>[];
const lead = async (queueId: string, closed = false) => {
  const id = newId(house.clock.ms);
  const at = new Date(house.clock.ms);
  await house.deps.sql`
    insert into leads (id, contact_id, endpoint_id, channel, stage, queue_id, opened_at, last_message_at, repeat,
      closed_at)
    values (${id}, ${newId()}, ${newId()}, 'form', 'new_request', ${queueId}, ${at}, ${at}, false,
      ${closed ? at : null})`;
  return id;
};

test('many starts at once make one default queue', async () => {
  const { sql } = house.deps;
  await sql`delete from queues`;
  await expect(loadDesk(sql)).rejects.toThrow('no default queue');
  await Promise.all(Array.from({ length: 8 }, () => ensureDefaultQueue(sql)));
  const desk = await loadDesk(sql);
  expect(desk.queues.size).toBe(1);
  expect(desk.queues.get(desk.defaultQueueId)).toMatchObject({ name: 'Sales', isDefault: true, hours: null });
});

test('the desk that is loaded is the desk that was saved, under a newer version', async () => {
  const { sql } = house.deps;
  const before = await loadDesk(sql);
  const manager = await house.person('manager');
  const gone = await house.person('manager');
  await sql`update users set disabled_at = now() where id = ${gone.id}`;
  const hours = { timezone: 'Europe/Moscow', week: { mon: [['09:00', '18:00']] } };
  const members = [{ userId: manager.id, line: 'senior' }];
  const queue = await ask('POST', 'queues', { name: 'Second', hours, members, seniorAfterSeconds: 60 }, 201);
  expect(queue).toMatchObject({
    hours,
    members,
    isDefault: false,
    waiting: 0,
    oldestWaitingAt: null,
    offerSeconds: 60,
  });
  const conditions = { utm: { source: ['vk'] }, contact: 'new' };
  const rule = { name: 'R', queueId: queue.id, conditions, priority: 1 };
  const second = await ask('POST', 'rules', { ...rule, name: 'B', position: 2 }, 201);
  const first = await ask('POST', 'rules', { ...rule, name: 'A', position: 1 }, 201);
  await ask('POST', 'rules', { ...rule, name: 'off', position: 0, enabled: false }, 201);
  const desk = await loadDesk(sql);
  expect(desk.version).toBeGreaterThan(before.version);
  expect(desk.queues.get(queue.id)).toMatchObject({ hours, seniorAfterSeconds: 60, headAfterSeconds: null });
  expect(desk.rules.map((one) => one.id)).toEqual([first.id, second.id]);
  expect(desk.rules[0]).toEqual({ id: first.id, name: 'A', conditions, queueId: queue.id, priority: 1 });
  expect(desk.people.get(manager.id)).toEqual({ id: manager.id, name: 'manager', role: 'manager' });
  expect(desk.people.has(gone.id)).toBe(false);
  expect((await ask('GET', 'rules', undefined, 200)).rules).toHaveLength(3);
  const changed = await ask('PUT', `rules/${first.id}`, { name: 'A2', queueId: queue.id }, 200);
  expect(changed).toEqual({
    id: first.id,
    name: 'A2',
    queueId: queue.id,
    conditions: {},
    priority: 0,
    enabled: true,
    position: 0,
  });
  await ask('DELETE', `rules/${first.id}`, undefined, 204);
  await ask('DELETE', `rules/${first.id}`, undefined, 404);
  await ask('PUT', `rules/${first.id}`, { name: 'x', queueId: queue.id }, 404);
  await ask('POST', 'rules', { name: 'x', queueId: newId() }, 422);
});

test('there is always exactly one default queue', async () => {
  const [old] = await queues();
  await ask('PUT', `queues/${old!.id}`, { name: 'Sales', isDefault: false }, 409);
  await ask('DELETE', `queues/${old!.id}`, undefined, 409);
  const made = await Promise.all(
    Array.from({ length: 5 }, (_, index) => ask('POST', 'queues', { name: `D${index}`, isDefault: true }, 201)),
  );
  expect(made.every((one) => one.isDefault)).toBe(true);
  expect((await queues()).filter((one) => one.isDefault)).toHaveLength(1);
  await ask('DELETE', `queues/${old!.id}`, undefined, 204);
  await ask('PUT', `queues/${old!.id}`, { name: 'x' }, 404);
});

test('a queue with open leads or rules stays', async () => {
  const queue = await ask('POST', 'queues', { name: 'Busy' }, 201);
  const id = await lead(queue.id);
  await lead(queue.id, true);
  await ask('DELETE', `queues/${queue.id}`, undefined, 409);
  const shown = (await queues()).find((one) => one.id === queue.id);
  expect(shown).toMatchObject({ waiting: 1, oldestWaitingAt: new Date(house.clock.ms).toISOString() });
  await house.deps.sql`update leads set closed_at = opened_at where id = ${id}`;
  const rule = await ask('POST', 'rules', { name: 'R', queueId: queue.id }, 201);
  await ask('DELETE', `queues/${queue.id}`, undefined, 409);
  await ask('DELETE', `rules/${rule.id}`, undefined, 204);
  await ask('DELETE', `queues/${queue.id}`, undefined, 204);
});

test('members are replaced as a whole, and those who stay keep their turn', async () => {
  const [one, two, three] = [
    await house.person('manager'),
    await house.person('manager'),
    await house.person('manager'),
  ];
  const body = (ids: string[]) => ({ name: 'M', members: ids.map((userId) => ({ userId })) });
  const queue = await ask('POST', 'queues', body([one!.id, two!.id]), 201);
  await house.deps.sql`update queue_members set last_offered_at = now() where user_id = ${one!.id}`;
  const changed = await ask('PUT', `queues/${queue.id}`, body([one!.id, three!.id]), 200);
  expect(changed.members.map((member: { userId: string }) => member.userId).sort()).toEqual(
    [one!.id, three!.id].sort(),
  );
  const rows = await house.deps
    .sql`select from queue_members where user_id = ${one!.id} and last_offered_at is not null`;
  expect(rows).toHaveLength(1);
  await ask('PUT', `queues/${queue.id}`, body([newId()]), 422);
});

test('a manager counts only the waiting leads of their own queues', async () => {
  const manager = await house.person('manager');
  const mine = await ask('POST', 'queues', { name: 'Mine', members: [{ userId: manager.id }] }, 201);
  const other = await ask('POST', 'queues', { name: 'Other' }, 201);
  await Promise.all([lead(mine.id), lead(other.id)]);
  const seen = await (await house.ask('GET', 'queues', { as: manager.token })).json();
  const waiting = Object.fromEntries(seen.queues.map((one: { id: string; waiting: number }) => [one.id, one.waiting]));
  expect([waiting[mine.id], waiting[other.id]]).toEqual([1, 0]);
});
