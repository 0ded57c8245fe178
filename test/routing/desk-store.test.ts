import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/open.ts';
import { ensureDefaultQueue, loadDesk } from '../../src/routing/desk-store.ts';
import { testDatabase } from '../setup/database.ts';

const database = await testDatabase();
const sql = openDatabase(database.url, { max: 8, role: 'inlet_system', applicationName: 'test' });
afterAll(async () => {
  await sql.end();
  await database.drop();
});

test('many starts at once make one default queue', async () => {
  await expect(loadDesk(sql)).rejects.toThrow('no default queue');
  await Promise.all(Array.from({ length: 8 }, () => ensureDefaultQueue(sql)));
  const desk = await loadDesk(sql);
  expect(desk.queues.size).toBe(1);
  expect(desk.queues.get(desk.defaultQueueId)).toMatchObject({ name: 'Sales', isDefault: true, hours: null });
  await sql`update queues set hours = '{"timezone": "Europe/Moscow", "week": {"mon": [["09:00", "18:00"]]}}'`;
  const changed = await loadDesk(sql);
  expect(changed.version).toBeGreaterThan(desk.version);
  expect(changed.queues.get(desk.defaultQueueId)?.hours?.week.mon).toEqual([['09:00', '18:00']]);
});
