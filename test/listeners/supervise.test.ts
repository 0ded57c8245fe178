/** Who listens, since when, and what ends it: several supervisors on one database. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Sql } from '../../src/db/open.ts';
import type { OpenEndpoint } from '../../src/intake/endpoint-book.ts';
import { changeEndpoint, deleteEndpoint, type EndpointTools } from '../../src/intake/endpoints.ts';
import { listHealth, restartListener } from '../../src/listeners/overview.ts';
import { type Listeners, startListeners, type Timing } from '../../src/listeners/supervise.ts';
import type { Session } from '../setup/chat-channel.ts';
import { type ChatHouse, openChatHouse } from '../setup/chat-house.ts';

const ADMIN = { userId: null, role: 'admin', name: 'cli', language: 'en' } as const;
const QUICK: Partial<Timing> = { lookMs: 50, renewMs: 50, backoffMs: [30, 60], humanMs: 1500 };

let house: ChatHouse;
let tools: EndpointTools;
const started: Listeners[] = [];
beforeAll(async () => {
  house = await openChatHouse();
  const config = { publicUrl: 'http://inlet.test', trustedProxies: [], version: '0.0.0' };
  tools = { ...house, channels: [house.chat.channel], config };
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
  house.chat.onListen = connected;
});
afterAll(() => house.close());
beforeEach(() => house.sql`update endpoints set paused_at = now() where paused_at is null`);

const connected = (session: Session): void => session.tools.report({ state: 'connected', as: '@chat' });

function supervise(timing: Partial<Timing> = QUICK, deps = house.deps): Listeners {
  const one = startListeners({ ...deps, fetch, channels: ['chat'], onAccepted: () => undefined, timing });
  started.push(one);
  return one;
}
const newLine = (): Promise<OpenEndpoint> => house.open({}, 'chat');
const sessionsOf = (line: OpenEndpoint): Session[] => house.chat.sessions.filter((one) => one.endpoint.id === line.id);
const listening = (line: OpenEndpoint, count = 1) =>
  expect.poll(() => sessionsOf(line).length, { timeout: 5000, interval: 10 }).toBe(count);
/** The database as this process sees it: away while `frozen` says so. */
function freezable(sql: Sql): { readonly sql: Sql; frozen: boolean } {
  const state: { sql: Sql; frozen: boolean } = { sql, frozen: false };
  const refuse = () => Promise.reject(new Error('frozen'));
  state.sql = new Proxy(sql, {
    apply: (to, self, args: unknown[]): unknown => (state.frozen ? refuse() : Reflect.apply(to, self, args)),
    get: (to, name): unknown => (state.frozen && name === 'begin' ? refuse : Reflect.get(to, name)),
  });
  return state;
}
const healthOf = async (line: OpenEndpoint) =>
  (await listHealth(tools, ADMIN)).find((one) => one.endpoint === line.id);

describe('one listener for each endpoint', () => {
  test('among three supervisors', async () => {
    const lines = await Promise.all(Array.from({ length: 6 }, newLine));
    const supervisors = [supervise(), supervise(), supervise()];
    await Promise.all(lines.map((line) => listening(line)));
    await sleep(400); // several looks and renewals of everybody
    for (const line of lines) expect(sessionsOf(line)).toHaveLength(1);
    const held = supervisors.flatMap((one) => one.held());
    expect(held.toSorted()).toEqual(lines.map(({ id }) => id).toSorted());
  });

  test('with the health that it reports', async () => {
    const line = await newLine();
    expect(await healthOf(line)).toMatchObject({ listens: true, state: 'not-started', lastDeliveryAt: null });
    supervise();
    await listening(line);
    await expect.poll(() => healthOf(line)).toMatchObject({ state: 'connected', account: '@chat', detail: null });
    sessionsOf(line)[0]!.tools.report({ state: 'connecting', detail: 'The server is slow.' });
    await expect
      .poll(() => healthOf(line))
      .toMatchObject({ state: 'connecting', account: '@chat', detail: 'The server is slow.' });
  });
});

describe('a listener is ended, and begun again where there is a reason to', () => {
  test('when its settings change: with the new ones', async () => {
    const line = await newLine();
    supervise();
    await listening(line);
    const [before] = sessionsOf(line);
    await changeEndpoint(tools, ADMIN, line.id, { settings: { token: 'new-token' } });
    await expect.poll(() => before!.signal.aborted).toBe(true);
    await expect
      .poll(() => sessionsOf(line)[0]?.endpoint.settings, { timeout: 5000 })
      .toMatchObject({ token: 'new-token' });
  });

  test('not when it began while the leases of the others were being renewed', async () => {
    const [held, fresh] = [await newLine(), await newLine()];
    await changeEndpoint(tools, ADMIN, fresh.id, { paused: true });
    let begun = 0;
    house.chat.onListen = (session) => {
      if (session.endpoint.id === fresh.id) begun += 1;
      connected(session);
    };
    supervise();
    await listening(held);
    const { sql } = await house.replica();
    // A renewal waits for this row; the other listener begins meanwhile.
    await sql.begin(async (tx) => {
      await tx`select from leases where endpoint_id = ${held.id} for update`;
      await sleep(150);
      await changeEndpoint(tools, ADMIN, fresh.id, { paused: false });
      await listening(fresh);
    });
    await sleep(400);
    expect(begun).toBe(1);
    expect(sessionsOf(fresh)).toHaveLength(1);
  });

  test('not when something changes that it does not see', async () => {
    const line = await newLine();
    supervise();
    await listening(line);
    const [before] = sessionsOf(line);
    await changeEndpoint(tools, ADMIN, line.id, { ratePerAddress: 5 });
    await sleep(300);
    expect(before!.signal.aborted).toBe(false);
  });

  test('when it is paused, until it goes on; when it is deleted, for good', async () => {
    const line = await newLine();
    supervise();
    await listening(line);
    await changeEndpoint(tools, ADMIN, line.id, { paused: true });
    await listening(line, 0);
    expect(await healthOf(line)).toMatchObject({ state: 'paused' });
    await changeEndpoint(tools, ADMIN, line.id, { paused: false });
    await listening(line);
    await deleteEndpoint(tools, ADMIN, line.id);
    await listening(line, 0);
    await sleep(200);
    expect(sessionsOf(line)).toEqual([]);
  });

  test('when a person says "now", once', async () => {
    const line = await newLine();
    supervise();
    await listening(line);
    const [before] = sessionsOf(line);
    await restartListener(house.sql, ADMIN, line.id);
    await expect.poll(() => before!.signal.aborted).toBe(true);
    await listening(line);
    const [after] = sessionsOf(line);
    await sleep(300);
    expect([after!.signal.aborted, sessionsOf(line)[0] === after]).toEqual([false, true]);
  });
});

