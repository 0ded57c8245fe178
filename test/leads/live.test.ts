import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Actor, asSystem } from '../../src/access/actor.ts';
import { announce, type LiveNotice, packNotices } from '../../src/leads/announce.ts';
import { isFor, type Live, type LiveEvent, startLive } from '../../src/leads/live.ts';
import { setOwner } from '../../src/leads/stage.ts';
import { silentLog } from '../../src/log.ts';
import { claim } from '../../src/routing/claim.ts';
import { addMember, type House, makeLead, makeQueue, makeUser, openHouse } from '../setup/fixtures.ts';

let house: House;
let lives: Live[] = [];
beforeAll(async () => {
  house = await openHouse();
});
afterEach(async () => {
  await Promise.all(lives.map((live) => live.stop()));
  lives = [];
});
afterAll(() => house.close());

function start(options: { proveMs?: number; deskMs?: number } = {}): Live {
  const live = startLive(house.sql, silentLog, { deskMs: 50, ...options });
  lives.push(live);
  return live;
}

/** Someone in front of a screen. */
async function watch(live: Live, actor: Actor) {
  const heard: LiveEvent[] = [];
  let ended = 0;
  const leave = live.subscribe({
    actor,
    send: (event) => heard.push(event),
    end: () => {
      ended += 1;
    },
  })!;
  // Time for the hub to read the desk and to listen; both tell everybody to look again.
  await new Promise((resolve) => setTimeout(resolve, 300));
  heard.length = 0;
  return { heard, leave, ended: () => ended };
}

async function until(done: () => boolean, ms = 5000): Promise<void> {
  const end = Date.now() + ms;
  while (!done()) {
    if (Date.now() > end) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const tell = (...notices: LiveNotice[]) => asSystem(house.sql, (tx) => announce(tx, notices));

describe('live', () => {
  it('tells everybody what is theirs, ids only, once the change is committed', async () => {
    const [one, two, stranger] = [await makeUser(house), await makeUser(house), await makeUser(house)];
    const head = await makeUser(house, { role: 'head' });
    const queueId = await makeQueue(house, { members: [one, two] });
    const lead = await makeLead(house, { queueId });
    const live = start();
    const [first, second, third, fourth] = [
      await watch(live, one),
      await watch(live, two),
      await watch(live, stranger),
      await watch(live, head),
    ];
    await claim(house.sql, one, lead.id);
    await until(() => fourth.heard.length > 0);
    const event = { type: 'lead.claimed', lead: lead.id, queue: queueId, owner: one.userId };
    for (const { heard } of [first, second, fourth]) expect(heard).toEqual([event]);
    expect(third.heard).toEqual([]);
    await setOwner(house.sql, head, lead.id, stranger.userId);
    await until(() => third.heard.length > 0);
    expect(third.heard).toEqual([{ ...event, type: 'lead.changed', owner: stranger.userId }]);
  });

  it('tells nothing of what was rolled back', async () => {
    const head = await makeUser(house, { role: 'head' });
    const { heard } = await watch(start(), head);
    const failed = asSystem(house.sql, async (tx) => {
      await announce(tx, [{ type: 'lead.opened' }]);
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await tell({ type: 'quarantine' });
    await until(() => heard.length > 0);
    expect(heard).toEqual([{ type: 'quarantine' }]);
  });

  it('follows memberships, and sends away whoever is disabled or has another role', async () => {
    const [one, two] = [await makeUser(house), await makeUser(house)];
    const head = await makeUser(house, { role: 'head' });
    const queueId = await makeQueue(house);
    const live = start();
    const [first, second, third] = [await watch(live, one), await watch(live, two), await watch(live, head)];
    await tell({ type: 'lead.opened', queue: queueId });
    await until(() => third.heard.some((event) => event.type === 'lead.opened'));
    await addMember(house, queueId, one.userId);
    await until(() => first.heard.some((event) => event.type === 'desk'));
    await tell({ type: 'lead.opened', queue: queueId });
    await until(() => first.heard.some((event) => event.type === 'lead.opened'));
    expect(first.heard.filter((event) => event.type === 'lead.opened')).toHaveLength(1);
    await house.sql`update users set disabled_at = now() where id = ${one.userId}`;
    await house.sql`update users set role = 'auditor' where id = ${two.userId}`;
    await until(() => first.ended() > 0 && second.ended() > 0);
  });

  it('comes back after a lost connection, and tells everybody to look again', async () => {
    const head = await makeUser(house, { role: 'head' });
    const { heard } = await watch(start(), head);
    await cutListeners();
    await until(() => heard.some((event) => event.type === 'desk'), 10_000);
    heard.length = 0;
    await until(() => {
      void tell({ type: 'quarantine' });
      return heard.some((event) => event.type === 'quarantine');
    }, 10_000);
  });

  // Needs a server whose processes are ours to stop.
  it.skipIf(process.env.TEST_DATABASE_URL !== undefined)('notices that it has gone deaf', async () => {
    const head = await makeUser(house, { role: 'head' });
    const { heard } = await watch(start({ proveMs: 100 }), head);
    await expect.poll(() => listeners()).toBe(1);
    await freezeListener();
    heard.length = 0;
    await until(() => heard.some((event) => event.type === 'desk'), 10_000);
    heard.length = 0;
    await tell({ type: 'quarantine' });
    await until(() => heard.length > 0);
  });

  it('ends every screen when it stops, and hears nothing afterwards', async () => {
    const head = await makeUser(house, { role: 'head' });
    const live = start();
    const { heard, ended } = await watch(live, head);
    await live.stop();
    expect(ended()).toBe(1);
    await tell({ type: 'quarantine' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heard).toEqual([]);
    await expect.poll(() => listeners(), { timeout: 10_000 }).toBe(0);
  });
});

const LISTENING = `from pg_stat_activity where datname = current_database() and query ilike 'listen%'`;

/** As the superuser of the test server: only they may end others' sessions. */
async function asSuperuser<T>(statement: string): Promise<T[]> {
  const sql = postgres(house.url, { max: 1, onnotice: () => {} });
  try {
    return (await sql.unsafe(statement)) as unknown as T[];
  } finally {
    await sql.end();
  }
}

const cutListeners = () => asSuperuser(`select pg_terminate_backend(pid) ${LISTENING}`);
const listeners = async () =>
  (await asSuperuser<{ count: number }>(`select count(*)::integer as count ${LISTENING}`))[0]?.count;

/** Stops the listening backend for three seconds: what a half-open connection looks like from here. */
async function freezeListener(): Promise<void> {
  const [row] = await asSuperuser<{ pid: number }>(`select pid ${LISTENING} limit 1`);
  const pid = row!.pid;
  process.kill(pid, 'SIGSTOP');
  setTimeout(() => process.kill(pid, 'SIGCONT'), 3000);
}

it('tells managers about their queues, their leads and what is offered to them; nobody of the rest', () => {
  const manager: Actor = { userId: 'me', role: 'manager', name: 'user:me', language: 'en' };
  const mine = new Set(['q1']);
  const notice = (more: Partial<LiveNotice>): LiveNotice => ({
    type: 'lead.changed',
    lead: 'l',
    queue: 'q2',
    ...more,
  });
  expect(isFor(notice({ queue: 'q1' }), manager, mine)).toBe(true);
  expect(isFor(notice({}), manager, mine)).toBe(false);
  for (const more of [{ owner: 'me' }, { offeredTo: 'me' }, { also: ['x', 'me'] }])
    expect(isFor(notice(more), manager, mine)).toBe(true);
  expect(isFor({ type: 'quarantine' }, manager, mine)).toBe(true);
  expect(isFor({ type: 'desk' }, manager, mine)).toBe(true);
  for (const role of ['admin', 'head', 'auditor'] as const)
    expect(isFor(notice({}), { ...manager, role }, mine)).toBe(true);
});

it('packs notices into what PostgreSQL takes', () => {
  const many = Array.from(
    { length: 300 },
    (_, i): LiveNotice => ({ type: 'lead.opened', lead: `${i}`.padStart(36, '0') }),
  );
  const payloads = packNotices(many);
  expect(payloads.length).toBeGreaterThan(1);
  for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8000);
  expect(payloads.flatMap((payload) => JSON.parse(payload) as LiveNotice[])).toEqual(many);
  expect(packNotices([])).toEqual([]);
});