describe('a session that ends by itself', () => {
  test('is begun again, after longer and longer waits, which the health tells', async () => {
    const line = await newLine();
    supervise({ ...QUICK, backoffMs: [20, 800] });
    const begun: number[] = [];
    house.chat.onListen = (session) => {
      begun.push(performance.now());
      connected(session);
    };
    await listening(line);
    sessionsOf(line)[0]!.fail(new Error('socket hang up'));
    await listening(line);
    sessionsOf(line)[0]!.resolve(); // too early is a failure as well
    const waits = async () => {
      const health = await healthOf(line);
      return health?.state === 'waiting' && Date.parse(health.retryAt ?? '') > Date.now() + 100;
    };
    await expect.poll(waits, { interval: 10 }).toBe(true);
    await listening(line);
    expect(begun[1]! - begun[0]!).toBeLessThan(600);
    expect(begun[2]! - begun[1]!).toBeGreaterThanOrEqual(600); // a quarter of it is chance
  });

  test('because it needs a person is not begun again soon, and says what it needs', async () => {
    const line = await newLine();
    house.chat.onListen = ({ tools: lent, resolve }) => {
      lent.report({ state: 'needs-human', detail: 'Scan the code.', pairing: { qr: 'PAIR-ME' } });
      queueMicrotask(resolve);
    };
    supervise();
    await expect.poll(() => healthOf(line)).toMatchObject({ state: 'needs-human', pairing: { qr: 'PAIR-ME' } });
    const before = house.chat.started;
    await sleep(400);
    expect(house.chat.started).toBe(before);
    expect(
      (await listHealth(tools, { ...ADMIN, role: 'head' })).find((one) => one.endpoint === line.id),
    ).toMatchObject({
      detail: 'Scan the code.',
      pairing: null, // the code is the account: for admins alone
    });
    await expect.poll(() => house.chat.started, { timeout: 5000 }).toBe(before + 1);
    const again = house.chat.started;
    await restartListener(house.sql, ADMIN, line.id);
    await expect.poll(() => house.chat.started, { timeout: 1300 }).toBe(again + 1);
  });
});

describe('the lease', () => {
  test('is given back by a stop: the next one goes on at once', async () => {
    const line = await newLine();
    const first = supervise();
    await listening(line);
    supervise();
    const [before] = sessionsOf(line);
    const began = performance.now();
    await first.stop();
    expect(before!.signal.aborted).toBe(true);
    await listening(line);
    expect(performance.now() - began).toBeLessThan(5000); // a lease lasts for ten
  });

  test('is given back by a stop in the middle of a look', async () => {
    const line = await newLine();
    for (let turn = 0; turn < 10; turn += 1) {
      const one = supervise({ ...QUICK, lookMs: 5 });
      await sleep(Math.random() * 30);
      await one.stop();
      expect([sessionsOf(line).length, one.held()]).toEqual([0, []]);
    }
    const [row] = await house.sql`select until < now() as free from leases where endpoint_id = ${line.id}`;
    expect(row?.free ?? true).toBe(true);
  });

  test('of a holder that the database does not hear is taken over in under 15 s; never do two listen', {
    timeout: 30_000,
  }, async () => {
    const line = await newLine();
    const replica = await house.replica();
    const state = freezable(replica.sql);
    supervise({}, { ...replica.deps, sql: state.sql });
    await listening(line);
    const [old] = sessionsOf(line);
    let overlapped = false;
    house.chat.onListen = (session) => {
      if (session.endpoint.id === line.id && !old!.signal.aborted) overlapped = true;
      connected(session);
    };
    supervise({});
    await sleep(3000); // the first renewals
    state.frozen = true;
    const began = performance.now();
    await expect.poll(() => old!.signal.aborted, { timeout: 15_000 }).toBe(true);
    await expect.poll(() => sessionsOf(line).length, { timeout: 15_000, interval: 50 }).toBe(1);
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(overlapped).toBe(false);
    state.frozen = false;
    await sleep(300);
    expect(sessionsOf(line)).toHaveLength(1);
  });
});
